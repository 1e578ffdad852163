"""Staff in the stores they open, and the owners they find there."""

from apikeys.models import APIUser, ChangeRecord, Store
from tests.factories import APIUserFactory, StoreFactory, UserFactory


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
