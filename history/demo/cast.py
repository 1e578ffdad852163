"""The demo's stores, API users and keys: one for every state a key can be in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import APIKey, APIUser, ChangeRecord, Secret, Store

OFFICE: Final = ("203.0.113.0/24", "Head office")
ERP: Final = ("198.51.100.7/32", "ERP server 1")
DEPOT: Final = ("2001:db8:7::/48", "Depot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one key of the demo plays: its settings, its age, and how much it calls."""

    username: str
    description: str
    permission: str = "read"
    resources: tuple[str, ...] = ()
    allowed_ips: tuple[tuple[str, str], ...] = ()
    signing: bool = False
    mode: str = "live"
    age: int = 240
    """Days since it was issued."""
    calls_a_day: int = 0
    silent_for: int = 0
    """Days since its last call."""
    callers: tuple[str, ...] = ("198.51.100.7",)
    denied: dict[str, float] = field(default_factory=dict)
    """The share of its calls that each denial reason refuses."""
    ending: str = ""
    """What happened to it in the end: a deed of ``_end``."""


MAIN: Final = (
    Part(
        username="inventory-sync",
        description="ERP: stock levels every five minutes",
        permission="read_write",
        resources=("products", "invoices"),
        allowed_ips=(ERP, OFFICE),
        calls_a_day=120,
        denied={"ip_not_allowed": 0.02, "resource_not_permitted": 0.01},
    ),
    Part(
        username="mobile-app",
        description="Customer app, by way of its backend",
        calls_a_day=160,
        callers=("192.0.2.41", "192.0.2.42", "2001:db8:40::9"),
        denied={"rate_limited": 0.03, "method_not_permitted": 0.01},
    ),
    Part(
        username="accounting",
        description="Monthly export to the tax adviser",
        resources=("invoices",),
        allowed_ips=(OFFICE,),
        calls_a_day=12,
        callers=("203.0.113.20",),
        ending="expires soon",
    ),
    Part(
        username="checkout-plugin",
        description="WooCommerce checkout",
        permission="write",
        resources=("carts", "checkout", "session_transfers"),
        signing=True,
        calls_a_day=60,
        callers=("192.0.2.80",),
        denied={"stale_timestamp": 0.02, "replayed_nonce": 0.01},
    ),
    Part(
        username="warehouse",
        description="Handheld scanners",
        permission="read_write",
        allowed_ips=(DEPOT,),
        calls_a_day=40,
        callers=("2001:db8:7::21", "2001:db8:7::22"),
        ending="rotates now",
    ),
    Part(
        username="newsletter",
        description="Product teasers for the newsletter",
        resources=("products",),
        allowed_ips=(OFFICE,),
        calls_a_day=8,
        callers=("203.0.113.31",),
        denied={"secret_retired": 0.2},
        ending="old secret in use",
    ),
    Part(
        username="price-bot",
        description="Price comparison, contract ended",
        calls_a_day=50,
        callers=("192.0.2.77",),
        silent_for=6,
        ending="disabled",
    ),
    Part(
        username="legacy-erp",
        description="Old ERP until the move",
        permission="read_write",
        allowed_ips=(ERP,),
        calls_a_day=30,
        silent_for=14,
        ending="expired",
    ),
    Part(username="partner-feed", description="Feed for a partner", calls_a_day=0, silent_for=130),
    Part(username="gift-cards", description="Planned for spring", age=20, allowed_ips=(OFFICE,)),
    Part(
        username="test-harness",
        description="Our own tests",
        permission="read_write",
        mode="test",
        calls_a_day=25,
        callers=("203.0.113.99",),
        denied={"rate_limited": 0.05},
    ),
    Part(
        username="reporting",
        description="Dashboards",
        permission="read",
        age=90,
        allowed_ips=(OFFICE,),
        calls_a_day=15,
        callers=("203.0.113.50",),
    ),
    Part(username="returns-desk", description="Returns", permission="read_write", age=3),
)
OTHER: Final = (
    Part(
        username="books-stock",
        description="Stock of the book shop",
        permission="read_write",
        calls_a_day=20,
        callers=("192.0.2.120",),
    ),
    Part(
        username="books-ebooks",
        description="E-book licences",
        permission="write",
        age=45,
        calls_a_day=5,
        callers=("192.0.2.121",),
    ),
)


def issue_keys(actor: Actor) -> list[tuple[APIKey, Part]]:
    """Open the demo's two stores and issue every key, through the deeds that people use."""
    outdoor = Store.objects.open(
        actor=actor, name="Nordlicht Outdoor", website="https://nordlicht.example"
    )
    books = Store.objects.open(
        actor=actor, name="Harbour Books", website="https://harbour.example", currency="GBP"
    )
    cast = [(outdoor, part) for part in MAIN] + [(books, part) for part in OTHER]
    return [(_issue(actor, store, part), part) for store, part in cast]


def _issue(actor: Actor, store: Store, part: Part) -> APIKey:
    user = APIUser.objects.add(actor=actor, store=store, username=part.username)
    key, _secret = APIKey.objects.issue(
        actor=actor,
        api_user=user,
        description=part.description,
        permission=part.permission,
        resources=part.resources,
        allowed_ips=part.allowed_ips,
        any_ip=not part.allowed_ips,
        signing=part.signing,
        mode=part.mode,
    )
    _age(key, part)
    _end(key, part, actor)
    key.refresh_from_db()
    return key


def _age(key: APIKey, part: Part) -> None:
    """Move what was just made back in time, as only a demo may."""
    now = timezone.now()
    born = now - timedelta(days=part.age)
    used = now - timedelta(days=part.silent_for, minutes=7)
    APIKey.objects.filter(pk=key.pk).update(
        date_added=born,
        date_modified=born,
        enabled_at=born,
        last_used_at=used if part.calls_a_day or part.silent_for else None,
    )
    user, store = key.api_user, key.api_user.store
    Secret.objects.filter(api_key=key).update(date_added=born)
    key.allowed_ips.update(date_added=born)
    APIUser.objects.filter(pk=user.pk).update(date_added=born, date_modified=born)
    ChangeRecord.objects.filter(Q(api_key=key) | Q(api_user=user)).update(date_added=born)
    if store.date_added > born:
        Store.objects.filter(pk=store.pk).update(date_added=born, date_modified=born)
        ChangeRecord.objects.filter(store=store, kind=ChangeRecord.Kind.STORE).update(
            date_added=born
        )
        store.refresh_from_db()
    key.refresh_from_db()


def _end(key: APIKey, part: Part, actor: Actor) -> None:
    now = timezone.now()
    match part.ending:
        case "expires soon":
            key.change(actor=actor, expires_at=now + timedelta(days=5))
        case "expired":
            _expire(key, now - timedelta(days=14))
        case "disabled":
            key.disable(actor=actor, reason="The contract ended.")
        case "rotates now":
            key.rotate(actor=actor, overlap=timedelta(days=1))
        case "old secret in use":
            _rotate(key, now - timedelta(days=part.age / 2), actor)


def _rotate(key: APIKey, moment: datetime, actor: Actor) -> None:
    key.rotate(actor=actor)
    key.secrets.filter(retires_at=None).update(date_added=moment)
    key.secrets.exclude(retires_at=None).update(
        retires_at=moment, last_used_at=moment - timedelta(minutes=4)
    )
    APIKey.objects.filter(pk=key.pk).update(date_modified=moment)
    ChangeRecord.objects.filter(api_key=key, action="rotated").update(
        date_added=moment,
        after={"version": 2, "signing": key.signing, "overlap_ends": moment.isoformat()},
    )


def _expire(key: APIKey, moment: datetime) -> None:
    APIKey.objects.filter(pk=key.pk).update(expires_at=moment)
