"""Many rows, quickly: the keys of a large and old house, their calls, and what its shops have.

Rows are plain values that go in by PostgreSQL's COPY or SQLite's executemany; what a row does not
name is its model's default. All of it is made up, and the same in every run.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import (
    AllowedIP,
    APIKey,
    APIUser,
    ChangeRecord,
    KeyWord,
    Secret,
    Store,
    UserWord,
)
from apikeys.models.search_word import ending_of, words_of
from history.models import CallRecord, UnprovenCalls
from storefront.models import Cart, Delivery, Invoice, Product, SessionTransfer, Webhook
from storefront.models.delivery import Event

ACTOR = Actor.system("benchmark")
STORES = 20
KEYS_OF_A_USER = 5
DAYS = 90
AT_ONCE = 10_000
SYSTEMS = ("Till", "Stock", "ERP", "Prices", "Mail", "Labels", "Tax", "Loyalty", "Search", "Feed")
PLACES = ("north", "south", "harbour", "airport", "station", "market", "depot", "web", "test")
REASONS = ("",) * 8 + ("ip_not_allowed", "rate_limited")
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class House:
    """A database that was empty, with so many keys and calls.

    ``busiest`` is the consumer key that makes a fifth of all calls.
    """

    def __init__(self, *, keys, calls):
        self.chance = random.Random(1)
        self.now = timezone.now()
        self.keys, self.calls, self.users = keys, calls, max(1, keys // KEYS_OF_A_USER)
        self.consumer_keys = [self._mixed("ck_live_", 16) for _ in range(keys)]
        self.busiest = self.consumer_keys[0]

    @transaction.atomic
    def fill(self):
        self.stores = [
            Store.objects.open(actor=ACTOR, name=f"Store {number}").public_id
            for number in range(STORES)
        ]
        rows = {
            APIUser: self._api_users(),
            UserWord: self._user_words(),
            APIKey: self._api_keys(),
            KeyWord: self._key_words(),
            Secret: self._secrets(),
            AllowedIP: self._allowed_ips(),
            ChangeRecord: self._changes(),
            CallRecord: self._calls(),
            UnprovenCalls: self._attempts(),
            Product: self._products(),
            Invoice: self._invoices(),
            Webhook: self._webhooks(),
            Event: self._events(),
            Delivery: self._deliveries(),
            Cart: self._carts(),
            SessionTransfer: self._transfers(),
        }
        for model, values in rows.items():
            load(model, values)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(rows)):
                cursor.execute(statement)

    def _mixed(self, prefix, length):
        return prefix + "".join(self.chance.choices(BASE62, k=length))

    def _ago(self, minutes):
        return written(self.now - timedelta(minutes=minutes))

    def _user_of(self, key):
        return key % self.users

    def _store_of(self, key):
        return self._user_of(key) % STORES

    def _api_users(self):
        for number in range(self.users):
            yield {
                "id": number + 1,
                "username": f"integration-{number}",
                "store_id": number % STORES + 1,
            }

    def _user_words(self):
        for number in range(self.users):
            for word in words_of(f"integration-{number}"):
                yield {"api_user_id": number + 1, "word": word}

    def _age_of(self, key):
        """In minutes; the newest keys have the highest numbers."""
        return (self.keys - key) * 3

    def _described(self, key):
        return f"{SYSTEMS[key % 10]} {PLACES[key % 9]} {key}"

    def _api_keys(self):
        for number, consumer_key in enumerate(self.consumer_keys):
            age, is_off = self._age_of(number), number % 10 == 9
            yield {
                "id": number + 1,
                "consumer_key": consumer_key,
                "api_user_id": self._user_of(number) + 1,
                "description": self._described(number),
                "permission": ("read", "write", "read_write")[number % 3],
                "any_ip": number % 4 == 0,
                "expires_at": self._ago(5 - number) if number % 7 == 0 else None,
                "date_added": self._ago(age),
                "date_modified": self._ago(age // 2),
                "enabled_at": self._ago(age),
                "last_used_at": self._ago(age * (number % 11) // 11) if number % 5 else None,
                "status": "disabled" if is_off else "enabled",
                "disabled_at": self._ago(0) if is_off else None,
            }

    def _key_words(self):
        for number, consumer_key in enumerate(self.consumer_keys):
            username = f"integration-{self._user_of(number)}"
            words = words_of(self._described(number), username)
            for word in (*words, ending_of(consumer_key)):
                yield {"api_key_id": number + 1, "word": word}

    def _secrets(self):
        for number in range(self.keys):
            secret = {"api_key_id": number + 1, "pepper_id": 1}
            added = self._ago(self._age_of(number))
            age = {"date_added": added, "retires_at": None, "refused_at": None}
            yield {**secret, "version": 2, "digest": f"{number:064x}", **age}
            if number % 10 == 0:
                former = {"version": 1, "digest": f"{number:063x}-"}
                refused = self._ago(number) if number % 1000 == 0 else None
                yield {**secret, **age, **former, "retires_at": self._ago(0), "refused_at": refused}

    def _allowed_ips(self):
        for number in range(self.keys):
            if number % 4:
                network = f"198.51.{number % 200}.{number // 200 % 250}/32"
                yield {"api_key_id": number + 1, "network": network}
                yield {"api_key_id": number + 1, "network": f"10.{number % 200}.0.0/16"}

    def _changes(self):
        for number, consumer_key in enumerate(self.consumer_keys):
            store = self._store_of(number)
            age = self._age_of(number)
            for action, minutes in (("issued", age), ("changed", age // 2)):
                yield {
                    "action": action,
                    "actor_kind": "system",
                    "actor_name": f"person{number % 30}",
                    "kind": "api_key",
                    "name": f"integration-{self._user_of(number)} …{consumer_key[-6:]}",
                    "store_id": store + 1,
                    "store_public_id": self.stores[store],
                    "api_user_id": self._user_of(number) + 1,
                    "username": f"integration-{self._user_of(number)}",
                    "api_key_id": number + 1,
                    "consumer_key": consumer_key,
                    "date_added": self._ago(minutes),
                }

    def _calls(self):
        step = timedelta(days=DAYS) / self.calls
        for number in range(self.calls):
            key = 0 if number % 5 == 0 else self.chance.randrange(self.keys)
            reason = self.chance.choice(REASONS)
            moment = written(self.now - step * (self.calls - number))
            yield {
                "date_added": moment,
                "date_modified": moment,
                "key_id": key + 1,
                "consumer_key": self.consumer_keys[key],
                "username": f"integration-{self._user_of(key)}",
                "store_id": self.stores[self._store_of(key)],
                "outcome": "denied" if reason else "allowed",
                "reason": reason,
                "ip": f"192.0.2.{number % 250}",
                "method": "GET",
                "path": "/api/v1/whoami" if number % 7 else f"/api/v1/stores/{number}",
                "status": 403 if reason else 200,
                "scheme": "https",
                "duration_ms": number % 40,
                "request_id": f"{number:024x}",
            }

    def _attempts(self):
        for number in range(self.calls // 10):
            minute = (self.now - timedelta(minutes=number)).replace(second=0, microsecond=0)
            yield {
                "minute": written(minute),
                "network": f"203.0.113.{number % 250}",
                "reason": "invalid_credentials",
                "consumer_key": self.consumer_keys[number % 1000] if number % 3 else "",
                "count": 1 + number % 9,
                "date_added": written(minute),
                "date_modified": written(minute),
                "method": "GET",
                "path": "/api/v1/whoami",
            }

    def _of_shop(self, number, minutes):
        return {
            "id": number + 1,
            "store_id": number % STORES + 1,
            "public_id": f"{number:022d}",
            "date_added": self._ago(minutes),
            "date_modified": self._ago(minutes),
        }

    def _products(self):
        for number in range(self.keys // 5):
            named = {"sku": f"sku-{number}", "name": f"{SYSTEMS[number % 10]} book {number}"}
            price = {"price_minor": 100 + number, "currency": "EUR"}
            yield {**self._of_shop(number, number), **named, **price}

    def _invoices(self):
        for number in range(self.keys):
            yield {
                **self._of_shop(number, number),
                "status": ("New", "Settled", "Expired", "Settled")[number % 4],
                "amount_minor": 100 + number,
                "currency": "EUR",
                "order_id": f"order-{number}",
                "buyer_email": f"buyer{number}@example.com",
                "expires_at": self._ago(number - 15),
            }

    def _webhooks(self):
        for number in range(STORES * 10):
            url = f"https://receiver{number}.example.com/hooks"
            yield {**self._of_shop(number, number), "url": url, "events": "[]", "sealed": "-"}

    def _events(self):
        for number in range(self.keys):
            of = {"id": number + 1, "store_id": number % STORES + 1, "invoice_id": number + 1}
            yield {**of, "type": "Settled", "data": "{}", "date_added": self._ago(number)}

    def _deliveries(self):
        for number in range(self.keys):
            is_done = number % 50 > 0
            yield {
                "webhook_id": number % (STORES * 10) + 1,
                "event_id": number + 1,
                "public_id": f"{number:022d}",
                "status": "delivered" if is_done else "pending",
                "next_attempt_at": None if is_done else self._ago(0),
                "date_added": self._ago(number),
                "date_modified": self._ago(number),
            }

    def _carts(self):
        for number in range(self.keys // 5):
            yield {
                **self._of_shop(number, number),
                "key_digest": f"{number:064x}",
                "customer": f"customer{number}",
                "currency": "EUR",
                "invoice_id": number + 1 if number % 2 else None,
                "expires_at": self._ago(number - 10_080),
            }

    def _transfers(self):
        for number in range(self.keys // 5):
            yield {
                **self._of_shop(number, number),
                "cart_id": number + 1,
                "action": "checkout",
                "consumer_key": self.consumer_keys[number],
                "digest": f"{number:064x}",
                "expires_at": self._ago(number - 10),
            }


def written(moment):
    """A time as both databases read it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def load(model, rows):
    """Put rows, all with the same names of columns, into the model's table."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    fixed = {
        field.column: _default(field)
        for field in model._meta.concrete_fields
        if field.column not in first and not field.primary_key
    }
    table, columns = model._meta.db_table, ", ".join(f'"{name}"' for name in [*first, *fixed])
    ending = tuple(fixed.values())
    values = ((*map(row.__getitem__, first), *ending) for row in chain([first], rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                while portion := "".join(map(_line, islice(values, AT_ONCE))):
                    copy.write(portion)
            return
        places = ", ".join("?" for _ in [*first, *fixed])
        statement = f'INSERT INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608
        while portion := list(islice(values, AT_ONCE)):
            connection.connection.executemany(statement, portion)


def _default(field):
    value = field.get_default()
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    return written(value) if isinstance(value, datetime) else value


def _line(values):
    return "\t".join("\\N" if value is None else str(value) for value in values) + "\n"
