"""The built-in cart and checkout pages: one cart for the browser that was handed it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from storefront.models import Invoice, ShopperSession
from tests.factories import ACTOR
from tests.storefront.factories import (
    CartFactory,
    PaymentMethodFactory,
    ProductFactory,
    ShopperSessionFactory,
)

pytestmark = pytest.mark.django_db
CART, CHECKOUT = "/shop/cart", "/shop/checkout"


@pytest.fixture
def cart():
    product = ProductFactory(name="Tea & <b>biscuits</b>", price=Decimal("3.99"))
    return CartFactory(store=product.store, items=[(product, 2)])


@pytest.fixture
def shopper(client, cart):
    """A browser that was handed the cart."""
    client.cookies["shopper"] = ShopperSessionFactory(cart=cart).cookie
    return client


def test_the_cart_page_shows_what_is_in_the_cart(shopper):
    response = shopper.get(CART)
    text = response.content.decode()

    assert response.status_code == 200
    assert "Tea &amp; &lt;b&gt;biscuits&lt;/b&gt;" in text
    assert "7.98 EUR" in text
    assert "no-store" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
    assert "'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("path", [CART, CHECKOUT, f"{CART}/", f"{CHECKOUT}/"])
@pytest.mark.parametrize("cookie", ["", "a" * 43, "\u00fc", "a" * 5000])
def test_a_browser_without_a_session_sees_no_cart(client, cart, path, cookie):
    if cookie:
        client.cookies["shopper"] = cookie

    response = client.get(path)

    assert response.status_code == 404
    assert b"no cart in this browser" in response.content


def end_session(cart):
    ShopperSession.objects.update(expires_at=timezone.now())


def expire_cart(cart):
    type(cart).objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def disable_store(cart):
    cart.store.disable(actor=ACTOR)


def bind(cart):
    cart.bind("c-17")


def log_out(cart):
    cart.unbind()


@pytest.mark.parametrize("ends", [end_session, expire_cart, disable_store, bind, log_out])
def test_what_ends_a_session(shopper, cart, ends):
    assert shopper.get(CART).status_code == 200
    ends(cart)

    assert shopper.get(CART).status_code == 404
    assert shopper.post(CHECKOUT).status_code == 404


def test_quantities_are_changed_and_items_taken_out(shopper, cart):
    item = cart.items.get()

    assert shopper.post(CART, {"item": item.key, "quantity": 5}).status_code == 302
    assert cart.items.get().quantity == 5
    shopper.post(CART, {"item": item.key, "quantity": 0})
    assert b"The cart is empty" in shopper.get(CART).content


@pytest.mark.parametrize("quantity", ["-1", "10000", "many", "", "1.5"])
def test_a_quantity_that_is_none_is_refused(shopper, cart, quantity):
    response = shopper.post(CART, {"item": cart.items.get().key, "quantity": quantity})

    assert response.status_code == 400
    assert cart.items.get().quantity == 2


def test_another_carts_items_cannot_be_reached(shopper, cart):
    other = CartFactory(store=cart.store, items=[ProductFactory(store=cart.store)])

    shopper.post(CART, {"item": other.items.get().key, "quantity": 9})

    assert other.items.get().quantity == 1


def test_the_checkout_turns_the_cart_into_an_invoice_once(shopper, cart):
    PaymentMethodFactory(store=cart.store, code="card", title="Card")
    PaymentMethodFactory(store=cart.store, code="off", title="Switched off", enabled=False)
    assert b"Switched off" not in shopper.get(CHECKOUT).content
    order = {"payment_method": "card", "buyer_email": "buyer@example.com"}

    first = shopper.post(CHECKOUT, order)
    second = shopper.post(CHECKOUT, order)

    invoice = Invoice.objects.get()
    assert first["Location"] == second["Location"] == invoice.checkout_link
    assert (invoice.amount, invoice.buyer_email) == (Decimal("7.98"), "buyer@example.com")
    assert invoice.metadata["payment_method"] == "card"
    assert b"The order was placed" in shopper.get(CART).content


@pytest.mark.parametrize(
    "order", [{}, {"payment_method": "off"}, {"payment_method": "card", "buyer_email": "nobody"}]
)
def test_an_order_that_does_not_fit_is_refused_with_the_reason(shopper, cart, order):
    PaymentMethodFactory(store=cart.store, code="card")
    PaymentMethodFactory(store=cart.store, code="off", enabled=False)

    response = shopper.post(CHECKOUT, order)

    assert response.status_code == 400
    assert b"errorlist" in response.content
    assert not Invoice.objects.exists()


def test_an_empty_cart_is_not_checked_out(shopper, cart):
    cart.clear()

    response = shopper.post(CHECKOUT, {})

    assert response.status_code == 400
    assert not Invoice.objects.exists()


def test_a_checked_out_cart_can_no_longer_change(shopper, cart):
    cart.check_out()

    response = shopper.post(CART, {"item": cart.items.get().key, "quantity": 9})

    assert response.status_code == 400
    assert cart.items.get().quantity == 2


@pytest.mark.parametrize("path", [CART, CHECKOUT])
def test_a_form_of_another_site_is_refused(cart, path):
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies["shopper"] = ShopperSessionFactory(cart=cart).cookie

    assert stranger.post(path, {"item": cart.items.get().key, "quantity": 9}).status_code == 403
    assert not Invoice.objects.exists()


def test_looking_at_the_pages_changes_nothing(shopper, cart):
    before = (type(cart).objects.values().get(), ShopperSession.objects.values().get())

    shopper.get(CART)
    shopper.get(CHECKOUT)

    assert (type(cart).objects.values().get(), ShopperSession.objects.values().get()) == before
