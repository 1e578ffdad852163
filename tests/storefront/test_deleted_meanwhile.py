"""Somebody else deletes a record between the moment a request finds it and the one it locks it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import Model
from django.utils import timezone

from apikeys.models import ChangeRecord
from storefront.duties import forget_ended_carts
from storefront.models import Cart, Product, SessionTransfer
from storefront.models.cart_item import CartItem
from storefront.models.owned import Owned
from tests.factories import ACTOR, StoreFactory, UserFactory
from tests.storefront.factories import (
    CartFactory,
    ProductFactory,
    ShopperSessionFactory,
    WebhookFactory,
)
from tests.waiting import is_somebody_waiting, only_postgresql


@pytest.fixture
def from_now_on_deleted(monkeypatch):
    """Call it, and every record is gone when its deed wants to lock it."""
    lock = Owned.lock

    def gone(record):
        type(record).objects.filter(pk=record.pk).delete()
        lock(record)

    return lambda: monkeypatch.setattr(Owned, "lock", gone)


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"price": "2"}), ("DELETE", None)])
def test_a_product_is_as_missing_as_one_that_never_was(shop, from_now_on_deleted, method, body):
    product = ProductFactory(store=shop.store)
    from_now_on_deleted()

    response = shop.call(method, f"products/{product.public_id}", body)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/clear"), ("POST", "/checkout"), ("DELETE", "")]
)
def test_a_carts_key_opens_nothing(shop, from_now_on_deleted, method, path):
    cart = CartFactory(store=shop.store)
    from_now_on_deleted()

    response = shop.call(
        method, f"carts/{cart.public_id}{path}", {}, headers={"Cart-Key": cart.cart_key}
    )

    assert (response.status_code, response.json()["code"]) == (403, "cart_not_permitted")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"enabled": False}),
        ("PUT", "", {"secret": "a-secret-of-my-own-choice"}),
        ("POST", "/rotate-secret", {}),
        ("DELETE", "", None),
    ],
)
def test_a_webhook_is_as_missing_as_one_that_never_was(shop, monkeypatch, method, path, body):
    webhook = WebhookFactory(store=shop.store)
    lock = Owned.lock

    def deleted(record):
        type(record).objects.filter(pk=record.pk).update(
            deleted_at=timezone.now(), sealed="", former_sealed=""
        )
        lock(record)

    monkeypatch.setattr(Owned, "lock", deleted)

    response = shop.call(method, f"webhooks/{webhook.public_id}{path}", body)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not ChangeRecord.objects.filter(action__in=["changed", "rotated", "deleted"]).exists()


def test_a_cart_is_not_linked(shop, from_now_on_deleted):
    cart = CartFactory(store=shop.store)
    from_now_on_deleted()

    response = shop.post("session-transfers", {"cart": cart.public_id, "action": "cart"})

    assert (response.status_code, response.json()["code"]) == (403, "cart_not_permitted")
    assert not SessionTransfer.objects.exists()


def test_a_product_does_not_go_into_a_cart(shop, monkeypatch):
    cart, product = CartFactory(store=shop.store), ProductFactory(store=shop.store)
    hold = Product.hold

    def gone(found):
        Product.objects.filter(pk=found.pk).delete()
        return hold(found)

    monkeypatch.setattr(Product, "hold", gone)
    headers = {"Cart-Key": cart.cart_key}

    response = shop.post(f"carts/{cart.public_id}/items", {"id": product.sku}, headers=headers)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "id")
    assert not CartItem.objects.exists()


@pytest.mark.django_db(transaction=True)
@only_postgresql
@pytest.mark.parametrize("deed", ["put in", "linked"])
def test_what_a_call_refers_to_is_deleted_after_the_call(shop, monkeypatch, deed):
    cart, product = CartFactory(store=shop.store), ProductFactory(store=shop.store)
    headers = {"Cart-Key": cart.cart_key}

    def delete_elsewhere():
        try:
            (product if deed == "put in" else cart).delete(actor=ACTOR)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:

        def saved_while_somebody_deletes(record, *args, **options):
            deleted = thread.submit(delete_elsewhere)
            while not deleted.done() and not is_somebody_waiting():
                time.sleep(0.01)
            Model.save(record, *args, **options)

        monkeypatch.setattr(
            CartItem if deed == "put in" else SessionTransfer, "save", saved_while_somebody_deletes
        )
        if deed == "put in":
            path, body = f"carts/{cart.public_id}/items", {"id": product.sku}
        else:
            path, body = "session-transfers", {"cart": cart.public_id, "action": "cart"}
        response = shop.post(path, body, headers=headers)

    assert response.status_code == 200
    assert not (CartItem if deed == "put in" else Cart).objects.exists()


@pytest.mark.django_db(transaction=True)
@only_postgresql
def test_a_cart_is_deleted_while_ended_ones_are_forgotten(monkeypatch):
    store = StoreFactory()
    product, over = ProductFactory(store=store), timezone.now() - timedelta(days=1)
    cart, other = (
        CartFactory(store=store, items=[product], expires_at=over) for _number in range(2)
    )
    hold = Cart.lock_open

    def forget_elsewhere():
        try:
            return forget_ended_carts()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        forgotten = []

        def held_while_others_are_forgotten(record):
            hold(record)
            forgotten.append(thread.submit(forget_elsewhere))
            while not forgotten[0].done() and not is_somebody_waiting():
                time.sleep(0.01)

        monkeypatch.setattr(Cart, "lock_open", held_while_others_are_forgotten)
        cart.delete(actor=ACTOR)

        assert forgotten[0].result() == 1
    assert not Cart.objects.filter(pk__in=[cart.pk, other.pk]).exists()


def test_the_console_says_that_it_is_not_there(client, shop, from_now_on_deleted):
    client.force_login(UserFactory(superuser=True))
    product = ProductFactory(store=shop.store)
    from_now_on_deleted()

    response = client.post(f"/console/shop/products/{product.public_id}/delete/")

    assert response.status_code == 404


@pytest.mark.parametrize("page", ["cart", "checkout"])
def test_a_shopper_is_told_that_there_is_no_cart(client, db, from_now_on_deleted, page):
    session = ShopperSessionFactory()
    item = session.cart.add(ProductFactory(store=session.cart.store))
    client.cookies["shopper"] = session.cookie
    from_now_on_deleted()

    response = client.post(f"/shop/{page}", {"item": item.key, "quantity": "2"})

    assert response.status_code == 404
    assert b"no cart" in response.content
