"""A month of the demo's orders: carts that became invoices, and what became of those."""

import random
from datetime import datetime, timedelta
from itertools import cycle
from typing import Final

from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from storefront import money
from storefront.demo.goods import Shop
from storefront.models import Cart, Event, Invoice, InvoiceStatus, PaymentMethod, Product
from storefront.models.invoice import LIFETIME

DAYS: Final = 30
# How every sixth order ends, one after the other; the rest are simply paid.
ODD: Final = ("expired", "overpaid", "expired", "invalid", "late", "expired", "underpaid")
# The last orders are still in the middle of it: minutes ago, and what became of each.
JUST_NOW: Final = ((12, "paid"), (8, "processing"), (3, "open"))
CUSTOMERS: Final = ("a.lind", "b.okafor", "c.marek", "d.sato", "e.rossi", "f.dubois", "g.nowak")


def sell(store: Store, shop: Shop, *, actor: Actor, chance: random.Random) -> None:
    """Take a month of orders, oldest first, and then some that are still open."""
    now = timezone.now()
    ago = sorted(
        (
            timedelta(days=chance.uniform(0.1, DAYS))
            for _order in range(round(DAYS * shop.orders_a_day))
        ),
        reverse=True,
    )
    odd = cycle(ODD)
    orders = [(past, "paid" if number % 6 else next(odd)) for number, past in enumerate(ago)]
    orders += [(timedelta(minutes=minutes), ending) for minutes, ending in JUST_NOW]
    for number, (past, ending) in enumerate(orders, 1001):
        invoice = _order(store, number, chance)
        _end(invoice, ending, actor)
        _age(invoice, now - past, chance)


def _order(store: Store, number: int, chance: random.Random) -> Invoice:
    """A customer's cart, checked out."""
    customer = chance.choice(CUSTOMERS)
    cart, _key = Cart.objects.open(store=store, customer=customer)
    for product in chance.sample(list(Product.objects.filter(store=store)), chance.randint(1, 3)):
        cart.add(product, chance.choice([1, 1, 1, 2]))
    methods = PaymentMethod.objects.offered().filter(store=store)
    return cart.check_out(
        payment_method=chance.choice(list(methods)),
        order_id=f"{number}",
        buyer_email=f"{customer}@example.org",
        redirect_url=f"{store.website}/thanks?order={{OrderId}}",
    )


def _end(invoice: Invoice, ending: str, actor: Actor) -> None:
    """Let it be paid or not, through the deeds that do so."""
    match ending:
        case "paid":
            invoice.receive(invoice.amount, actor=actor)
        case "overpaid":
            invoice.receive(invoice.amount + 1, actor=actor)
        case "processing":
            invoice.receive(invoice.amount, actor=actor, confirmed=False)
        case "expired":
            _expire(invoice)
        case "late":
            _expire(invoice)
            invoice.receive(invoice.amount, actor=actor)
        case "underpaid":
            half = money.from_minor(invoice.amount_minor // 2, invoice.currency)
            invoice.receive(half, actor=actor)
            _expire(invoice)
        case "invalid":
            invoice.mark("Invalid", actor=actor, reason="The card was reported stolen.")


def _expire(invoice: Invoice) -> None:
    Invoice.objects.filter(pk=invoice.pk).update(expires_at=timezone.now())
    invoice.expire()


def _age(invoice: Invoice, moment: datetime, chance: random.Random) -> None:
    """Move an order back in time, as only a demo may."""
    happened = moment
    for event in invoice.events.order_by("pk"):
        if event.type == InvoiceStatus.EXPIRED:
            happened = moment + LIFETIME
        elif event.type != InvoiceStatus.NEW:
            happened += timedelta(minutes=chance.uniform(1, 4))
        Event.objects.filter(pk=event.pk).update(date_added=happened)
    Invoice.objects.filter(pk=invoice.pk).update(
        date_added=moment, date_modified=happened, expires_at=moment + LIFETIME
    )
    Cart.objects.filter(invoice=invoice).update(
        date_added=moment - timedelta(minutes=20), date_modified=moment
    )
    ChangeRecord.objects.filter(name=invoice.public_id).update(date_added=happened)
