"""What the shops of a large house have: products, invoices, deliveries, carts, transfers."""

from django.db import transaction

from apikeys.models.search_word import words_of
from storefront.models import (
    Cart,
    Delivery,
    Invoice,
    Product,
    ProductWord,
    SessionTransfer,
    Webhook,
    WebhookWord,
)
from storefront.models.event import Event
from tests.benchmarks.fill import STORES, SYSTEMS
from tests.benchmarks.load import load_all

WEBHOOKS = STORES * 10


def named_product(number):
    return f"{SYSTEMS[number % 10]} book {number}"


def receiver(number):
    return f"https://receiver{number}.example.com/hooks"


class Shop:
    """Of everything as many as there are keys, or a fifth of them."""

    def __init__(self, house):
        self.house = house

    @transaction.atomic
    def fill(self):
        rows = {
            Product: self._products(),
            ProductWord: self._product_words(),
            Invoice: self._invoices(),
            Webhook: self._webhooks(),
            WebhookWord: self._webhook_words(),
            Event: self._events(),
            Delivery: self._deliveries(),
            Cart: self._carts(),
            SessionTransfer: self._transfers(),
        }
        load_all(rows)

    def _owned(self, number, minutes):
        return {
            "id": number + 1,
            "store_id": number % STORES + 1,
            "public_id": f"{number:022d}",
            "date_added": self.house.ago(minutes),
            "date_modified": self.house.ago(minutes),
        }

    def _products(self):
        for number in range(self.house.keys // 5):
            named = {"sku": f"sku-{number}", "name": named_product(number)}
            price = {"price_minor": 100 + number, "currency": "EUR"}
            yield {**self._owned(number, number), **named, **price}

    def _product_words(self):
        for number in range(self.house.keys // 5):
            for word in words_of(f"sku-{number}", named_product(number)):
                yield {"product_id": number + 1, "word": word}

    def _invoices(self):
        for number in range(self.house.keys):
            yield {
                **self._owned(number, number),
                "status": ("New", "Settled", "Expired", "Settled")[number % 4],
                "amount_minor": 100 + number,
                "currency": "EUR",
                "order_id": f"order-{number}",
                "buyer_email": f"buyer{number}@example.com",
                "expires_at": self.house.ago(number - 15),
            }

    def _webhooks(self):
        for number in range(WEBHOOKS):
            yield {
                **self._owned(number, number),
                "url": receiver(number),
                "events": "[]",
                "sealed": "-",
            }

    def _webhook_words(self):
        for number in range(WEBHOOKS):
            for word in words_of(receiver(number)):
                yield {"webhook_id": number + 1, "word": word}

    def _events(self):
        for number in range(self.house.keys):
            of = {"id": number + 1, "store_id": number % STORES + 1, "invoice_id": number + 1}
            yield {**of, "type": "Settled", "data": "{}", "date_added": self.house.ago(number)}

    def _deliveries(self):
        for number in range(self.house.keys):
            is_done = number % 50 > 0
            yield {
                "webhook_id": number % WEBHOOKS + 1,
                "event_id": number + 1,
                "public_id": f"{number:022d}",
                "status": "delivered" if is_done else "pending",
                "next_attempt_at": None if is_done else self.house.ago(0),
                "date_added": self.house.ago(number),
                "date_modified": self.house.ago(number),
            }

    def _carts(self):
        for number in range(self.house.keys // 5):
            yield {
                **self._owned(number, number),
                "key_digest": f"{number:064x}",
                "customer": f"customer{number}",
                "currency": "EUR",
                "invoice_id": number + 1 if number % 2 else None,
                "expires_at": self.house.ago(number - 10_080),
            }

    def _transfers(self):
        for number in range(self.house.keys // 5):
            yield {
                **self._owned(number, number),
                "cart_id": number + 1,
                "action": "checkout",
                "consumer_key": self.house.consumer_keys[number],
                "digest": f"{number:064x}",
                "expires_at": self.house.ago(number - 10),
            }
