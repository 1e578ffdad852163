"""Factories of the shop's records, through the product's own deeds."""

from decimal import Decimal

import factory

from storefront.models import (
    Cart,
    Invoice,
    PaymentMethod,
    Product,
    SessionTransfer,
    ShopperSession,
    TransferTarget,
    Webhook,
)
from tests.factories import ACTOR, APIKeyFactory, StoreFactory

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


class CartFactory(factory.django.DjangoModelFactory):
    """An open cart with its ``cart_key``; ``items`` are products, or pairs with a quantity.

    ``invoiced=True`` checks it out; ``expires_at`` is set afterwards.
    """

    class Meta:
        model = Cart

    store = factory.SubFactory(StoreFactory)

    @classmethod
    def _create(cls, model, *, items=(), invoiced=False, expires_at=None, **fields):
        cart, cart_key = model.objects.open(**fields)
        for item in items or ([ProductFactory(store=cart.store)] if invoiced else []):
            cart.add(*(item if isinstance(item, tuple) else (item,)))
        if invoiced:
            cart.check_out()
        if expires_at:
            model.objects.filter(pk=cart.pk).update(expires_at=expires_at)
            cart.refresh_from_db()
        cart.cart_key = cart_key
        return cart


class PaymentMethodFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaymentMethod

    store = factory.SubFactory(StoreFactory)
    code = factory.Sequence("method-{}".format)
    title = factory.Sequence("Method {}".format)

    @classmethod
    def _create(cls, model, **fields):
        return model.objects.add(actor=ACTOR, **fields)


class TransferTargetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TransferTarget

    store = factory.SubFactory(StoreFactory)
    action = "account"
    url = "https://shop.example.com/account"
    enabled = True

    @classmethod
    def _create(cls, model, **fields):
        return model.objects.set(actor=ACTOR, **fields)


class SessionTransferFactory(factory.django.DjangoModelFactory):
    """A link that a key asked for, with its ``ticket``; ``expires_at`` is set afterwards."""

    class Meta:
        model = SessionTransfer

    action = "cart"

    @classmethod
    def _create(cls, model, *, expires_at=None, **fields):
        if "key" not in fields:
            fields["key"] = APIKeyFactory(permission="write")
        if "cart" not in fields:
            fields["cart"] = CartFactory(store=fields["key"].api_user.store)
        transfer, ticket = model.objects.issue(**fields)
        if expires_at:
            model.objects.filter(pk=transfer.pk).update(expires_at=expires_at)
            transfer.refresh_from_db()
        transfer.ticket = ticket
        return transfer


class ShopperSessionFactory(factory.django.DjangoModelFactory):
    """A browser that was handed a cart, with the value of its ``cookie``."""

    class Meta:
        model = ShopperSession

    cart = factory.SubFactory(CartFactory)

    @classmethod
    def _create(cls, model, **fields):
        session, value = model.objects.begin(**fields)
        session.cookie = value
        return session
