"""Console users and groups in the admin, its login, and who may do what there."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.utils import translation

from apikeys import people
from apikeys.models import APIKey, APIUser, ChangeRecord, Store
from tests.back_office import filled_in, listing, page
from tests.factories import (
    ACTOR,
    PASSWORD,
    APIKeyFactory,
    APIUserFactory,
    StoreFactory,
    UserFactory,
)
from tests.reading import text_of
from tests.waiting import only_postgresql

User = get_user_model()


def last_change():
    return ChangeRecord.objects.first()


def test_a_console_user_is_added_and_it_is_kept_as_a_change(client, superuser):
    form = filled_in(
        client.get(listing(User, "add")),
        username="alice",
        usable_password="true",
        password1=PASSWORD,
        password2=PASSWORD,
    )

    assert client.post(listing(User, "add"), form).status_code == 302

    change = last_change()
    assert (change.kind, change.action, change.name) == ("console", "created", "user alice")
    assert (change.after["username"], change.after["password"]) == ("alice", "…")


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_owns_api_users_is_deleted_only_after_they_are_handed_over(client, superuser, method):
    alice, bob = UserFactory(username="alice"), UserFactory(username="bob")
    owned = APIUserFactory(username="till-sync", owner=alice)
    deletion = page(alice).replace("/change/", "/delete/")

    response = getattr(client, method)(deletion, {"post": "yes"}, follow=True)

    shown = text_of(response)
    assert "Cannot delete alice, who still owns API users: till-sync." in shown
    assert 'href="/console/help/cannot-delete/"' in response.content.decode()
    assert User.objects.filter(pk=alice.pk).exists()

    owned.hand_over(actor=ACTOR, owner=bob)
    client.post(deletion, {"post": "yes"})
    assert not User.objects.filter(pk=alice.pk).exists()


def test_a_person_who_is_not_there_cannot_be_deleted(client, superuser):
    assert client.get("/admin/auth/user/999999/delete/").status_code == 404


def test_a_right_that_is_given_is_kept_as_a_change(client, superuser):
    alice, group = UserFactory(username="alice"), Group.objects.create(name="operators")
    form = filled_in(client.get(page(alice)), groups=[group.pk])

    assert client.post(page(alice), form).status_code == 302

    assert (last_change().before, last_change().after) == (
        {"groups": []},
        {"groups": ["operators"]},
    )


def test_nobody_writes_when_somebody_logged_in(client, superuser):
    alice = UserFactory(username="alice")
    form = filled_in(client.get(page(alice))) | {
        "last_login_0": "2020-01-01",
        "last_login_1": "1:00",
    }

    assert client.post(page(alice), form).status_code == 302

    alice.refresh_from_db()
    assert alice.last_login is None


def test_the_rights_of_a_group_are_kept_as_a_change(client, superuser):
    group = Group.objects.create(name="operators")
    right = UserFactory(permissions=["apikeys.view_apikey"]).user_permissions.get()
    form = filled_in(client.get(page(group)), permissions=[right.pk])

    client.post(page(group), form)

    assert last_change().name == "group operators"
    assert last_change().after == {"permissions": [str(right)]}


def test_a_person_who_was_deactivated_meanwhile_stays_so(client, superuser):
    alice = UserFactory(username="alice")
    form = filled_in(client.get(page(alice)), email="alice@example.com")
    User.objects.filter(pk=alice.pk).update(is_active=False)

    response = client.post(page(alice), form)

    assert "changed after you opened the form" in response.content.decode()
    alice.refresh_from_db()
    assert (alice.is_active, alice.email) == (False, "")


def test_a_right_that_was_taken_meanwhile_stays_so(client, superuser):
    group = Group.objects.create(name="operators")
    group.permissions.set(UserFactory(permissions=["apikeys.view_apikey"]).user_permissions.all())
    form = filled_in(client.get(page(group)), name="helpers")
    group.permissions.clear()

    response = client.post(page(group), form)

    assert "changed after you opened the form" in response.content.decode()
    assert not Group.objects.get(name="operators").permissions.exists()


def test_a_new_password_is_kept_as_a_change_without_the_password(client, superuser):
    alice = UserFactory(username="alice")
    new = "another horse battery staple"
    form = {"usable_password": "true", "password1": new, "password2": new, "set-password": "1"}

    response = client.post(f"/admin/auth/user/{alice.pk}/password/", form)

    assert response.status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(new)
    assert (last_change().name, last_change().after) == ("user alice", {"password": "…"})


def long_after_the_password(client):
    session = client.session
    session["password_typed_at"] -= 15 * 60
    session.save()


def forms_about_people(person, group):
    new = "another horse battery staple"
    passwords = {"usable_password": "true", "password1": new, "password2": new}
    return {
        f"/admin/auth/user/{person.pk}/password/": passwords | {"set-password": "1"},
        listing(User, "add"): passwords | {"username": "intruder"},
        page(person): {"username": person.username, "is_superuser": "on", "is_active": "on"},
        page(person, "delete"): {"post": "yes"},
        page(group): {"name": "everything"},
        listing(Group, "add"): {"name": "everything"},
    }


@pytest.mark.parametrize("number", range(6))
def test_an_open_session_alone_changes_nobody(client, superuser, number):
    alice, group = UserFactory(username="alice"), Group.objects.create(name="operators")
    address, form = list(forms_about_people(alice, group).items())[number]
    long_after_the_password(client)
    before = list(User.objects.values()), list(Group.objects.values())

    assert "Asked at most once in 15 minutes" in text_of(client.get(address))
    assert client.post(address, form).status_code == 400
    assert client.post(address, form | {"password": "a guess"}).status_code == 400

    assert (list(User.objects.values()), list(Group.objects.values())) == before
    response = client.post(address, {"password": PASSWORD})
    assert (response.status_code, response.url) == (302, address)
    assert "Asked at most once" not in text_of(client.get(address))


def test_the_password_cannot_be_guessed_before_a_change_of_people(client, superuser):
    long_after_the_password(client)
    address = listing(User, "add")
    for _guess in range(5):
        response = client.post(address, {"password": "a guess"})
    assert response.status_code == 429

    assert client.post(address, {"password": PASSWORD}).status_code == 429


def test_a_new_password_of_ones_own_is_kept_as_a_change(client, superuser):
    new = "another horse battery staple"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}

    assert client.post("/admin/password_change/", form).status_code == 302

    assert (last_change().name, last_change().after) == ("user root", {"password": "…"})


def test_a_deactivated_user_is_logged_out_for_good(client, superuser):
    alice = UserFactory(username="alice")
    browser = Client()
    browser.force_login(alice)
    form = filled_in(client.get(page(alice)))
    del form["is_active"]
    client.post(page(alice), form)
    assert User.objects.filter(pk=alice.pk, is_active=False).exists()

    User.objects.filter(pk=alice.pk).update(is_active=True)

    assert browser.get("/admin/").status_code == 302
    assert Session.objects.count() == 1
    assert client.get("/admin/").status_code == 200


def test_the_last_superuser_cannot_lock_everybody_out(client, superuser):
    for field in ("is_active", "is_superuser"):
        form = filled_in(client.get(page(superuser)))
        del form[field]

        response = client.post(page(superuser), form)

        assert "last active superuser" in response.content.decode()
    assert client.post(page(superuser, "delete"), {"post": "yes"}).status_code == 403
    superuser.refresh_from_db()
    assert superuser.is_active
    assert superuser.is_superuser


@pytest.mark.parametrize("model", [User, Group])
def test_people_are_for_superusers_only(client, log_in, model):
    rights = [f"auth.{deed}_{name}" for deed in DEEDS for name in ("user", "group")]
    me = log_in(*rights)
    record = me if model is User else Group.objects.create(name="operators")

    for address in (listing(model), listing(model, "add"), page(record), page(record, "delete")):
        assert client.get(address).status_code == 403
        assert client.post(address, {"is_superuser": "on", "post": "yes"}).status_code == 403
    me.refresh_from_db()
    assert not me.is_superuser


DEEDS = ("view", "add", "change", "delete")


@pytest.mark.parametrize("address", ["/admin/", "/admin/apikeys/apikey/?state=disabled"])
def test_a_stranger_is_led_to_the_consoles_login_and_back(client, db, address):
    response = client.get(address, follow=True)

    login, _status = response.redirect_chain[-1]
    assert login.startswith("/console/login/?next=/admin/")


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""],
)
def test_the_login_leads_to_no_other_site(client, superuser, target):
    for visitor in (client, Client()):
        response = visitor.get("/admin/login/", {"next": target})
        assert "evil" not in response["Location"]
        assert "javascript" not in response["Location"]


def test_who_is_no_staff_is_refused_without_going_in_circles(client, log_in):
    log_in(is_staff=False)

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403


def test_no_password_is_taken_at_the_admins_own_address(client, db):
    UserFactory(username="alice", superuser=True)

    response = client.post("/admin/login/", {"username": "alice", "password": PASSWORD})

    assert response.status_code == 302
    assert not Session.objects.exists()


ROLES = {
    "nobody": None,
    "no staff": {"is_staff": False, "superuser": False},
    "no rights": {},
    "viewer": {"rights": ("view",)},
    "adder": {"rights": ("view", "add")},
    "editor": {"rights": ("view", "change")},
    "deleter": {"rights": ("view", "delete")},
    "superuser": {"superuser": True},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("make", [StoreFactory, APIUserFactory, APIKeyFactory])
def test_everybody_does_what_their_rights_say_and_nothing_else(client, log_in, role, make):
    store = StoreFactory()
    record = store if make is StoreFactory else make(store=store)
    model = type(record)
    if record is not store:
        record.disable(actor=ACTOR)
    rights = (ROLES[role] or {}).get("rights", ())
    is_superuser = role == "superuser"
    if ROLES[role] is not None:
        fields = {name: value for name, value in ROLES[role].items() if name != "rights"}
        log_in(
            *(f"apikeys.{deed}_{model._meta.model_name}" for deed in rights),
            stores=[store],
            **fields,
        )
    may = {deed: deed in rights or is_superuser for deed in DEEDS}
    refused = 302 if role == "nobody" else 403
    if role == "no staff":
        refused = 302

    assert client.get(listing(model)).status_code == (200 if may["view"] else refused)
    assert client.get(page(record)).status_code == (200 if may["view"] else refused)
    assert client.get(listing(model, "add")).status_code == (200 if may["add"] else refused)

    client.post(
        listing(model),
        {"action": "enable_chosen", "_selected_action": [record.pk], "index": 0},
    )
    record.refresh_from_db()
    assert record.is_enabled == (may["change"] or model is Store)

    if model is not Store:
        record.disable(actor=ACTOR)
    client.post(page(record, "delete"), {"post": "yes"})
    gone = not model.objects.filter(pk=record.pk).exists()
    assert gone == (may["delete"] and model in {APIKey, APIUser})


@pytest.mark.parametrize("make", [StoreFactory, APIUserFactory, APIKeyFactory])
def test_rights_end_at_the_store(client, log_in, make):
    record = make()
    model = type(record)
    name = model._meta.model_name
    log_in(*(f"apikeys.{deed}_{name}" for deed in DEEDS), stores=[StoreFactory()])

    for what in ("change", "delete", "history"):
        assert client.get(page(record, what)).status_code == 404
        assert client.post(page(record, what), {"post": "yes"}).status_code == 404
    form = {"action": "disable_chosen", "_selected_action": [record.pk], "index": 0}
    client.post(listing(model), form)
    client.post(listing(model), form | {"select_across": "1"})

    record.refresh_from_db()
    assert record.is_enabled


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_pages_are_read_or_posted_to(client, superuser, method):
    key = APIKeyFactory()

    for address in (listing(APIKey), page(key), page(key, "delete"), "/admin/"):
        assert getattr(client, method)(address).status_code == 405


def test_a_post_without_the_token_of_the_form_is_refused(superuser):
    key = APIKeyFactory()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(superuser)
    form = {"action": "disable_chosen", "_selected_action": [key.pk], "index": 0}

    assert browser.post(listing(APIKey), form).status_code == 403
    assert browser.post(page(key), {"description": "x"}).status_code == 403
    assert browser.post(page(key, "delete"), {"post": "yes"}).status_code == 403
    assert APIKey.objects.filter(pk=key.pk, status="enabled").exists()


def test_the_old_password_cannot_be_guessed_when_one_changes_ones_own(client, superuser):
    new = "another horse battery staple"
    form = {"old_password": "a guess", "new_password1": new, "new_password2": new}
    url = "/admin/password_change/"
    for _guess in range(5):
        response = client.post(url, form)
    assert response.status_code == 429

    right = client.post(url, form | {"old_password": PASSWORD})

    assert right.status_code == 429
    superuser.refresh_from_db()
    assert superuser.check_password(PASSWORD)


@pytest.fixture
def meanwhile(monkeypatch):
    """``meanwhile(deed)``: does it while a request waits for those who change people, too."""

    def arrange(deed):
        def hold():
            deed()
            plain()

        monkeypatch.setattr(people, "hold", hold)

    plain = people.hold
    return arrange


@pytest.mark.parametrize("deed", ["demoted", "deactivated", "deleted"])
def test_who_is_no_superuser_any_more_changes_nobody(client, superuser, meanwhile, deed):
    other = UserFactory(username="other", superuser=True)
    form = filled_in(client.get(page(other)))
    del form["is_superuser"]
    me = User.objects.filter(pk=superuser.pk)
    meanwhile(
        {
            "demoted": lambda: me.update(is_superuser=False),
            "deactivated": lambda: me.update(is_active=False),
            "deleted": me.delete,
        }[deed]
    )
    password = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    assert client.post(page(other), form).status_code == 403
    assert client.post(page(other, "delete"), {"post": "yes"}).status_code == 403
    address = f"/admin/auth/user/{other.pk}/password/"
    assert client.post(address, password | {"set-password": "1"}).status_code == 403

    assert User.objects.filter(pk=other.pk, is_active=True, is_superuser=True).exists()
    assert not ChangeRecord.objects.exists()


def test_a_new_password_of_ones_own_undoes_nothing(client, superuser, meanwhile):
    new = "another horse battery staple"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    meanwhile(lambda: User.objects.filter(pk=superuser.pk).update(is_superuser=False))

    assert client.post("/admin/password_change/", form).status_code == 302

    superuser.refresh_from_db()
    assert superuser.check_password(new)
    assert not superuser.is_superuser


@pytest.mark.django_db(transaction=True)
@only_postgresql
@pytest.mark.parametrize("deed", ["demote", "delete"])
def test_of_two_superusers_who_remove_each_other_one_remains(deed):
    ann, bob = (UserFactory(username=name, superuser=True) for name in ("ann", "bob"))

    def remove(me, other):
        try:
            browser = Client()
            browser.force_login(me)
            if deed == "delete":
                both_ready.wait(timeout=60)
                return browser.post(page(other, "delete"), {"post": "yes"}).status_code
            form = filled_in(browser.get(page(other)))
            del form["is_superuser"]
            both_ready.wait(timeout=60)
            return browser.post(page(other), form).status_code
        finally:
            connections.close_all()

    both_ready = Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(remove, (ann, bob), (bob, ann)))

    assert sorted(answers) in ([302, 403], [302, 302])
    assert User.objects.filter(is_active=True, is_superuser=True).count() == 1


def test_a_group_of_many_rights_costs_no_more_to_open_than_one_of_few(
    client, superuser, django_assert_max_num_queries
):
    group = Group.objects.create(name="operators")
    group.permissions.set(Permission.objects.all())

    with django_assert_max_num_queries(20):
        client.get(page(group))


def test_a_change_has_the_same_name_in_every_language(client, superuser):
    alice = UserFactory(username="alice")

    with translation.override("de"):
        client.post(page(alice), filled_in(client.get(page(alice)), email="alice@shop.example"))

    assert last_change().name == "user alice"
