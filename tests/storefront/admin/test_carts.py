"""Carts, payment methods and session transfers in the Django admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys.models import ChangeRecord
from storefront.models import (
    Cart,
    PaymentMethod,
    SessionTransfer,
    ShopperSession,
    TransferTarget,
)
from tests.back_office import filled_in, listing, page
from tests.factories import APIKeyFactory, StoreFactory, UserFactory
from tests.storefront.factories import (
    CartFactory,
    PaymentMethodFactory,
    ProductFactory,
    SessionTransferFactory,
    ShopperSessionFactory,
    TransferTargetFactory,
)

MODELS = [Cart, PaymentMethod, SessionTransfer, ShopperSession, TransferTarget]
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def store(db):
    return StoreFactory()


def permissions_on(*models, deeds=("view", "add", "change", "delete")):
    return [f"storefront.{deed}_{model._meta.model_name}" for model in models for deed in deeds]


@pytest.fixture
def back_office(client, store):
    """Somebody who may do everything with the records of one store."""
    user = UserFactory(
        stores=[store], permissions=[*permissions_on(*MODELS), "storefront.view_payment_debug"]
    )
    client.force_login(user)
    return client


def world(store):
    """One record of every model, all of this store."""
    product = ProductFactory(store=store, name=NASTY)
    cart = CartFactory(store=store, items=[product], customer="c-17")
    sold = CartFactory(store=store, invoiced=True)
    key = APIKeyFactory(store=store, permission="write")
    return [
        cart,
        sold,
        PaymentMethodFactory(store=store, title=NASTY, debug={"environment": NASTY}),
        SessionTransferFactory(key=key, cart=cart),
        ShopperSessionFactory(cart=cart),
        TransferTargetFactory(store=store, action="account"),
    ]


def test_every_page_works_escapes_and_shows_no_digest(back_office, store):
    records = world(store)
    digests = [
        getattr(record, name)
        for record in records
        for name in ("digest", "key_digest")
        if hasattr(record, name)
    ]
    addresses = [listing(model) for model in MODELS]
    addresses += [page(record, what) for record in records for what in ("change", "history")]

    for address in addresses:
        response = back_office.get(address)
        text = response.content.decode()
        assert response.status_code == 200, address
        assert NASTY not in text
        assert not [digest for digest in digests if digest in text]


def test_another_stores_records_are_not_there(back_office):
    for record in world(StoreFactory()):
        assert back_office.get(page(record)).status_code == 404
        assert str(record.pk) not in [
            str(row.pk) for row in back_office.get(listing(type(record))).context["cl"].queryset
        ]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("column", ["key_digest", "digest", "offer_digest", "store__name"])
def test_no_list_is_filtered_by_what_it_does_not_offer(back_office, model, column):
    response = back_office.get(f"{listing(model)}?{column}__startswith=a")

    assert response.status_code == 400


def test_a_payment_method_is_added_and_changed_by_its_deeds(back_office, store):
    form = filled_in(
        back_office.get(listing(PaymentMethod, "add")),
        store=str(store.pk),
        code="stripe",
        title="Card",
        debug='{"environment": "sandbox"}',
    )
    assert back_office.post(listing(PaymentMethod, "add"), form).status_code == 302
    method = PaymentMethod.objects.get()
    assert method.debug == {"environment": "sandbox"}

    back_office.post(page(method), filled_in(back_office.get(page(method)), title="Cards"))

    method.refresh_from_db()
    assert (method.title, method.code) == ("Cards", "stripe")
    assert [change.action for change in ChangeRecord.objects.filter(kind="payment")] == [
        "changed",
        "created",
    ]


def test_a_secret_among_the_debug_fields_is_refused(back_office, store):
    form = filled_in(
        back_office.get(listing(PaymentMethod, "add")),
        store=str(store.pk),
        code="stripe",
        title="Card",
        debug='{"key": "sk_live_51H8abcdef"}',
    )

    response = back_office.post(listing(PaymentMethod, "add"), form)

    assert "looks like a secret" in response.content.decode()
    assert not PaymentMethod.objects.exists()


def test_debug_fields_are_for_those_who_may_see_them(client, store):
    client.force_login(UserFactory(stores=[store], permissions=permissions_on(PaymentMethod)))
    method = PaymentMethodFactory(store=store, debug={"environment": "sandbox"})

    assert "sandbox" not in client.get(page(method)).content.decode()
    form = filled_in(client.get(page(method)), title="New", debug='{"environment": "live"}')
    client.post(page(method), form)

    method.refresh_from_db()
    assert (method.title, method.debug) == ("New", {"environment": "sandbox"})


def test_a_target_is_set_by_its_deed_and_never_deleted(back_office, store):
    form = filled_in(
        back_office.get(listing(TransferTarget, "add")),
        store=str(store.pk),
        action="account",
        url="https://shop.example.com/account",
        enabled="on",
    )
    back_office.post(listing(TransferTarget, "add"), form)
    target = TransferTarget.objects.get()
    back_office.post(
        page(target), filled_in(back_office.get(page(target)), url="https://shop.example.com/me")
    )

    target.refresh_from_db()
    assert target.url == "https://shop.example.com/me"
    assert ChangeRecord.objects.filter(kind="transfer").count() == 2
    assert back_office.get(page(target, "delete")).status_code == 403


def test_an_open_cart_is_deleted_by_its_deed_and_a_checked_out_one_is_not(back_office, store):
    cart, sold = CartFactory(store=store), CartFactory(store=store, invoiced=True)

    back_office.post(page(cart, "delete"), {"post": "yes"})
    refused = back_office.post(page(sold, "delete"), {"post": "yes"})

    assert refused.status_code == 403
    assert list(Cart.objects.all()) == [sold]
    assert ChangeRecord.objects.get(kind="cart").action == "deleted"


@pytest.mark.parametrize("model", [Cart, SessionTransfer, ShopperSession])
def test_what_only_customers_and_callers_make_is_not_made_here(back_office, model):
    assert back_office.get(listing(model, "add")).status_code == 403


def test_a_full_cart_costs_as_many_queries_as_one_with_a_single_item(back_office, store):
    def queries(cart):
        with CaptureQueriesContext(connection) as counted:
            assert back_office.get(page(cart, "change"), secure=True).status_code == 200
        return len(counted)

    one, five = (
        CartFactory(
            store=store, items=[ProductFactory(store=store) for _ in range(count)], invoiced=True
        )
        for count in (1, 5)
    )

    queries(one)  # what is looked up once for all pages
    assert queries(five) == queries(one)
