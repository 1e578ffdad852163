"""Staff in the stores they open, and the owners they find there."""

from apikeys.models import APIUser, ChangeRecord, Store
from tests.factories import APIKeyFactory, APIUserFactory, StoreFactory, UserFactory


def test_who_opens_a_store_works_in_it(client, staff):
    me = staff("add_store", "view_store", stores=[])

    response = client.post("/console/stores/new/", {"name": "Mine", "currency": "EUR"}, follow=True)

    assert response.status_code == 200
    assert list(Store.objects.get().staff.all()) == [me]
    actions = ChangeRecord.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["created", "staff changed"]


def test_an_owner_who_is_no_staff_is_not_dropped(client, staff):
    store, owner = StoreFactory(), UserFactory(username="owner")
    api_user = APIUserFactory(store=store, owner=owner)
    staff("view_apiuser", "change_apiuser", stores=[store])
    address = f"/console/users/{api_user.username}/owner/"
    assert 'value="owner" selected' in client.get(address).content.decode()

    client.post(address, {"owner": "owner"})

    assert APIUser.objects.get().owner == owner


def test_who_may_not_see_keys_sees_none_and_is_not_told_that_there_are_none(client, staff):
    key = APIKeyFactory()
    user, store = key.api_user, key.api_user.store
    staff("view_apiuser", "view_store", stores=[store])

    user_page = client.get(f"/console/users/{user.username}/").content.decode()
    store_page = client.get(f"/console/stores/{store.public_id}/").content.decode()

    assert "You may not see keys." in user_page
    assert "No keys." not in user_page
    assert key.consumer_key not in user_page
    assert "1 key" not in store_page
