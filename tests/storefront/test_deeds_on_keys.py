"""Invoices, webhooks and carts belong to the store: no deed on a key touches them."""

from datetime import timedelta

import pytest

from storefront.models import Cart, Delivery, Invoice, Webhook
from tests.factories import ACTOR, APIKeyFactory
from tests.storefront.factories import CartFactory, InvoiceFactory, WebhookFactory

pytestmark = pytest.mark.django_db
DEEDS = {
    "rotate": lambda key: key.rotate(actor=ACTOR, overlap=timedelta(hours=1)),
    "rotate without overlap": lambda key: key.rotate(actor=ACTOR, signing=True),
    "disable": lambda key: key.disable(actor=ACTOR),
    "delete": lambda key: (key.disable(actor=ACTOR), key.delete(actor=ACTOR)),
}


def shop_rows():
    return [
        list(model.objects.order_by("pk").values()) for model in (Invoice, Webhook, Cart, Delivery)
    ]


@pytest.mark.parametrize("deed", DEEDS)
def test_no_deed_on_a_key_touches_what_the_store_has(deed):
    key = APIKeyFactory(permission="read_write", signing=True)
    store = key.api_user.store
    WebhookFactory(store=store)
    CartFactory(store=store)
    InvoiceFactory(store=store)
    before = shop_rows()
    assert all(before)

    DEEDS[deed](key)

    assert shop_rows() == before
