"""The demo's calls: 60 days of working weeks, with the refusals that shops really see."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from apikeys.denial import DenialReason
from apikeys.models import APIKey, Secret
from history.demo.cast import Part
from history.models import CallRecord, UnprovenCalls
from history.models.call import Outcome

DAYS: Final = 60
PATHS: Final = {
    "products": "/api/v1/stores/{store}/products",
    "invoices": "/api/v1/stores/{store}/invoices",
    "carts": "/wp-json/cocart/preview/cart",
    "checkout": "/wp-json/cocart/preview/checkout",
    "session_transfers": "/api/v1/stores/{store}/session-transfers",
}
AGENTS: Final = ("WooCommerce-Python-REST-API/3.0.0", "curl/8.11.0", "CoCart API/1.1.0", "okhttp/5")
DETAILS: Final = {
    "ip_not_allowed": "{ip} is not on the key's list ({ip} is connected to us directly); "
    "no entry is near it",
    "method_not_permitted": "a key of level {level} may not DELETE",
    "resource_not_permitted": "the key may not use {resource}; it has {resources}",
    "rate_limited": "the limit of 600 in 60 s is used up",
    "stale_timestamp": "the caller's clock is 1290 s behind the server's",
    "replayed_nonce": "the nonce was used before with this timestamp",
    "secret_retired": "version 1 of the secret was replaced",
}


def record_calls(cast: list[tuple[APIKey, Part]]) -> int:
    """Write the calls of every key, oldest first, and some without proof; returns how many."""
    chance = random.Random(2026)  # noqa: S311 - a demo should look the same each time
    now = timezone.now()
    rows = sorted(
        (row for key, part in cast for row in _calls_of(key, part, now, chance)),
        key=lambda row: row.date_added,
    )
    CallRecord.objects.bulk_create(rows, batch_size=500)
    UnprovenCalls.objects.bulk_create(_attempts(cast[0][0], now, chance))
    _note_replaced_secrets(rows)
    return len(rows)


def _note_replaced_secrets(rows: list[CallRecord]) -> None:
    """As the gate does when somebody presents one."""
    refused: dict[int, list[datetime]] = {}
    for row in rows:
        if row.reason == DenialReason.SECRET_RETIRED:
            refused.setdefault(row.key_id, []).append(row.date_added)
    for key_id, moments in refused.items():
        Secret.objects.filter(api_key_id=key_id).exclude(retires_at=None).update(
            refused_at=moments[-1], refused_count=len(moments)
        )


def _calls_of(
    key: APIKey, part: Part, now: datetime, chance: random.Random
) -> Iterator[CallRecord]:
    for day in range(min(DAYS, part.age), part.silent_for - 1, -1):
        date = now - timedelta(days=day)
        busy = 0.25 if date.weekday() >= 5 else 1.0
        for _call in range(round(part.calls_a_day * busy * chance.uniform(0.7, 1.2))):
            moment = date - timedelta(seconds=chance.triangular(0, 86_000, 30_000))
            yield _call_of(key, part, moment, chance)


def _call_of(key: APIKey, part: Part, moment: datetime, chance: random.Random) -> CallRecord:
    reason = _reason(part, chance)
    ip = "192.0.2.200" if reason == DenialReason.IP else chance.choice(part.callers)
    own = part.resources or tuple(PATHS)
    foreign = [name for name in PATHS if name not in own]
    resource = chance.choice(foreign if reason == DenialReason.RESOURCE else own)
    store = key.api_user.store.public_id
    duration = int(chance.lognormvariate(2.6, 0.6))
    return CallRecord(
        date_added=moment,
        date_modified=moment + timedelta(milliseconds=duration),
        key_id=key.pk,
        consumer_key=key.consumer_key,
        username=key.api_user.username,
        store_id=store,
        outcome=Outcome.DENIED if reason else Outcome.ALLOWED,
        reason=reason.value if reason else "",
        detail=DETAILS.get(reason or "", "").format(
            ip=ip, level=key.permission, resource=resource, resources=", ".join(own)
        ),
        ip=ip,
        method=_method(key, reason, chance),
        path=PATHS[resource].format(store=store) if resource in PATHS else "/api/v1/whoami",
        status=reason.status if reason else chance.choices([200, 404, 400], [96, 3, 1])[0],
        scheme="https",
        duration_ms=duration,
        request_id=f"{chance.getrandbits(96):024x}",
        user_agent=chance.choice(AGENTS),
    )


def _reason(part: Part, chance: random.Random) -> DenialReason | None:
    roll = chance.random()
    for code, share in part.denied.items():
        roll -= share
        if roll < 0:
            return DenialReason(code)
    return None


def _method(key: APIKey, reason: DenialReason | None, chance: random.Random) -> str:
    if reason == DenialReason.METHOD:
        return "DELETE"
    if key.permission == "read":
        return "GET"
    return chance.choice(["POST", "PUT"] if key.permission == "write" else ["GET", "GET", "POST"])


def _attempts(key: APIKey, now: datetime, chance: random.Random) -> list[UnprovenCalls]:
    """Strangers, and somebody with an old secret of a key that exists."""
    minutes = sorted(chance.sample(range(5, 20_000), 60), reverse=True)
    return [
        UnprovenCalls(
            minute=moment.replace(second=0, microsecond=0),
            network=f"192.0.2.{chance.randrange(1, 254)}",
            reason=(DenialReason.INVALID if named else DenialReason.MISSING).value,
            consumer_key=key.consumer_key if named else "",
            detail="wrong secret" if named else "no credential was sent",
            store_id=key.api_user.store.public_id if named else "",
            count=chance.randrange(1, 30),
            date_added=moment,
            date_modified=moment,
            method="GET",
            path="/api/v1/whoami",
        )
        for ago in minutes
        for moment, named in [(now - timedelta(minutes=ago), chance.random() < 0.2)]
    ]
