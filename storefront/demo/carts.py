"""The demo's open carts, and the links that handed some of them to browsers."""

import random
from datetime import timedelta
from typing import Final

from django.utils import timezone

from apikeys.models import APIKey, Store
from storefront.models import Cart, Product, SessionTransfer, ShopperSession
from storefront.models.cart import LIFETIME
from storefront.redemption import RESOURCE

# Whose cart it is, how many hours ago it was touched, and what became of its link, if it has one.
CARTS: Final = (
    ("h.berg", 0.2, "used"),
    ("", 1.5, "open"),
    ("i.costa", 20, "expired"),
    ("", 50, ""),
    ("j.weiss", 190, ""),
)


def leave_carts(store: Store, *, chance: random.Random) -> None:
    """Leave carts that nobody has checked out yet, the last of them so long ago that it expired."""
    products = list(Product.objects.filter(store=store))
    keys = APIKey.objects.filter(api_user__store=store).exclude(permission="read").order_by("pk")
    key = next((key for key in keys if key.permits(RESOURCE)), None)
    for customer, hours, link in CARTS:
        cart, _key = Cart.objects.open(store=store, customer=customer)
        for product in chance.sample(products, 2):
            cart.add(product, chance.randint(1, 3))
        if key is not None and link:
            _hand_over(cart, key, link)
        touched = timezone.now() - timedelta(hours=hours)
        Cart.objects.filter(pk=cart.pk).update(
            date_added=touched - timedelta(minutes=30),
            date_modified=touched,
            expires_at=touched + LIFETIME,
        )


def _hand_over(cart: Cart, key: APIKey, link: str) -> None:
    transfer, _ticket = SessionTransfer.objects.issue(key=key, cart=cart, action="checkout")
    if link == "used":
        transfer.spend()
        ShopperSession.objects.begin(cart)
    elif link == "expired":
        long_ago = timezone.now() - timedelta(hours=19)
        SessionTransfer.objects.filter(pk=transfer.pk).update(
            date_added=long_ago, expires_at=long_ago + timedelta(minutes=10)
        )
