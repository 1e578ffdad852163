"""Stores and API users in the admin: the same deeds, the same change records."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

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

pytestmark = pytest.mark.usefixtures("superuser")


def last_change():
    return ChangeRecord.objects.first()


def test_a_store_is_opened(client):
    form = filled_in(client.get(listing(Store, "add")), name="Main store", currency="EUR")

    client.post(listing(Store, "add"), form)

    store = Store.objects.get()
    assert (store.name, len(store.public_id)) == ("Main store", 22)
    assert (last_change().action, last_change().store) == ("created", store)


@pytest.mark.parametrize("looks_first", [True, False], ids=["after the other", "beside it"])
def test_a_form_that_is_sent_twice_opens_one_store(client, log_in, monkeypatch, looks_first):
    log_in("apikeys.add_store", "apikeys.view_store")
    form = filled_in(client.get(listing(Store, "add")), name="Main store", currency="EUR")
    client.post(listing(Store, "add"), form)
    if not looks_first:
        monkeypatch.setattr(Store, "full_clean", lambda self, **options: None)

    again = client.post(listing(Store, "add"), form, follow=True)

    assert again.redirect_chain == [(page(Store.objects.get()), 302)]
    assert "sent twice" in again.content.decode()
    assert ChangeRecord.objects.filter(action="created").count() == 1


def test_the_staff_of_a_store_is_chosen_and_kept_as_a_change(client):
    store, person = StoreFactory(), UserFactory(username="alice")
    form = filled_in(client.get(page(store)), staff=[person.pk])

    client.post(page(store), form)

    assert list(store.staff.all()) == [person]
    change = last_change()
    assert (change.action, change.before, change.after) == (
        "staff changed",
        {"staff": []},
        {"staff": ["alice"]},
    )


def test_the_staff_on_offer_are_those_of_the_console_and_those_there_are(client):
    former, colleague = UserFactory(username="former"), UserFactory(username="colleague")
    UserFactory(username="shopper", is_staff=False)
    store = StoreFactory(staff=[former])
    former.is_active = False
    former.save()

    for address in (page(store), f"/console/stores/{store.public_id}/staff/"):
        context = client.get(address).context
        form = context["adminform"].form if "adminform" in context else context["form"]
        assert set(form.fields["staff"].queryset) == {former, colleague}


def test_a_store_is_changed_but_not_over_a_newer_change(client):
    store = StoreFactory(name="Before")
    form = filled_in(client.get(page(store)), name="After")
    assert client.post(page(store), form).status_code == 302
    store.refresh_from_db()
    assert store.name == "After"
    assert last_change().before == {"name": "Before"}

    response = client.post(page(store), form | {"name": "Late"})

    assert "changed after you opened the form" in response.content.decode()
    store.refresh_from_db()
    assert store.name == "After"


@pytest.mark.parametrize(
    "edit",
    [
        {"name": ""},
        {"name": "two\nlines\u2028"},
        {"currency": "euro"},
        {"website": "javascript:alert(1)"},
        {"website": "x" * 300},
    ],
)
def test_a_senseless_store_is_refused(client, edit):
    form = filled_in(client.get(listing(Store, "add")), name="Store") | edit

    assert client.post(listing(Store, "add"), form).status_code == 200
    assert not Store.objects.exists()


def test_no_store_is_deleted(client):
    store = StoreFactory()

    assert client.post(page(store, "delete"), {"post": "yes"}).status_code == 403
    assert Store.objects.exists()


def test_an_api_user_is_added(client):
    store, owner = StoreFactory(), UserFactory()
    form = filled_in(
        client.get(listing(APIUser, "add")), username="erp", store=store.pk, owner=owner.pk
    )

    client.post(listing(APIUser, "add"), form)

    api_user = APIUser.objects.get()
    assert (api_user.username, api_user.store, api_user.owner) == ("erp", store, owner)
    assert (last_change().action, last_change().api_user) == ("created", api_user)


@pytest.mark.parametrize(
    "username",
    ["ab", "x" * 21, "\u0430dmin", "erp.", "e\u202erp", "e\u200brp", "<script>", "TAKEN", ""],
)
def test_a_name_that_does_not_fit_or_is_taken_is_refused(client, username):
    taken = APIUserFactory(username="taken")
    form = filled_in(client.get(listing(APIUser, "add")), username=username, store=taken.store.pk)

    response = client.post(listing(APIUser, "add"), form)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert list(APIUser.objects.all()) == [taken]


def test_an_api_user_is_handed_over_and_stays_in_its_store(client):
    api_user, owner, other = APIUserFactory(), UserFactory(username="bob"), StoreFactory()
    form = filled_in(client.get(page(api_user)), owner=owner.pk)

    client.post(page(api_user), form | {"store": other.pk, "username": "renamed"})

    unmoved = api_user.username, api_user.store
    api_user.refresh_from_db()
    assert (api_user.username, api_user.store, api_user.owner) == (*unmoved, owner)
    assert (last_change().action, last_change().after) == ("handed over", {"owner": "bob"})


def test_an_api_user_with_keys_is_not_deleted(client):
    key = APIKeyFactory()

    assert client.post(page(key.api_user, "delete"), {"post": "yes"}).status_code == 403
    assert APIUser.objects.exists()


def test_an_api_user_without_keys_is_deleted_and_its_name_stays(client):
    api_user = APIUserFactory(username="erp")

    client.post(page(api_user, "delete"), {"post": "yes"})

    assert not APIUser.objects.exists()
    assert (last_change().action, last_change().username) == ("deleted", "erp")


@pytest.mark.parametrize("make", [StoreFactory, APIUserFactory, APIKeyFactory])
def test_the_chosen_are_disabled_and_enabled_together(client, make):
    chosen = [make(), make(), make(disabled=True)]
    spared = make()
    model = type(spared)
    form = {"_selected_action": [one.pk for one in chosen], "index": "0", "reason": "incident 7"}

    response = client.post(listing(model), form | {"action": "disable_chosen"}, follow=True)

    assert "2 were disabled." in response.content.decode()
    enabled = model.objects.filter(status="enabled")
    assert list(enabled) == [spared]
    kept = ChangeRecord.objects.filter(action="disabled", reason="incident 7", actor_name="root")
    assert kept.count() == 2

    response = client.post(listing(model), form | {"action": "enable_chosen"}, follow=True)

    assert "3 were enabled." in response.content.decode()
    assert model.objects.filter(status="enabled").count() == 4


def test_when_one_of_the_chosen_fails_none_is_changed(client, monkeypatch):
    keys = [APIKeyFactory(), APIKeyFactory()]
    disable = type(keys[0]).disable

    def fail_on_the_last(key, **options):
        if key.pk == keys[-1].pk:
            raise RuntimeError("the disk is full")
        return disable(key, **options)

    monkeypatch.setattr(type(keys[0]), "disable", fail_on_the_last)
    form = {"_selected_action": [key.pk for key in keys], "action": "disable_chosen", "index": 0}

    with pytest.raises(RuntimeError, match="the disk is full"):
        client.post(listing(type(keys[0])), form)

    assert type(keys[0]).objects.filter(status="enabled").count() == 2


@pytest.mark.parametrize(
    "edit",
    [
        {"_selected_action": ["x"]},
        {"_selected_action": ["9" * 30]},
        {"_selected_action": ["1 or 1=1"]},
        {"_selected_action": ["\x00"]},
        {"action": "delete_selected"},
        {"action": "delete_selected", "post": "yes", "index": ""},
        {"action": "\x00"},
        {"reason": "\x00" * 600},
    ],
)
def test_a_forged_action_is_harmless(client, edit):
    key = APIKeyFactory(disabled=True)
    form = {"_selected_action": [key.pk], "action": "enable_chosen", "index": 0} | edit

    assert client.post(listing(type(key)), form).status_code in {302, 400}
    assert type(key).objects.filter(status="disabled").count() == 1


def test_too_many_rows_at_once_are_refused_with_a_sentence(client, monkeypatch):
    monkeypatch.setattr("apikeys.admin.deeds.MAX_CHOSEN", 1)
    keys = [APIKeyFactory(), APIKeyFactory()]
    form = {
        "_selected_action": [keys[0].pk],
        "select_across": "1",
        "action": "disable_chosen",
        "index": 0,
    }

    response = client.post(listing(type(keys[0])), form, follow=True)

    assert "at most 1 rows at once" in response.content.decode()
    assert type(keys[0]).objects.filter(status="enabled").count() == 2


def test_the_password_is_asked_before_a_key_is_deleted(client, time_machine):
    key = APIKeyFactory(disabled=True)
    time_machine.move_to(timezone.now() + timedelta(minutes=16))
    assert 'type="password"' in client.get(page(key, "delete")).content.decode()

    for password in ("", "wrong"):
        form = {"post": "yes", "password": password}
        assert "password" in client.post(page(key, "delete"), form, follow=True).content.decode()
        assert type(key).objects.exists()
    client.post(page(key, "delete"), {"post": "yes", "password": PASSWORD})

    assert not type(key).objects.exists()


def test_a_key_is_deleted_only_when_it_is_disabled(client):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    assert client.post(page(key, "delete"), {"post": "yes"}).status_code == 403
    key.disable(actor=ACTOR)

    response = client.get(page(key, "delete"))
    assert response.status_code == 200
    assert not response.context["perms_lacking"]
    client.post(page(key, "delete"), {"post": "yes"})

    assert not type(key).objects.exists()
    assert (last_change().action, last_change().consumer_key) == ("deleted", key.consumer_key)


@pytest.mark.parametrize("role", ["superuser", "staff"])
def test_the_owners_on_offer_are_those_of_the_console_and_the_one_there_is(client, role):
    former = UserFactory(username="former")
    api_user = APIUserFactory(owner=former)
    former.is_active = False
    former.save()
    colleague = UserFactory(username="colleague", stores=[api_user.store])
    UserFactory(username="away", stores=[api_user.store], is_active=False)
    UserFactory(username="shopper", stores=[api_user.store], is_staff=False)
    stranger = UserFactory(username="stranger")
    powers = ["apikeys.view_apiuser", "apikeys.change_apiuser"]
    me = UserFactory(username="me", stores=[api_user.store], permissions=powers)
    if role == "staff":
        client.force_login(me)

    shown = client.get(page(api_user)).context["adminform"].form.fields["owner"].queryset

    offered = {former, colleague, me}
    if role == "superuser":
        offered |= {stranger, get_user_model().objects.get(is_superuser=True)}
    assert set(shown) == offered


def test_the_list_of_keys_says_what_else_refuses_an_enabled_one(
    client, django_assert_max_num_queries
):
    key = APIKeyFactory(owner=UserFactory())
    assert "Enabled<" in client.get(listing(APIKey)).content.decode()
    key.api_user.store.disable(actor=ACTOR)
    for _number in range(20):
        APIKeyFactory(store=key.api_user.store, owner=UserFactory(is_active=False))

    with django_assert_max_num_queries(15):
        shown = client.get(listing(APIKey)).content.decode()

    assert "Enabled (Store disabled)<" in shown
    assert "Enabled (Owner inactive)<" in shown


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30])
def test_staff_with_a_number_that_no_column_holds_is_refused(client, number):
    store = StoreFactory()
    form = filled_in(client.get(page(store)), staff=[number])

    assert client.post(page(store), form).status_code in (200, 400)
    assert not store.staff.exists()
