"""Somebody else deletes a record between the moment a request finds it and the one it locks it."""

import pytest
from django.utils import timezone

from apikeys.models import ChangeRecord
from storefront.models.owned import Owned
from tests.factories import UserFactory
from tests.storefront.factories import (
    CartFactory,
    ProductFactory,
    ShopperSessionFactory,
    WebhookFactory,
)


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
