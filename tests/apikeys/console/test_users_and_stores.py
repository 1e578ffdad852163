import re

import pytest

from apikeys.models import APIKey, APIUser, ChangeRecord, Store
from tests.factories import ACTOR, APIKeyFactory, APIUserFactory, StoreFactory, UserFactory


def send(client, address, form):
    """Open the page, fill its form in and send it."""
    page = client.get(address).content.decode()
    return client.post(address, {"opened": opened_in(page)} | form)


def opened_in(page):
    return re.search(r'name="opened" value="([^"]+)"', page)[1]


def test_an_api_user_is_created(client, admin):
    store = StoreFactory()
    form = {"username": "inventory-sync", "store": store.public_id, "owner": "admin"}

    page = client.post("/console/new-user/", form, follow=True).content.decode()

    user = APIUser.objects.get()
    assert (user.username, user.store, user.owner) == ("inventory-sync", store, admin)
    assert "Give it a key" in page


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"username": "ab"}, "between 3 and 20"),
        ({"username": "TAKEN"}, "already"),
        ({"username": "a b c"}, "letters, digits"),
        ({"store": "nope"}, "valid choice"),
        ({"owner": "nobody-here"}, "valid choice"),
    ],
)
def test_what_does_not_fit_is_refused(client, admin, changes, complaint):
    store = StoreFactory()
    APIUserFactory(username="taken", store=store)
    form = {"username": "inventory-sync", "store": store.public_id} | changes

    response = client.post("/console/new-user/", form)

    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert APIUser.objects.count() == 1


def test_disabling_an_api_user_refuses_all_its_keys_at_once(client, admin, call):
    key = APIKeyFactory(username="till-1")

    client.post("/console/users/till-1/disable/")
    assert call(key).json()["code"] == "user_disabled"

    client.post("/console/users/till-1/enable/")
    assert call(key).status_code == 200


def test_an_enabled_api_user_of_a_disabled_store_does_not_look_as_if_it_worked(client, admin):
    store = StoreFactory(name="Harbour Books")
    APIUserFactory(username="till-1", store=store)
    row = re.compile(r'<tr( class="dimmed")?>\s*<th scope="row">[^\n]*?till-1.*?</tr>', re.S)
    assert row.search(client.get("/console/users/").content.decode())[1] is None

    store.disable(actor=ACTOR)

    found = row.search(client.get("/console/users/").content.decode())
    assert found[1]
    assert re.search(r"Enabled</span>.*Harbour Books.*disabled</span>", found[0], re.S)
    assert "so every call with these keys" in client.get("/console/users/till-1/").content.decode()


def test_an_api_user_is_handed_over(client, admin):
    APIUserFactory(username="till-1")
    UserFactory(username="bob")

    response = send(client, "/console/users/till-1/owner/", {"owner": "bob"})
    assert "The owner of till-1 is saved." in client.get(response["Location"]).content.decode()
    assert APIUser.objects.get().owner.username == "bob"

    send(client, "/console/users/till-1/owner/", {"owner": ""})
    assert APIUser.objects.get().owner is None


def test_a_form_that_goes_wrong_at_its_end_has_done_nothing(client, admin, monkeypatch):
    api_user, store = APIUserFactory(username="till-1"), StoreFactory(name="Main store")
    forms = {
        "/console/users/till-1/owner/": {"owner": "admin"},
        f"/console/stores/{store.public_id}/edit/": {"name": "Outlet", "currency": "EUR"},
        f"/console/stores/{store.public_id}/staff/": {"staff": [UserFactory().username]},
    }

    def fail(*arguments, **options):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("django.contrib.messages.success", fail)
    for place, form in forms.items():
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            send(client, place, form)

    api_user.refresh_from_db()
    store.refresh_from_db()
    assert (api_user.owner, store.name, store.staff.count()) == (None, "Main store", 0)


def test_staff_hand_over_to_colleagues_only(client, staff):
    user = staff("change_apiuser")
    APIUserFactory(username="till-1", store=user.store)
    UserFactory(username="colleague", stores=[user.store])
    UserFactory(username="stranger")

    assert send(client, "/console/users/till-1/owner/", {"owner": "stranger"}).status_code == 400
    assert send(client, "/console/users/till-1/owner/", {"owner": "colleague"}).status_code == 302


def test_an_api_user_without_keys_is_deleted_and_its_name_stays(client, admin):
    APIUserFactory(username="till-1")

    client.post("/console/users/till-1/delete/")

    assert not APIUser.objects.exists()
    assert "till-1" in client.get("/console/changes/").content.decode()


def test_an_api_user_with_keys_is_not_deleted(client, admin):
    APIKeyFactory(username="till-1")

    page = client.post("/console/users/till-1/delete/", follow=True).content.decode()

    assert "Delete the keys of this API user first." in page
    assert APIUser.objects.exists()


@pytest.mark.parametrize("name", ["new", "search", "bulk"])
def test_no_name_of_an_api_user_hides_behind_a_page(client, admin, name):
    APIUserFactory(username=name)

    assert f"<h1>{name}</h1>" in client.get(f"/console/users/{name}/").content.decode()


def test_lists_show_the_own_stores_only(client, staff):
    user = staff("view_apiuser", "view_store", "view_changerecord")
    mine = APIUserFactory(username="mine-user", store=user.store)
    APIUserFactory(username="foreign-user", store=StoreFactory(name="Foreign shop"))

    for url in ("/console/users/", "/console/stores/", "/console/changes/"):
        page = client.get(url).content.decode()
        assert "oreign" not in page
        assert mine.username in page or mine.store.name in page


def test_a_store_is_opened_and_changed(client, admin):
    form = {"name": "Zebra", "currency": "USD", "website": "https://zebra.example"}
    client.post("/console/stores/new/", form)
    store = Store.objects.get()

    send(client, f"/console/stores/{store.public_id}/edit/", form | {"name": "Yak"})

    assert Store.objects.get().name == "Yak"
    assert ChangeRecord.objects.filter(kind="store").count() == 2


@pytest.mark.parametrize("looks_first", [True, False], ids=["after the other", "beside it"])
def test_a_form_that_is_sent_twice_opens_one_store(client, staff, monkeypatch, looks_first):
    staff("add_store", "view_store", stores=[])
    form = client.get("/console/stores/new/").context["form"]
    sent = {"name": "Zebra", "currency": "EUR", "submission": form["submission"].value()}
    client.post("/console/stores/new/", sent)
    if not looks_first:
        monkeypatch.setattr(Store, "full_clean", lambda self: None)

    page = client.post("/console/stores/new/", sent, follow=True)

    assert page.redirect_chain == [(f"/console/stores/{Store.objects.get().public_id}/", 302)]
    assert "sent twice" in page.content.decode()


def test_nobody_chooses_the_id_of_a_store(client, admin):
    client.post("/console/stores/new/", {"name": "A", "currency": "EUR", "submission": "mine"})
    client.post("/console/stores/new/", {"name": "B", "currency": "EUR", "submission": "mine"})

    assert len({len(store.public_id) for store in Store.objects.all()} | {22}) == 1
    assert Store.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"currency": "euro"}, {"website": "javascript:alert(1)"}, {"name": "a\x00"}],
)
def test_a_store_with_odd_values_is_refused(client, admin, changes):
    form = {"name": "Zebra", "currency": "USD", "website": ""} | changes

    assert client.post("/console/stores/new/", form).status_code == 400
    assert not Store.objects.exists()


def test_disabling_a_store_refuses_all_its_keys(client, admin, call):
    key = APIKeyFactory()

    client.post(f"/console/stores/{key.api_user.store.public_id}/disable/")

    assert call(key).json()["code"] == "store_disabled"


def test_superusers_choose_the_staff_of_a_store(client, admin):
    store, bob = StoreFactory(), UserFactory(username="bob")

    send(client, f"/console/stores/{store.public_id}/staff/", {"staff": ["bob"]})

    assert list(store.staff.all()) == [bob]


def test_nobody_else_does(client, staff):
    user = staff("change_store")

    response = client.post(f"/console/stores/{user.store.public_id}/staff/", {"staff": []})

    assert response.status_code == 403
    assert list(user.store.staff.all()) == [user]


def test_who_is_second_with_a_name_is_told_so_however_close_behind(client, admin, monkeypatch):
    store = StoreFactory()
    look = APIUser.full_clean

    def look_and_be_overtaken(user):
        look(user)
        monkeypatch.setattr(APIUser, "full_clean", look)
        APIUserFactory(username="TILL-1", store=store)

    monkeypatch.setattr(APIUser, "full_clean", look_and_be_overtaken)

    form = {"username": "till-1", "store": store.public_id}
    response = client.post("/console/new-user/", form)

    assert response.status_code == 400
    assert "There is an API user of this name already." in response.content.decode()
    assert not APIUser.objects.filter(username="till-1").exists()


@pytest.mark.parametrize("deed", ["disable/", "ips/", "rotate/", "delete/"])
def test_what_was_deleted_a_moment_ago_is_not_found(client, admin, monkeypatch, deed):
    key = APIKeyFactory(disabled=True, username="till-1")
    form = {
        "allowed_ips": "192.0.2.1",
        "overlap": "0",
        "revision": key.revision,
        "name": "till-1",
    }
    lock = APIKey.lock

    def be_overtaken(late):
        APIKey.objects.filter(pk=late.pk).delete()
        lock(late)

    monkeypatch.setattr(APIKey, "lock", be_overtaken)

    response = client.post(f"/console/keys/{key.consumer_key}/{deed}", form)

    assert response.status_code == 404


def test_a_form_about_a_store_that_was_opened_before_a_change_undoes_nothing(client, admin):
    store = StoreFactory(name="Zebra")
    edit = f"/console/stores/{store.public_id}/edit/"
    old = {"opened": opened_in(client.get(edit).content.decode()), "currency": "EUR"}
    send(client, edit, {"name": "Yak", "currency": "EUR"})

    response = client.post(edit, old | {"name": "Zebra again"})

    assert response.status_code == 400
    assert "changed after you opened the form" in response.content.decode()
    assert Store.objects.get().name == "Yak"


@pytest.mark.parametrize("late", ["opened before", "", "nonsense\x00"])
def test_a_form_about_an_owner_that_was_opened_before_a_change_undoes_nothing(client, admin, late):
    APIUserFactory(username="till-1")
    UserFactory(username="bob")
    address = "/console/users/till-1/owner/"
    before = opened_in(client.get(address).content.decode())
    send(client, address, {"owner": "bob"})

    form = {"owner": "", "opened": before if late == "opened before" else late}
    assert client.post(address, form).status_code == 400
    assert APIUser.objects.get().owner.username == "bob"


def test_an_inactive_owner_stays_until_somebody_takes_it_away(client, admin):
    gone = UserFactory(username="gone")
    APIUserFactory(username="till-1", owner=gone)
    gone.is_active = False
    gone.save()

    page = client.get("/console/users/till-1/owner/").content.decode()
    assert '<option value="gone" selected>' in page
    send(client, "/console/users/till-1/owner/", {"owner": "gone"})

    assert APIUser.objects.get().owner == gone


@pytest.mark.parametrize(
    ("off", "sentence", "link"),
    [
        ("user", "The API user erp is disabled, so every call", "/console/users/erp/"),
        ("owner", "The owner alice of the API user erp is inactive", "/console/users/erp/"),
        ("store", "The store Yak is disabled, so every call", "/console/stores/{store}/"),
        ("nothing", "", ""),
    ],
)
def test_the_page_of_a_key_says_what_else_refuses_its_calls(client, admin, off, sentence, link):
    owner = UserFactory(username="alice", is_active=off != "owner")
    user = APIUserFactory(username="erp", owner=owner, store=StoreFactory(name="Yak"))
    key = APIKeyFactory(api_user=user)
    if off in {"user", "store"}:
        {"user": user, "store": user.store}[off].disable(actor=ACTOR)

    page = client.get(f"/console/keys/{key.consumer_key}/")

    alerts = re.findall(r'<div class="alert warn"><p>(.*?)</p>', page.content.decode(), re.S)
    refused = [alert for alert in alerts if "every call with this key is refused" in alert]
    assert len(refused) == (off != "nothing")
    for alert in refused:
        assert sentence in alert
        assert f'href="{link.format(store=user.store.public_id)}"' in alert


def test_the_taken_name_of_a_new_api_user_is_said_beside_the_name(client, admin):
    user = APIUserFactory(username="warehouse")
    form = {"username": "Warehouse", "store": user.store.public_id}

    page = client.post("/console/new-user/", form).content.decode()

    link = '<a href="#id_username">API username</a>'
    assert f"{link}: There is an API user of this name already." in page
