"""Carts over the API: who may open one, what it holds, and when its key ends."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction
from django.utils import timezone
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY, Client

from storefront import duties
from storefront.models import Cart, KeptAnswer, Product
from tests.calls import the_record
from tests.factories import ACTOR, APIKeyFactory
from tests.storefront.factories import (
    CartFactory,
    ProductFactory,
    SessionTransferFactory,
    ShopperSessionFactory,
)
from tests.waiting import is_somebody_waiting, only_postgresql


@pytest.fixture
def cart(shop):
    return CartFactory(store=shop.store)


def with_key(cart, **headers):
    return {"headers": {"Cart-Key": cart.cart_key} | headers}


def test_an_opened_cart_answers_its_key_in_the_body_and_in_the_headers(shop):
    response = shop.post("carts", {})

    answer = response.json()
    assert response.status_code == 200
    assert len(answer["cart_key"]) >= 22
    assert response["Cart-Key"] == response["CoCart-API-Cart-Key"] == answer["cart_key"]
    assert int(response["CoCart-API-Cart-Expiring"]) < int(response["CoCart-API-Cart-Expiration"])
    assert answer["id"] == Cart.objects.get().public_id
    assert (answer["items"], answer["totals"]["total"]) == ([], "0.00")


def test_only_a_digest_of_the_cart_key_is_kept(shop):
    key = shop.post("carts", {}).json()["cart_key"]

    row = Cart.objects.values().get()
    assert key not in str(row)


def test_a_cart_can_be_opened_with_items_and_a_customer(shop):
    product = ProductFactory(store=shop.store, price=Decimal("2.50"))

    answer = shop.post(
        "carts", {"customer": "c-17", "items": [{"id": product.sku, "quantity": 3}]}
    ).json()

    assert answer["customer"] == "c-17"
    assert answer["items"] == [
        {
            "item_key": answer["items"][0]["item_key"],
            "id": product.public_id,
            "sku": product.sku,
            "name": product.name,
            "price": "2.50",
            "quantity": 3,
            "total": "7.50",
            "currency": "EUR",
        }
    ]
    assert answer["totals"] == {
        "subtotal": "7.50",
        "total": "7.50",
        "currency": "EUR",
        "item_count": 3,
    }


def test_a_cart_with_an_unknown_product_is_not_opened_at_all(shop):
    response = shop.post("carts", {"items": [{"id": "nothing", "quantity": 1}]})

    assert response.status_code == 400
    assert not Cart.objects.exists()


@pytest.mark.parametrize("carrier", ["Cart-Key", "CoCart-API-Cart-Key", "query", "body"])
def test_the_cart_key_may_come_in_every_carrier(shop, cart, carrier):
    path = f"carts/{cart.public_id}/clear"
    if carrier == "query":
        response = shop.post(f"{path}?cart_key={cart.cart_key}", {})
    elif carrier == "body":
        response = shop.post(path, {"cart_key": cart.cart_key})
    else:
        response = shop.post(path, {}, headers={carrier: cart.cart_key})

    assert response.status_code == 200
    assert response.json()["cart_key"] == cart.cart_key


def test_the_same_cart_key_twice_is_one(shop, cart):
    response = shop.get(
        f"carts/{cart.public_id}?cart_key={cart.cart_key}",
        headers={"Cart-Key": cart.cart_key, "CoCart-API-Cart-Key": cart.cart_key},
    )

    assert response.status_code == 200


@pytest.mark.parametrize("second", ["header", "query", "query twice"])
def test_two_cart_keys_that_differ_are_refused(shop, cart, second):
    other = CartFactory(store=shop.store)
    query, headers = "", {"Cart-Key": cart.cart_key}
    if second == "header":
        headers["CoCart-API-Cart-Key"] = other.cart_key
    elif second == "query":
        query = f"?cart_key={other.cart_key}"
    else:
        query = f"?cart_key={cart.cart_key}&cart_key={other.cart_key}"

    response = shop.get(f"carts/{cart.public_id}{query}", headers=headers)

    assert response.status_code == 403
    assert response.json()["code"] == "cart_not_permitted"


def refusals(shop, cart):
    """Every way to be wrong about a cart: (path, cart key)."""
    foreign = CartFactory()
    mine = CartFactory(store=shop.store)
    expired = CartFactory(store=shop.store, expires_at=timezone.now() - timedelta(seconds=1))
    return {
        "no key": (cart.public_id, ""),
        "an unknown key": (cart.public_id, "a" * 62),
        "a key that is none": (cart.public_id, "ü" * 5),
        "another cart's key": (cart.public_id, mine.cart_key),
        "an unknown cart": ("A" * 22, cart.cart_key),
        "a foreign cart": (foreign.public_id, foreign.cart_key),
        "a foreign cart's key": (cart.public_id, foreign.cart_key),
        "an expired cart": (expired.public_id, expired.cart_key),
    }


@pytest.mark.parametrize("is_changed", [False, True])
def test_of_a_cart_key_signed_once_and_sent_twice_the_signed_one_counts(shop_of, is_changed):
    shop = shop_of(signing=True)
    cart, another = CartFactory(store=shop.store), CartFactory(store=shop.store)
    signer = Client(
        shop.key.consumer_key, client_secret=shop.key.secret, signature_type=SIGNATURE_TYPE_QUERY
    )
    place = f"https://testserver{shop.root}/carts/{cart.public_id}?cart_key={cart.cart_key}"
    signed = signer.sign(place)[0].partition("?")[2]
    shop.key = None  # the signature alone speaks for the caller

    # Whoever meets the call on its way can change the first copy, which is not signed.
    first = another.cart_key if is_changed else cart.cart_key
    path = f"carts/{cart.public_id}?cart_key={first}&{signed}"
    response = shop.get(path, headers={"Host": "testserver"})

    assert (response.status_code, response.json()["id"]) == (200, cart.public_id)


def test_unknown_foreign_and_expired_carts_are_refused_alike(shop, cart):
    bodies = set()
    for name, (cart_id, key) in refusals(shop, cart).items():
        response = shop.get(
            f"carts/{cart_id}", headers={"Cart-Key": key.encode().decode("latin-1")}
        )
        assert response.status_code == 403, name
        bodies.add((response.json()["code"], response.json()["message"]))

    assert bodies == {("cart_not_permitted", "The cart key is not valid for this cart.")}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/items"),
        ("GET", "/items/0"),
        ("PUT", "/items/0"),
        ("DELETE", "/items/0"),
        ("POST", "/clear"),
        ("GET", "/totals"),
        ("POST", "/customer"),
        ("DELETE", "/customer"),
        ("POST", "/checkout"),
    ],
)
def test_a_wrong_cart_key_is_refused_everywhere_and_recorded(shop, cart, method, path):
    body = {"id": "x", "quantity": 1, "customer": "c-1"} if method in ("POST", "PUT") else None
    body = {"quantity": 1} if method == "PUT" else body
    body = {"id": "x"} if path == "/items" else body
    body = {"customer": "c-1"} if path == "/customer" and method == "POST" else body
    body = {} if path in ("/clear", "/checkout") else body

    response = shop.call(
        method, f"carts/{cart.public_id}{path}", body, headers={"Cart-Key": "b" * 62}
    )

    assert response.status_code == 403
    assert response.json()["code"] == "cart_not_permitted"
    the_record(outcome="denied", reason="cart_not_permitted", status=403, method=method)


def test_the_cart_key_never_reaches_the_history(shop, cart):
    shop.get(f"carts/{cart.public_id}?cart_key={cart.cart_key}")

    record = the_record(
        outcome="allowed", path=f"/api/v1/stores/{shop.store.public_id}/carts/{cart.public_id}"
    )
    assert cart.cart_key not in str(record.__dict__)


@pytest.mark.parametrize(
    ("fields", "path", "status", "code"),
    [
        ({"permission": "read"}, "carts", 403, "method_not_permitted"),
        ({"resources": ["invoices"]}, "carts", 403, "resource_not_permitted"),
        ({"resources": ["carts"]}, "carts/x/checkout", 403, "resource_not_permitted"),
        ({"disabled": True}, "carts", 401, "key_disabled"),
    ],
)
def test_what_the_key_may_not_do_is_refused(shop_of, fields, path, status, code):
    response = shop_of(**fields).post(path, {})

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_another_stores_carts_are_another_stores(shop):
    other = APIKeyFactory().api_user.store

    response = shop.post(f"/api/v1/stores/{other.public_id}/carts", {})

    assert response.json()["code"] == "store_not_permitted"


def test_items_are_added_up_changed_and_taken_out(shop, cart):
    product = ProductFactory(store=shop.store, price=Decimal("0.10"))
    path = f"carts/{cart.public_id}"

    shop.post(f"{path}/items", {"id": product.public_id}, **with_key(cart))
    answer = shop.post(
        f"{path}/items", {"id": product.public_id, "quantity": "2"}, **with_key(cart)
    ).json()
    item = f"{path}/items/{answer['items'][0]['item_key']}"
    assert (answer["item_count"], answer["totals"]["total"]) == (3, "0.30")

    assert shop.put(item, {"quantity": 5}, **with_key(cart)).json()["item_count"] == 5
    assert shop.get(item, **with_key(cart)).json()["total"] == "0.50"
    assert shop.get(f"{path}/totals", **with_key(cart)).json()["total"] == "0.50"
    assert shop.delete(item, **with_key(cart)).json()["items"] == []
    assert shop.get(item, **with_key(cart)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": "nothing here"}, "id"),
        ({"id": "SKU", "quantity": 0}, "quantity"),
        ({"id": "SKU", "quantity": -1}, "quantity"),
        ({"id": "SKU", "quantity": 10000}, "quantity"),
        ({"id": "SKU", "quantity": 1.5}, "quantity"),
        ({"id": "SKU", "quantity": True}, "quantity"),
        ({"id": "SKU", "price": "0.01"}, "price"),
        ({"id": "SKU", "Quantity": 2}, "Quantity"),
        ({"id": "SKU", "store_id": "another"}, "store_id"),
    ],
)
def test_what_cannot_be_put_in_is_refused_and_nothing_changes(shop, cart, body, field):
    ProductFactory(store=shop.store, sku="SKU")

    response = shop.post(f"carts/{cart.public_id}/items", body, **with_key(cart))

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not cart.items.exists()


def test_a_member_named_twice_is_refused(shop, cart):
    product = ProductFactory(store=shop.store)
    body = f'{{"id": "{product.sku}", "quantity": 1, "quantity": 99}}'

    response = shop.post(f"carts/{cart.public_id}/items", body, **with_key(cart))

    assert response.status_code == 400
    assert not cart.items.exists()


def test_the_sum_of_the_pieces_stays_within_the_limit(shop, cart):
    product = ProductFactory(store=shop.store)
    path = f"carts/{cart.public_id}/items"
    shop.post(path, {"id": product.sku, "quantity": 9999}, **with_key(cart))

    response = shop.post(path, {"id": product.sku, "quantity": 1}, **with_key(cart))

    assert response.status_code == 400
    assert cart.items.get().quantity == 9999


def test_another_stores_product_is_unknown(shop, cart):
    foreign = ProductFactory()

    response = shop.post(
        f"carts/{cart.public_id}/items", {"id": foreign.public_id}, **with_key(cart)
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "unknown"


def test_no_mistake_of_ours_puts_another_stores_product_into_a_cart(cart):
    with pytest.raises(ValueError, match="own store"):
        cart.add(ProductFactory())

    assert not cart.items.exists()


def test_a_product_in_another_currency_does_not_go_into_the_cart(shop, cart):
    product = ProductFactory(store=shop.store, currency="USD")

    response = shop.post(f"carts/{cart.public_id}/items", {"id": product.sku}, **with_key(cart))

    assert response.json()["errors"][0]["code"] == "currency"


def test_an_added_item_is_added_once_however_often_it_is_sent(shop, cart):
    product = ProductFactory(store=shop.store)
    send = with_key(cart, **{"Idempotency-Key": "add-1"})

    first = shop.post(f"carts/{cart.public_id}/items", {"id": product.sku}, **send)
    second = shop.post(f"carts/{cart.public_id}/items", {"id": product.sku}, **send)

    assert first.json() == second.json()
    assert second.json()["cart_key"] == cart.cart_key
    assert cart.items.get().quantity == 1


def test_a_cart_is_opened_once_however_often_it_is_sent_and_its_key_is_kept_sealed(shop):
    send = {"headers": {"Idempotency-Key": "open-1"}}

    first = shop.post("carts", {"customer": "c-1"}, **send)
    second = shop.post("carts", {"customer": "c-1"}, **send)

    key = first.json()["cart_key"]
    assert first.json() == second.json()
    assert second["Cart-Key"] == second["CoCart-API-Cart-Key"] == key
    assert second["Idempotency-Replayed"] == "true"
    assert Cart.objects.count() == 1
    assert key not in str(KeptAnswer.objects.values().get())


def test_a_kept_answer_is_not_given_to_a_wrong_cart_key(shop, cart):
    product = ProductFactory(store=shop.store)
    path = f"carts/{cart.public_id}/items"
    shop.post(path, {"id": product.sku}, **with_key(cart, **{"Idempotency-Key": "add-1"}))

    response = shop.post(
        path, {"id": product.sku}, headers={"Cart-Key": "a" * 62, "Idempotency-Key": "add-1"}
    )

    assert response.json()["code"] == "cart_not_permitted"


def test_what_came_to_have_another_currency_is_shown_and_not_added_up(shop):
    product = ProductFactory(store=shop.store)
    cart = CartFactory(store=shop.store, items=[product, ProductFactory(store=shop.store)])
    ordered = CartFactory(store=shop.store, items=[product], invoiced=True)

    product.change(actor=ACTOR, currency="JPY", price=Decimal(9))

    answer = shop.get(f"carts/{cart.public_id}", **with_key(cart)).json()
    first = answer["items"][0]
    assert (first["price"], first["total"], first["currency"]) == ("9", "9", "JPY")
    assert answer["totals"]["total"] == "12.50"
    answer = shop.get(f"carts/{ordered.public_id}", **with_key(ordered)).json()
    assert [(item["total"], item["currency"]) for item in answer["items"]] == [("12.50", "EUR")]


def test_a_cart_that_was_checked_out_says_what_was_ordered(shop):
    product, other = ProductFactory(store=shop.store), ProductFactory(store=shop.store)
    cart = CartFactory(store=shop.store, items=[(product, 2), other], invoiced=True)

    product.change(actor=ACTOR, price=Decimal(99))
    other.delete(actor=ACTOR)

    answer = shop.get(f"carts/{cart.public_id}", **with_key(cart)).json()
    assert [(item["price"], item["total"]) for item in answer["items"]] == [("12.50", "25.00")]
    assert answer["totals"]["total"] == f"{cart.invoice.amount:f}" == "37.50"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_many_put_something_in_together():
    product = ProductFactory()
    cart = CartFactory(store=product.store)

    def add_elsewhere(_):
        try:
            Cart.objects.get(pk=cart.pk).add(product)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add_elsewhere, range(12)))

    assert cart.items.get().quantity == 12


@pytest.mark.django_db(transaction=True)
@only_postgresql
def test_a_cart_key_that_ends_while_its_call_waits_opens_nothing(shop):
    cart = CartFactory(store=shop.store)
    product = ProductFactory(store=shop.store)

    def add_elsewhere():
        try:
            path = f"carts/{cart.public_id}/items"
            return shop.post(path, {"id": product.sku}, **with_key(cart))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        cart.bind("c-1")
        added = thread.submit(add_elsewhere)
        while not added.done() and not is_somebody_waiting():
            time.sleep(0.01)

    assert added.result().json()["code"] == "cart_not_permitted"
    assert not cart.items.exists()


def test_an_item_that_somebody_else_just_took_out_is_not_brought_back(shop, cart):
    item = cart.add(ProductFactory(store=shop.store))
    cart.clear()

    cart.set_quantity(item, 5)

    assert not cart.items.exists()


def test_a_cleared_cart_is_empty(shop):
    cart = CartFactory(store=shop.store, items=[ProductFactory(store=shop.store)])

    answer = shop.post(f"carts/{cart.public_id}/clear", {}, **with_key(cart)).json()

    assert answer["items"] == []


def test_a_deleted_cart_is_answered_once_more_and_then_unknown(shop, cart):
    response = shop.delete(f"carts/{cart.public_id}", **with_key(cart))

    assert (response.status_code, response.json()["id"]) == (200, cart.public_id)
    assert shop.get(f"carts/{cart.public_id}", **with_key(cart)).status_code == 403


def test_binding_a_guests_cart_to_a_customer_ends_its_key(shop, cart):
    ShopperSessionFactory(cart=cart)

    answer = shop.post(
        f"carts/{cart.public_id}/customer", {"customer": "c-17"}, **with_key(cart)
    ).json()

    assert answer["customer"] == "c-17"
    assert answer["cart_key"] != cart.cart_key
    assert shop.get(f"carts/{cart.public_id}", **with_key(cart)).status_code == 403
    again = shop.get(f"carts/{cart.public_id}", headers={"Cart-Key": answer["cart_key"]})
    assert again.status_code == 200
    assert not cart.shopper_sessions.exists()


def test_logging_out_ends_the_key_and_leaves_a_guests_cart(shop):
    cart = CartFactory(store=shop.store, customer="c-17", items=[ProductFactory(store=shop.store)])

    answer = shop.delete(f"carts/{cart.public_id}/customer", **with_key(cart)).json()

    assert (answer["customer"], answer["item_count"]) == (None, 1)
    assert answer["cart_key"] != cart.cart_key
    assert shop.get(f"carts/{cart.public_id}", **with_key(cart)).status_code == 403


def test_binding_to_the_same_customer_again_changes_nothing(shop):
    cart = CartFactory(store=shop.store, customer="c-17")

    answer = shop.post(
        f"carts/{cart.public_id}/customer", {"customer": "c-17"}, **with_key(cart)
    ).json()

    assert answer["cart_key"] == cart.cart_key


def test_a_customers_cart_is_not_given_to_another_customer(shop):
    cart = CartFactory(store=shop.store, customer="c-17")

    response = shop.post(f"carts/{cart.public_id}/customer", {"customer": "c-18"}, **with_key(cart))

    assert response.json()["errors"][0]["code"] == "bound"
    cart.refresh_from_db()
    assert cart.customer == "c-17"


@pytest.mark.parametrize(
    "body",
    [
        {"id": "A" * 22},
        {"public_id": "A" * 22},
        {"invoice": "A" * 22},
        {"currency": "USD"},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"cart_key": "a" * 62},
        {"total": "0.01"},
        {"key_digest": "0" * 64},
    ],
)
def test_what_only_the_server_sets_is_refused(shop, body):
    response = shop.post("carts", body)

    assert response.status_code == 400
    assert not Cart.objects.exists()


def test_a_product_taken_off_sale_leaves_the_open_carts(shop):
    product = ProductFactory(store=shop.store)
    cart = CartFactory(store=shop.store, items=[product])

    shop.delete(f"products/{product.public_id}")

    assert not Product.objects.exists()
    assert shop.get(f"carts/{cart.public_id}", **with_key(cart)).json()["items"] == []


def test_looking_at_a_cart_changes_nothing(shop, cart):
    before = Cart.objects.values().get()

    shop.get(f"carts/{cart.public_id}", **with_key(cart))
    shop.get(f"carts/{cart.public_id}/totals", **with_key(cart))

    assert Cart.objects.values().get() == before


def test_expired_carts_are_forgotten_and_those_with_an_invoice_are_kept(shop):
    past = timezone.now() - timedelta(days=1)
    CartFactory(store=shop.store, expires_at=past)
    sold = CartFactory(store=shop.store, invoiced=True, expires_at=past)
    alive = CartFactory(store=shop.store)

    assert duties.forget_ended_carts() == 1
    assert set(Cart.objects.all()) == {sold, alive}


def test_no_deed_on_a_key_touches_a_cart(shop, cart):
    SessionTransferFactory(key=shop.key, cart=cart)
    before = Cart.objects.values().get()
    shop.key.rotate(actor=ACTOR)
    shop.key.disable(actor=ACTOR)
    shop.key.delete(actor=ACTOR)

    assert Cart.objects.values().get() == before
    assert cart.transfers.exists()
