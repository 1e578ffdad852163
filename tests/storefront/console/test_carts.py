"""The console's pages about carts, payment methods and session transfers."""

import pytest

from apikeys.models import ChangeRecord
from storefront.models import Cart, PaymentMethod, TransferTarget
from tests.factories import StoreFactory, UserFactory
from tests.storefront.console.forms import edit
from tests.storefront.factories import (
    CartFactory,
    PaymentMethodFactory,
    ProductFactory,
    SessionTransferFactory,
    TransferTargetFactory,
)

ROOT = "/console/shop/"


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture
def log_in(client, store):
    """Log in as staff of the store with these permissions on the shop's records."""

    def log_in(*permissions):
        user = UserFactory(
            stores=[store], permissions=[f"storefront.{name}" for name in permissions]
        )
        client.force_login(user)

    return log_in


PAGES = {
    "carts/": "view_cart",
    "carts/{cart}/": "view_cart",
    "payment-methods/": "view_paymentmethod",
    "payment-methods/new/": "add_paymentmethod",
    "payment-methods/{method}/edit/": "change_paymentmethod",
    "transfers/": "view_sessiontransfer",
    "transfers/targets/": "view_transfertarget",
    "transfers/targets/{store}/cart/": "change_transfertarget",
}


@pytest.fixture
def page(store):
    """Addresses of pages about records of the store: ``page("carts/{cart}/")``."""
    cart = CartFactory(store=store, items=[ProductFactory(store=store, name="Tea")])
    method = PaymentMethodFactory(store=store, debug={"environment": "sandbox"})

    def page(path, store=store, cart=cart, method=method):
        names = {"store": store.public_id, "cart": cart.public_id, "method": method.public_id}
        return ROOT + path.format(**names)

    return page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_to_who_has_its_permission_and_to_nobody_else(client, log_in, page, path):
    assert client.get(page(path)).status_code == 302
    log_in()
    assert client.get(page(path)).status_code == 403
    log_in(PAGES[path])
    response = client.get(page(path))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"] or "private" in response["Cache-Control"]


@pytest.mark.parametrize("path", [path for path in PAGES if "{" in path])
def test_another_stores_records_are_not_there(client, log_in, page, path):
    log_in(PAGES[path])
    foreign = {
        "store": StoreFactory(),
        "cart": CartFactory(),
        "method": PaymentMethodFactory(),
    }

    assert client.get(page(path, **foreign)).status_code == 404


def test_lists_hold_the_records_of_ones_own_stores_only(client, log_in, store):
    log_in("view_cart", "view_paymentmethod", "view_sessiontransfer", "view_transfertarget")
    mine = [CartFactory(store=store), PaymentMethodFactory(store=store, title="Mine")]
    foreign = [CartFactory(), PaymentMethodFactory(title="Foreign")]
    SessionTransferFactory(cart=foreign[0])

    carts = client.get(f"{ROOT}carts/").content.decode()
    assert mine[0].public_id in carts
    assert foreign[0].public_id not in carts
    methods = client.get(f"{ROOT}payment-methods/").content.decode()
    assert "Mine" in methods
    assert "Foreign" not in methods
    assert foreign[0].public_id not in client.get(f"{ROOT}transfers/").content.decode()
    targets = client.get(f"{ROOT}transfers/targets/").content.decode()
    assert foreign[0].store.public_id not in targets


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=open", "open"), ("state=ordered", "ordered"), ("q=c-17", "open"), ("q=nobody", "")],
)
def test_carts_are_found_by_state_and_customer(client, log_in, store, query, found):
    carts = {
        "open": CartFactory(store=store, customer="c-17"),
        "ordered": CartFactory(store=store, invoiced=True),
    }
    log_in("view_cart")

    text = client.get(f"{ROOT}carts/?{query}").content.decode()

    for name, cart in carts.items():
        assert (cart.public_id in text) is (name == found)


def test_a_cart_page_never_shows_the_cart_key_or_its_digest(client, log_in, store):
    cart = CartFactory(store=store, items=[ProductFactory(store=store, name="<b>Tea</b>")])
    log_in("view_cart")

    text = client.get(f"{ROOT}carts/{cart.public_id}/").content.decode()

    assert "&lt;b&gt;Tea&lt;/b&gt;" in text
    assert cart.cart_key not in text
    assert cart.key_digest not in text


def test_a_cart_page_shows_invoice_and_links_only_to_those_who_may_see_them(client, log_in, store):
    cart = CartFactory(store=store, invoiced=True)
    maker = SessionTransferFactory(cart=cart).consumer_key
    path = f"{ROOT}carts/{cart.public_id}/"

    for permission, told in (
        ("view_invoice", cart.invoice.public_id),
        ("view_sessiontransfer", maker),
    ):
        log_in("view_cart")
        assert told not in client.get(path).content.decode()
        log_in("view_cart", permission)
        assert told in client.get(path).content.decode()


def test_an_open_cart_is_deleted_and_a_checked_out_one_stays(client, log_in, store):
    log_in("view_cart", "delete_cart")
    cart, sold = CartFactory(store=store), CartFactory(store=store, invoiced=True)

    client.post(f"{ROOT}carts/{cart.public_id}/delete/")
    client.post(f"{ROOT}carts/{sold.public_id}/delete/")

    assert list(Cart.objects.all()) == [sold]
    assert ChangeRecord.objects.get(kind="cart").action == "deleted"


@pytest.mark.parametrize("path", ["carts/{cart}/delete/", "payment-methods/{method}/delete/"])
def test_a_deletion_is_a_post_with_the_permission(client, log_in, page, path):
    log_in("delete_cart", "delete_paymentmethod")
    assert client.get(page(path)).status_code == 405
    log_in("view_cart", "change_cart", "change_paymentmethod")
    assert client.post(page(path)).status_code == 403


def test_a_payment_method_is_added_changed_and_deleted(client, log_in, store):
    log_in(
        *("view_paymentmethod", "add_paymentmethod", "change_paymentmethod"),
        *("delete_paymentmethod", "view_payment_debug"),
    )
    form = {
        "store": store.public_id,
        "code": "stripe",
        "title": "Card",
        "enabled": "on",
        "mode": "live",
        "debug": "publishable_key: pk_live_1\n\nendpoint: https://shop.example.com/hook",
    }
    assert client.post(f"{ROOT}payment-methods/new/", form).status_code == 302
    method = PaymentMethod.objects.get()
    assert method.debug == {
        "publishable_key": "pk_live_1",
        "endpoint": "https://shop.example.com/hook",
    }
    path = f"{ROOT}payment-methods/{method.public_id}/edit/"
    assert "publishable_key: pk_live_1" in client.get(path).content.decode()

    edit(client, path, {"title": "Cards", "mode": "test", "debug": ""})

    method.refresh_from_db()
    assert (method.title, method.enabled, method.mode, method.debug) == ("Cards", False, "test", {})
    client.post(f"{ROOT}payment-methods/{method.public_id}/delete/")
    assert not PaymentMethod.objects.exists()


@pytest.mark.parametrize(
    "debug", ["key: sk_live_51H8abcdef", "no colon here", "a: 1\na: 2", "mode: live"]
)
def test_debug_fields_that_do_not_fit_are_refused_beside_the_field(client, log_in, store, debug):
    log_in("add_paymentmethod", "view_payment_debug")
    form = {"store": store.public_id, "code": "x", "title": "X", "mode": "test", "debug": debug}

    response = client.post(f"{ROOT}payment-methods/new/", form)

    assert response.status_code == 400
    assert response.context["form"].errors["debug"]
    assert not PaymentMethod.objects.exists()


def test_debug_fields_are_neither_seen_nor_lost_by_who_may_not_see_them(client, log_in, store):
    method = PaymentMethodFactory(store=store, debug={"environment": "sandbox"})
    log_in("view_paymentmethod", "change_paymentmethod")
    path = f"{ROOT}payment-methods/{method.public_id}/edit/"

    assert "environment" not in client.get(path).content.decode()
    assert "environment" not in client.get(f"{ROOT}payment-methods/").content.decode()
    edit(client, path, {"title": "New", "mode": "test", "debug": "environment: live"})

    method.refresh_from_db()
    assert (method.title, method.debug) == ("New", {"environment": "sandbox"})


def test_a_method_is_not_added_to_another_store(client, log_in):
    log_in("add_paymentmethod")
    form = {"store": StoreFactory().public_id, "code": "x", "title": "X", "mode": "test"}

    assert client.post(f"{ROOT}payment-methods/new/", form).status_code == 400
    assert not PaymentMethod.objects.exists()


def test_a_target_is_set_and_switched_off(client, log_in, store):
    log_in("view_transfertarget", "change_transfertarget")
    form = {"url": "https://shop.example.com/account", "enabled": "on"}
    path = f"{ROOT}transfers/targets/{store.public_id}/account/"

    assert client.post(path, form).status_code == 302
    assert TransferTarget.objects.of(store, "account").is_on
    edit(client, path, {"url": form["url"]})

    assert not TransferTarget.objects.of(store, "account").is_on
    assert ChangeRecord.objects.filter(kind="transfer").count() == 2


@pytest.mark.parametrize(
    "url",
    [
        "shop.example.com",
        "//evil.example.com",
        "javascript:alert(1)",
        "https://user@evil.example.com/",
        "https://shop.example.com/#part",
        "https://shop.example.com\\@evil.example.com",
        "ftp://shop.example.com/",
    ],
)
def test_a_target_that_is_no_plain_address_is_refused(client, log_in, store, url):
    log_in("change_transfertarget")

    response = client.post(
        f"{ROOT}transfers/targets/{store.public_id}/cart/", {"url": url, "enabled": "on"}
    )

    assert response.status_code == 400
    assert not TransferTarget.objects.exists()


def test_a_target_of_a_shop_on_https_is_on_https(client, log_in, store, settings):
    settings.PUBLIC_URL = "https://keys.example.com"
    log_in("change_transfertarget")

    response = client.post(
        f"{ROOT}transfers/targets/{store.public_id}/cart/",
        {"url": "http://shop.example.com/", "enabled": "on"},
    )

    assert response.status_code == 400


def test_the_list_of_transfers_says_which_were_used(client, log_in, store):
    log_in("view_sessiontransfer")
    TransferTargetFactory(store=store)
    transfer = SessionTransferFactory(cart=CartFactory(store=store))
    transfer.spend()

    text = client.get(f"{ROOT}transfers/").content.decode()

    assert transfer.cart.public_id in text
    assert transfer.digest not in text
