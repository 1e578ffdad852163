"""What the demo's two shops sell, have sold and tell others about, so that no page is empty."""

import random

from django.db import transaction

from apikeys.actor import Actor
from apikeys.models import Store
from storefront.demo.carts import leave_carts
from storefront.demo.deliveries import send, switch_off
from storefront.demo.goods import SHOPS, furnish
from storefront.demo.orders import sell

__all__ = ["fill_shops"]


@transaction.atomic
def fill_shops() -> None:
    """Furnish the demo's stores, through the deeds that people and integrations use."""
    actor = Actor.command()
    chance = random.Random(2026)  # noqa: S311 - a demo should look the same each time
    for name, shop in SHOPS.items():
        store = Store.objects.get(name=name)
        furnish(store, shop, actor=actor)
        sell(store, shop, actor=actor, chance=chance)
        for receiver in shop.receivers:
            webhook = store.webhooks.get(url=receiver.url)
            send(webhook, receiver, chance)
            switch_off(webhook, receiver)
        leave_carts(store, chance=chance)
