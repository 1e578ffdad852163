"""Carts under CoCart's paths: the store is the key's, and whoever has no cart key is given one."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from storefront import cart_key
from storefront.models import Cart
from storefront.models.cart import CartQuerySet, NoSuchCart
from tests.calls import send
from tests.factories import APIKeyFactory
from tests.storefront.factories import CartFactory, ProductFactory, ShopperSessionFactory

ROOT = "/wp-json/cocart/preview/"


@pytest.fixture
def product(shop):
    return ProductFactory(store=shop.store)


def key_of(response):
    return {"headers": {"Cart-Key": response.json()["cart_key"]}}


def test_looking_without_a_cart_key_offers_one_and_stores_nothing(shop):
    response = shop.get(f"{ROOT}cart")

    answer = response.json()
    assert response.status_code == 200
    assert (answer["id"], answer["items"], answer["item_count"]) == (None, [], 0)
    assert response["CoCart-API-Cart-Key"] == response["Cart-Key"] == answer["cart_key"]
    assert not Cart.objects.exists()


def test_an_offered_key_shows_the_same_empty_cart_again(shop):
    offered = shop.get(f"{ROOT}cart")

    again = shop.get(f"{ROOT}cart", **key_of(offered))

    assert again.json()["cart_key"] == offered.json()["cart_key"]


def test_an_offered_key_opens_a_cart_when_something_is_put_in(shop, product):
    offered = shop.get(f"{ROOT}cart")

    added = shop.post(
        f"{ROOT}cart/add-item", {"id": product.sku, "quantity": "2"}, **key_of(offered)
    )

    assert added.json()["cart_key"] == offered.json()["cart_key"]
    assert added.json()["item_count"] == 2
    assert shop.get(f"{ROOT}cart", **key_of(offered)).json()["id"] == Cart.objects.get().public_id


def test_an_item_is_put_in_once_however_often_it_is_sent(shop, product):
    send = {"headers": {"Idempotency-Key": "add-1"}}
    first = shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **send)
    second = shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **send)
    third = {"headers": {"Cart-Key": first.json()["cart_key"], "Idempotency-Key": "add-2"}}
    for _ in range(2):
        again = shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **third)

    assert first.json() == second.json()
    assert again.json()["item_count"] == 2
    assert again["Cart-Key"] == again.json()["cart_key"] == first.json()["cart_key"]
    assert Cart.objects.count() == 1


def test_one_carts_kept_answer_is_not_given_to_another_cart(shop, product):
    def add(**headers):
        return shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, headers=headers)

    first, second = add().json(), add().json()
    once = {"Idempotency-Key": "add-1"}

    added = add(**once, **{"Cart-Key": first["cart_key"]})
    refused = add(**once, **{"Cart-Key": second["cart_key"]})

    assert added.json()["item_count"] == 2
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def test_an_offered_key_is_no_key_in_another_store(shop, shop_of):
    offered = shop.get(f"{ROOT}cart")

    response = shop_of().get(f"{ROOT}cart", **key_of(offered))

    assert response.json()["code"] == "cart_not_permitted"


def test_an_offered_key_that_was_ended_opens_no_second_cart(shop, product):
    offered = shop.get(f"{ROOT}cart")
    shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **key_of(offered))
    bound = shop.post(f"{ROOT}cart/customer", {"customer": "c-1"}, **key_of(offered))

    for response in (
        shop.get(f"{ROOT}cart", **key_of(offered)),
        shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **key_of(offered)),
    ):
        assert response.json()["code"] == "cart_not_permitted"
    assert shop.get(f"{ROOT}cart", **key_of(bound)).json()["customer"] == "c-1"
    assert Cart.objects.count() == 1


def test_an_offer_that_lost_a_race_opens_nothing(shop):
    key = cart_key.offer(shop.store.public_id)
    Cart.objects.open(store=shop.store, offered=key)

    with pytest.raises(NoSuchCart):
        Cart.objects.open(store=shop.store, offered=key)


def test_of_two_calls_that_bring_an_offer_in_one_moment_both_fill_the_cart(
    shop, product, monkeypatch
):
    offered = shop.get(f"{ROOT}cart")
    shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **key_of(offered))
    # What the second one saw before the first was done.
    monkeypatch.setattr(CartQuerySet, "has_used", lambda self, offered: False)

    second = shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **key_of(offered))

    assert (second.status_code, second.json()["item_count"]) == (200, 2)


def test_an_offer_ends_before_any_cart_could_be_forgotten(shop):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        key = cart_key.offer(shop.store.public_id)
        clock.shift(timedelta(days=2, seconds=-1))
        assert cart_key.is_offer(key, store_id=shop.store.public_id)
        clock.shift(timedelta(seconds=1))
        assert not cart_key.is_offer(key, store_id=shop.store.public_id)


def test_a_made_up_key_opens_nothing(shop, product):
    response = shop.post(
        f"{ROOT}cart/add-item", {"id": product.sku}, headers={"Cart-Key": "a" * 62}
    )

    assert response.json()["code"] == "cart_not_permitted"
    assert not Cart.objects.exists()


def test_offered_keys_of_a_thousand_are_all_different_and_random(shop):
    offered = [cart_key.offer(shop.store.public_id) for _ in range(1000)]
    bodies = {key[8:30] for key in offered}

    assert len(bodies) == 1000
    # 22 characters of 62: more than 128 bits, and no position is fixed.
    assert all(len({body[place] for body in bodies}) > 50 for place in range(22))


def test_the_whole_way_under_cocarts_paths(shop, product):
    added = shop.post(f"{ROOT}cart/add-item", {"id": product.public_id, "quantity": 2})
    key = key_of(added)
    item = f"{ROOT}cart/item/{added.json()['items'][0]['item_key']}"

    assert shop.post(item, {"quantity": 3}, **key).json()["item_count"] == 3
    assert shop.put(f"{item}/", {"quantity": "4"}, **key).json()["item_count"] == 4
    assert shop.get(f"{ROOT}cart/totals", **key).json()["total"] == "50.00"
    assert shop.get(f"{ROOT}checkout", **key).json()["invoice_id"] is None
    order = shop.post(f"{ROOT}checkout", {}, **key).json()
    assert order["amount"] == "50.00"
    assert shop.get(f"{ROOT}checkout", **key).json()["invoice_id"] == order["invoice_id"]
    closed = shop.post(f"{ROOT}cart/clear", {}, **key)
    assert (closed.status_code, closed.json()["code"]) == (409, "cart_checked_out")


def test_an_item_is_taken_out_and_the_cart_cleared(shop, product):
    added = shop.post(f"{ROOT}cart/add-item", {"id": product.sku})
    item = f"{ROOT}cart/item/{added.json()['items'][0]['item_key']}"

    assert shop.delete(item, **key_of(added)).json()["items"] == []
    shop.post(f"{ROOT}cart/add-item", {"id": product.sku}, **key_of(added))
    assert shop.post(f"{ROOT}cart/clear", {}, **key_of(added)).json()["items"] == []


def test_logging_out_ends_the_cart_key_and_the_shoppers_sessions(shop):
    cart = CartFactory(store=shop.store, customer="c-17")
    ShopperSessionFactory(cart=cart)
    old = {"headers": {"Cart-Key": cart.cart_key}}

    answer = shop.post(f"{ROOT}logout", {}, **old)

    assert (answer.json()["customer"], answer.json()["id"]) == (None, cart.public_id)
    assert shop.get(f"{ROOT}cart", **old).json()["code"] == "cart_not_permitted"
    assert shop.get(f"{ROOT}cart", **key_of(answer)).status_code == 200
    assert not cart.shopper_sessions.exists()


@pytest.mark.parametrize(
    "path",
    [
        *("cart", "cart/", "cart/add-item", "cart/item/x", "cart/clear", "cart/totals"),
        *("cart/customer", "logout", "checkout", "checkout/payment-methods", "nowhere"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nothing_is_open_without_a_key(client, db, method, path):
    response = send(client, path=ROOT + path, method=method, data="{}")

    assert response.status_code == (404 if path == "nowhere" else 401)
    assert response["Content-Type"] == "application/problem+json"


def test_a_read_key_looks_and_does_not_touch(shop_of):
    reader = shop_of(permission="read")

    assert reader.get(f"{ROOT}cart").status_code == 200
    assert reader.post(f"{ROOT}cart/add-item", {"id": "x"}).json()["code"] == "method_not_permitted"


def test_the_store_is_the_keys_own(client, shop):
    product = ProductFactory(store=shop.store)
    stranger = APIKeyFactory(permission="read_write")

    response = send(
        client,
        stranger,
        f"{ROOT}cart/add-item",
        method="POST",
        data=f'{{"id": "{product.public_id}"}}',
    )

    assert response.json()["errors"][0]["code"] == "unknown"
