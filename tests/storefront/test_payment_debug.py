"""Who may let a key see payment debug information: only who may see it, and on purpose."""

import pytest

from tests.back_office import filled_in, page
from tests.factories import APIKeyFactory, StoreFactory, UserFactory

MAY_SEE = "storefront.view_payment_debug"
KEY_DEEDS = ("apikeys.add_apikey", "apikeys.view_apikey", "apikeys.change_apikey")


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture(params=[False, True], ids=["may not see it", "may see it"])
def allowed(request, client, store):
    """Whether the console user who is logged in may see payment debug information."""
    permissions = (*KEY_DEEDS, *([MAY_SEE] if request.param else []))
    client.force_login(UserFactory(stores=[store], permissions=permissions))
    return request.param


def test_the_console_offers_it_only_to_who_may_see_it(client, allowed):
    text = client.get("/console/keys/new/").content.decode()

    assert 'value="checkout"' in text
    assert ('value="payment_debug"' in text) is allowed


def test_the_console_refuses_it_from_who_may_not_see_it(client, store, allowed):
    form = {"username": "erp", "store": store.public_id, "resources": ["payment_debug"]}

    text = client.post("/console/keys/new/", form).content.decode()

    assert ("payment_debug is not one of the available choices" in text) is not allowed


def test_the_admin_does_as_the_console_does(client, store, allowed):
    key = APIKeyFactory(store=store, any_ip=True)
    form = filled_in(client.get(page(key)), resources=["checkout", "payment_debug"])

    client.post(page(key), form)

    key.refresh_from_db()
    assert key.permits("payment_debug") is allowed


def test_what_a_key_has_already_is_not_taken_away_by_an_edit(client, store, allowed):
    key = APIKeyFactory(store=store, resources=["checkout", "payment_debug"])

    client.post(page(key), filled_in(client.get(page(key)), description="edited"))

    key.refresh_from_db()
    assert (key.description, key.permits("payment_debug")) == ("edited", True)


def test_it_must_be_ticked_on_purpose(db):
    assert not APIKeyFactory().permits("payment_debug")
    assert APIKeyFactory(resources=["payment_debug"]).permits("payment_debug")
