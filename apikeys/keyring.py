"""Finds a key's record, fast and never stale: every call asks the database."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import models

from apikeys.denial import NOBODY, Named
from apikeys.models import APIKey, APIUser, Secret, Store


def _columns(model: type[models.Model], prefix: str = "") -> list[str]:
    return [prefix + field.attname for field in model._meta.concrete_fields]


SECRET = _columns(Secret)
KEY = _columns(APIKey)
USER = _columns(APIUser)
STORE = _columns(Store)
COLUMNS = [
    *SECRET,
    *_columns(APIKey, "api_key__"),
    *_columns(APIUser, "api_key__api_user__"),
    *_columns(Store, "api_key__api_user__store__"),
    "api_key__api_user__owner__is_active",
]
DIGEST, PEPPER, SEALED, RETIRES, CONSUMER_KEY, STORE_ID = (
    COLUMNS.index(name)
    for name in (
        "digest",
        "pepper_id",
        "sealed",
        "retires_at",
        "api_key__consumer_key",
        "api_key__api_user__store__public_id",
    )
)


class Row(NamedTuple):
    """One secret version with everything the gate needs to know of its key, still unproven.

    Model instances are built by ``load`` only after the proof: building them costs more than the
    comparison, and would let the response time tell that a key exists.
    """

    digest: str
    pepper_id: int
    sealed: str
    retires_at: datetime | None
    values: tuple[Any, ...]

    @property
    def named(self) -> Named:
        """What may be noted of the key while it is still unproven."""
        return Named(self.values[CONSUMER_KEY], self.values[STORE_ID])

    def load(self) -> Secret:
        """The secret with ``api_key``, its API user, store, and whether the owner is active."""
        values = self.values
        secret_end = len(SECRET)
        key_end = secret_end + len(KEY)
        user_end = key_end + len(USER)
        secret = Secret.from_db("default", SECRET, values[:secret_end])
        secret.api_key = APIKey.from_db("default", KEY, values[secret_end:key_end])
        secret.api_key.api_user = APIUser.from_db("default", USER, values[key_end:user_end])
        secret.api_key.api_user.store = Store.from_db("default", STORE, values[user_end:-1])
        secret.api_key.api_user.owner_is_active = values[-1]
        return secret


def find(consumer_key: str) -> list[Row]:
    """The secret versions of the key with exactly this consumer key, newest first."""
    rows = (
        Secret.objects.filter(api_key__consumer_key=consumer_key)
        .order_by("-version")
        .values_list(*COLUMNS)
    )
    return [
        Row(values[DIGEST], values[PEPPER], values[SEALED], values[RETIRES], values)
        for values in rows
    ]


def named(consumer_key: str) -> Named:
    """What may be noted of the key with exactly this consumer key, if there is one."""
    keys = APIKey.objects.filter(consumer_key=consumer_key)
    rows = keys.order_by().values_list("consumer_key", "api_user__store__public_id")[:1]
    return next((Named(*found) for found in rows), NOBODY)
