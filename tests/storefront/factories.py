"""Factories of the shop's records, through the product's own deeds."""

from decimal import Decimal

import factory

from storefront.models import Invoice, Product, Webhook
from tests.factories import ACTOR, StoreFactory

RECEIVER = "https://shop.example.com/hook"


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    store = factory.SubFactory(StoreFactory)
    sku = factory.Sequence("SKU-{}".format)
    name = factory.Sequence("Product {}".format)
    price = Decimal("12.50")

    @classmethod
    def _create(cls, model, **fields):
        return model.objects.add(actor=ACTOR, **fields)


class InvoiceFactory(factory.django.DjangoModelFactory):
    """``date_added`` and ``expires_at`` are set back in time after it was made."""

    class Meta:
        model = Invoice

    store = factory.SubFactory(StoreFactory)
    amount = Decimal("12.50")

    @classmethod
    def _create(cls, model, *, store, status="New", **fields):
        past = {name: fields.pop(name) for name in {"date_added", "expires_at"} & fields.keys()}
        invoice = model.objects.create_for(store, **fields)
        if past:
            model.objects.filter(pk=invoice.pk).update(**past)
            invoice.refresh_from_db()
        if status in ("Settled", "Invalid"):
            invoice.mark(status, actor=ACTOR)
        return invoice


class WebhookFactory(factory.django.DjangoModelFactory):
    """A registered webhook with its ``secret``, which only tests ever keep."""

    class Meta:
        model = Webhook

    store = factory.SubFactory(StoreFactory)
    url = RECEIVER

    @classmethod
    def _create(cls, model, *, disabled=False, **fields):
        webhook, secret = model.objects.register(actor=ACTOR, **fields)
        if disabled:
            webhook.disable(actor=ACTOR)
        webhook.secret = secret
        return webhook
