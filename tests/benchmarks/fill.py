"""A large and old house: its keys and their calls, made up, and the same in every run."""

import random
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

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
from tests.benchmarks.load import load_all, written

STORES = 20
KEYS_OF_A_USER = 5
DAYS = 90
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
        self.user_of = [0, *(self.chance.randrange(self.users) for _ in range(1, keys))]
        self.stores = [self._mixed("", 22) for _ in range(STORES)]
        self.busiest = self.consumer_keys[0]

    @transaction.atomic
    def fill(self):
        """Keys, calls and whatever else belongs to the house itself."""
        rows = {
            Store: self._stores(),
            APIUser: self._api_users(),
            UserWord: self._user_words(),
            APIKey: self._api_keys(),
            KeyWord: self._key_words(),
            Secret: self._secrets(),
            AllowedIP: self._allowed_ips(),
            ChangeRecord: self._changes(),
            CallRecord: self._calls(),
            UnprovenCalls: self._attempts(),
        }
        load_all(rows)

    def _mixed(self, prefix, length):
        return prefix + "".join(self.chance.choices(BASE62, k=length))

    def ago(self, minutes):
        return written(self.now - timedelta(minutes=minutes))

    def _store_of(self, key):
        return self.user_of[key] % STORES

    def _stores(self):
        for number, public_id in enumerate(self.stores):
            yield {"id": number + 1, "public_id": public_id, "name": f"Store {number}"}

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
                "api_user_id": self.user_of[number] + 1,
                "description": self._described(number),
                "permission": ("read", "write", "read_write")[number % 3],
                "any_ip": number % 4 == 0,
                "expires_at": self.ago(5 - number) if number % 7 == 0 else None,
                "date_added": self.ago(age),
                "date_modified": self.ago(age // 2),
                "enabled_at": self.ago(age),
                "last_used_at": self.ago(age * (number % 11) // 11) if number % 5 else None,
                "status": "disabled" if is_off else "enabled",
                "disabled_at": self.ago(0) if is_off else None,
            }

    def _key_words(self):
        for number, consumer_key in enumerate(self.consumer_keys):
            username = f"integration-{self.user_of[number]}"
            words = words_of(self._described(number), username)
            for word in (*words, ending_of(consumer_key)):
                yield {"api_key_id": number + 1, "word": word}

    def _secrets(self):
        for number in range(self.keys):
            secret = {"api_key_id": number + 1, "pepper_id": 1}
            added = self.ago(self._age_of(number))
            age = {"date_added": added, "retires_at": None, "refused_at": None}
            yield {**secret, "version": 2, "digest": f"{number:064x}", **age}
            if number % 10 == 0:
                former = {"version": 1, "digest": f"{number:063x}-"}
                refused = self.ago(number) if number % 1000 == 0 else None
                yield {**secret, **age, **former, "retires_at": self.ago(0), "refused_at": refused}

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
                    "name": f"integration-{self.user_of[number]} …{consumer_key[-6:]}",
                    "store_id": store + 1,
                    "store_public_id": self.stores[store],
                    "api_user_id": self.user_of[number] + 1,
                    "username": f"integration-{self.user_of[number]}",
                    "api_key_id": number + 1,
                    "consumer_key": consumer_key,
                    "date_added": self.ago(minutes),
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
                "username": f"integration-{self.user_of[key]}",
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
            key = number % 1000 if number % 3 else None
            yield {
                "minute": written(minute),
                "network": f"203.0.113.{number % 250}",
                "reason": "invalid_credentials",
                "consumer_key": "" if key is None else self.consumer_keys[key],
                "store_id": "" if key is None else self.stores[self._store_of(key)],
                "count": 1 + number % 9,
                "date_added": written(minute),
                "date_modified": written(minute),
                "method": "GET",
                "path": "/api/v1/whoami",
            }
