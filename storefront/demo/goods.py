"""The demo's products, payment methods, webhooks and transfer targets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from storefront.courier import GIVE_UP_AFTER
from storefront.models import PaymentMethod, Product, TransferTarget, Webhook

ALL_EVENTS: Final = ("New", "Processing", "Settled", "Expired", "Invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A payment method of the demo."""

    code: str
    title: str
    mode: str = "live"
    enabled: bool = True
    debug: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A webhook of the demo, and how it fares."""

    url: str
    names: tuple[str, ...] = ALL_EVENTS
    silent_for: timedelta | None = None
    """Since when it has not answered; after three days of that it was switched off."""

    @property
    def silent_since(self) -> datetime | None:
        return None if self.silent_for is None else timezone.now() - self.silent_for

    @property
    def is_given_up(self) -> bool:
        return self.silent_for is not None and self.silent_for > GIVE_UP_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """All that one store of the demo has."""

    products: tuple[tuple[str, str, str], ...]
    methods: tuple[Method, ...]
    receivers: tuple[Receiver, ...]
    targets: tuple[tuple[str, str, bool], ...] = ()
    orders_a_day: float = 1.0


SHOPS: Final = {
    "Nordlicht Outdoor": Shop(
        products=(
            ("TENT-2P", "Two-person tent Fjell", "289.00"),
            ("BAG-3S", "Sleeping bag, three seasons", "149.90"),
            ("MAT-R5", "Insulated mat R5", "119.00"),
            ("STOVE-G", "Gas stove", "54.50"),
            ("LAMP-350", "Head lamp 350 lm", "39.95"),
            ("SOCK-M", "Merino socks", "18.90"),
            ("MUG-EN", "Enamel mug", "9.90"),
            ("MAP-HT", "Map: High Tatras", "12.80"),
        ),
        methods=(
            Method(
                code="stripe",
                title="Card",
                debug=(
                    ("publishable_key", "pk_live_nordlicht"),
                    ("webhook_endpoint", "https://nordlicht.example/hooks/stripe"),
                ),
            ),
            Method(code="bank-transfer", title="Bank transfer"),
            Method(code="lightning", title="Bitcoin over Lightning"),
            Method(
                code="paypal",
                title="PayPal",
                mode="test",
                enabled=False,
                debug=(("client_id", "AX-nordlicht"), ("environment", "sandbox")),
            ),
        ),
        receivers=(
            Receiver(url="https://erp.nordlicht.example/hooks/invoices"),
            Receiver(url="https://stock.nordlicht.example/settled", names=("InvoiceSettled",)),
            Receiver(url="https://chat.nordlicht.example/hook", silent_for=timedelta(hours=5)),
            Receiver(url="https://crm.nordlicht.example/hooks/shop", silent_for=timedelta(days=12)),
        ),
        targets=(
            ("account", "https://nordlicht.example/account", True),
            ("new-payment", "https://nordlicht.example/account/cards", True),
            ("renew-sub", "https://nordlicht.example/club/renew", True),
            ("change-sub", "https://nordlicht.example/club", False),
        ),
        orders_a_day=2.6,
    ),
    "Harbour Books": Shop(
        products=(
            ("9780000000017", "The Tide Tables", "14.99"),
            ("9780000000024", "Knots and Splices", "21.50"),
            ("9780000000031", "Lighthouses of the North", "32.00"),
            ("EB-0007", "Sailing Alone (e-book)", "8.99"),
            ("GIFT-20", "Gift card", "20.00"),
        ),
        methods=(
            Method(code="stripe", title="Card"),
            Method(code="invoice", title="On account", enabled=False),
        ),
        receivers=(Receiver(url="https://ledger.harbour.example/greenfield"),),
        orders_a_day=0.8,
    ),
}


def furnish(store: Store, shop: Shop, *, actor: Actor) -> None:
    """Put everything but orders into a store."""
    for sku, name, price in shop.products:
        Product.objects.add(actor=actor, store=store, sku=sku, name=name, price=Decimal(price))
    for method in shop.methods:
        PaymentMethod.objects.add(
            actor=actor,
            store=store,
            code=method.code,
            title=method.title,
            enabled=method.enabled,
            mode=method.mode,
            debug=dict(method.debug),
        )
    for receiver in shop.receivers:
        names = list(receiver.names)
        Webhook.objects.register(actor=actor, store=store, url=receiver.url, names=names)
    for action, url, enabled in shop.targets:
        TransferTarget.objects.set(
            actor=actor, store=store, action=action, url=url, enabled=enabled
        )
    _age(store)


def _age(store: Store) -> None:
    """Let the store have had all this for longer than its oldest order."""
    opened = timezone.now() - timedelta(days=240)
    for model in (Product, PaymentMethod, Webhook, TransferTarget):
        model.objects.filter(store=store).update(date_added=opened, date_modified=opened)
        ChangeRecord.objects.filter(store=store, kind=model.change_kind).update(date_added=opened)
