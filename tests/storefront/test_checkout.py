"""The checkout: a cart becomes an invoice, once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connections

from storefront.models import Cart, Event, Invoice
from tests.calls import the_record
from tests.storefront.factories import (
    CartFactory,
    PaymentMethodFactory,
    ProductFactory,
    WebhookFactory,
)


@pytest.fixture
def cart(shop):
    products = [
        (ProductFactory(store=shop.store, sku="tea", price=Decimal("3.99")), 2),
        (ProductFactory(store=shop.store, sku="cup", price=Decimal("0.02")), 1),
    ]
    return CartFactory(store=shop.store, items=products)


def check_out(shop, cart, body=None, **headers):
    return shop.post(
        f"carts/{cart.public_id}/checkout",
        {} if body is None else body,
        headers={"Cart-Key": cart.cart_key} | headers,
    )


def test_a_cart_becomes_an_invoice_of_what_it_holds(shop, cart):
    response = check_out(shop, cart)

    invoice = Invoice.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "cart_id": cart.public_id,
        "invoice_id": invoice.public_id,
        "order_id": invoice.public_id,
        "status": "New",
        "amount": "8.00",
        "currency": "EUR",
        "checkoutLink": invoice.checkout_link,
        "payment_result": {"payment_status": "New", "redirect_url": invoice.checkout_link},
    }
    assert [item["sku"] for item in invoice.metadata["items"]] == ["tea", "cup"]
    assert invoice.metadata["cart"] == cart.public_id


def test_the_invoice_keeps_the_price_of_that_moment(shop, cart):
    check_out(shop, cart)
    tea = shop.store.products.get(sku="tea")
    shop.patch(f"products/{tea.public_id}", {"price": "99.00"})

    assert Invoice.objects.get().amount == Decimal("8.00")
    assert Invoice.objects.get().metadata["items"][0]["price"] == "3.99"


def test_a_repeated_checkout_answers_the_same_invoice(shop, cart):
    first = check_out(shop, cart)
    again = check_out(shop, cart, {"order_id": "another", "payment_method": "none"})

    assert again.json() == first.json()
    assert Invoice.objects.count() == 1


def test_a_checkout_tells_the_webhooks_once(shop, cart):
    WebhookFactory(store=shop.store)

    check_out(shop, cart)
    check_out(shop, cart)

    assert Event.objects.count() == 1


def test_what_was_checked_out_can_no_longer_change(shop, cart):
    check_out(shop, cart)
    key = {"headers": {"Cart-Key": cart.cart_key}}
    path = f"carts/{cart.public_id}"

    for response in (
        shop.post(f"{path}/items", {"id": "tea"}, **key),
        shop.post(f"{path}/clear", {}, **key),
        shop.delete(path, **key),
        shop.post(f"{path}/customer", {"customer": "c-1"}, **key),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "cart_checked_out")
    assert shop.get(path, **key).json()["item_count"] == 3


def test_an_empty_cart_cannot_be_checked_out(shop):
    response = check_out(shop, CartFactory(store=shop.store))

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "empty"
    assert not Invoice.objects.exists()


def test_a_cart_that_is_worth_nothing_cannot_be_checked_out(shop):
    free = ProductFactory(store=shop.store, price=Decimal(0))

    response = check_out(shop, CartFactory(store=shop.store, items=[free]))

    assert response.json()["errors"][0]["code"] == "min_value"


def test_a_cart_whose_product_changed_its_currency_cannot_be_checked_out(shop, cart):
    tea = shop.store.products.get(sku="tea")
    shop.patch(f"products/{tea.public_id}", {"currency": "USD"})

    assert check_out(shop, cart).json()["errors"][0]["code"] == "currency"


def test_the_invoice_keeps_what_cocarts_clients_send_but_no_payment_data(shop, cart):
    PaymentMethodFactory(store=shop.store, code="stripe")
    check_out(
        shop,
        cart,
        {
            "payment_method": "stripe",
            "order_id": "W-1",
            "buyer_email": "buyer@example.com",
            "billing_address": {"city": "Ulm"},
            "customer_note": "ring twice",
            "metadata": {"campaign": "autumn"},
            "payment_data": {"card": "4242424242424242"},
        },
    )

    invoice = Invoice.objects.get()
    assert (invoice.order_id, invoice.buyer_email) == ("W-1", "buyer@example.com")
    assert invoice.metadata["payment_method"] == "stripe"
    assert invoice.metadata["billing_address"] == {"city": "Ulm"}
    assert invoice.metadata["campaign"] == "autumn"
    assert "4242" not in str(invoice.metadata)


def test_metadata_cannot_pretend_to_be_another_cart(shop, cart):
    check_out(shop, cart, {"metadata": {"cart": "another", "items": []}})

    metadata = Invoice.objects.get().metadata
    assert metadata["cart"] == cart.public_id
    assert len(metadata["items"]) == 2


@pytest.mark.parametrize("method", ["unknown", "off", "foreign"])
def test_only_a_payment_method_that_the_store_offers_can_be_chosen(shop, cart, method):
    PaymentMethodFactory(store=shop.store, code="off", enabled=False)
    PaymentMethodFactory(code="foreign")

    response = check_out(shop, cart, {"payment_method": method})

    assert response.json()["errors"][0]["code"] == "not_offered"
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "0.01"},
        {"status": "Settled"},
        {"total": "0.01"},
        {"currency": "USD"},
        {"price": 0},
        {"invoice_id": "A" * 22},
        {"paid": True},
        {"buyer_email": "nobody"},
        {"redirect_url": "javascript:alert(1)"},
        {"metadata": "text"},
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(shop, cart, body):
    assert check_out(shop, cart, body).status_code == 400
    assert not Invoice.objects.exists()


def test_a_key_without_the_checkout_may_not_check_out(shop_of):
    filler = shop_of(resources=["carts"])
    cart = CartFactory(store=filler.store)

    assert check_out(filler, cart).json()["code"] == "resource_not_permitted"
    the_record(reason="resource_not_permitted", status=403)


@pytest.mark.django_db(transaction=True)
def test_many_checkouts_at_once_make_one_invoice():
    product = ProductFactory()
    cart = CartFactory(store=product.store, items=[product])

    def check_out_elsewhere(_):
        try:
            return Cart.objects.get(pk=cart.pk).check_out().public_id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(check_out_elsewhere, range(24)))

    assert made == {Invoice.objects.get().public_id}
