"""A factory for every model, going through the product's own deeds: no record is unlike a real one.

key = APIKeyFactory(username="inventory-sync", allowed_ips=["203.0.113.7"])
key.secret                          # the secret in plain text, which only tests ever keep
APIKeyFactory(disabled=True)        # or expired=True, signing=True, permission="write"
APIKeyFactory.build()               # has a secret, but was never issued
"""

from datetime import timedelta

import factory
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as ConsolePermission
from django.db.models.functions import Now
from django.utils import timezone

from apikeys import networks, tokens
from apikeys.actor import Actor
from apikeys.denial import DenialReason
from apikeys.models import (
    AllowedIP,
    APIKey,
    APIUser,
    ChangeRecord,
    Secret,
    SpentNonce,
    Store,
    WorkerLease,
)
from history.models import CallRecord, UnprovenCalls
from history.models.call import Outcome

ACTOR = Actor.system("tests")
PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory):
    """A console user whose password is ``PASSWORD``.

    ``stores`` are those whose staff they are; ``permissions`` are named like
    ``"apikeys.add_apikey"``; ``superuser=True`` may do everything.
    """

    class Meta:
        model = get_user_model()

    username = factory.Sequence("person{}".format)

    @classmethod
    def _create(cls, model, *, superuser=False, stores=(), permissions=(), **fields):
        fields = {"password": PASSWORD, "is_staff": True} | fields
        create = model.objects.create_superuser if superuser else model.objects.create_user
        user = create(**fields)
        user.stores.set(stores)
        for permission in permissions:
            app, _, codename = permission.partition(".")
            user.user_permissions.add(
                ConsolePermission.objects.get(content_type__app_label=app, codename=codename)
            )
        return user


class StoreFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Store

    name = factory.Sequence("Store {}".format)

    @classmethod
    def _create(cls, model, *, disabled=False, staff=(), **fields):
        store = model.objects.open(actor=ACTOR, **fields)
        store.staff.set(staff)
        if disabled:
            store.disable(actor=ACTOR)
        return store


class APIUserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = APIUser

    store = factory.SubFactory(StoreFactory)
    username = factory.Sequence("integration-{}".format)

    @classmethod
    def _create(cls, model, *, disabled=False, **fields):
        api_user = model.objects.add(actor=ACTOR, **fields)
        if disabled:
            api_user.disable(actor=ACTOR)
        return api_user


class APIKeyFactory(factory.django.DjangoModelFactory):
    """An issued key with its ``secret``; ``store``, ``username`` and ``owner`` are its API user's.

    Any address may use it, unless ``allowed_ips`` are given. ``date_added`` and ``last_used_at``
    are set back in time after the key was issued.
    """

    class Meta:
        model = APIKey

    @classmethod
    def _create(cls, model, *, disabled=False, expired=False, **fields):
        past = {name: fields.pop(name) for name in PAST & fields.keys()}
        fields.setdefault("any_ip", "allowed_ips" not in fields)
        fields["allowed_ips"] = _canonical(fields.get("allowed_ips", ()))
        if "api_user" not in fields:
            user = {name: fields.pop(name) for name in OF_USER & fields.keys()}
            fields["api_user"] = APIUserFactory(**user)
        key, secret = model.objects.issue(actor=ACTOR, **fields)
        if disabled:
            key.disable(actor=ACTOR)
        if expired:
            past["expires_at"] = timezone.now() - timedelta(minutes=1)
        if "date_added" in past:
            past["enabled_at"] = past["date_modified"] = past["date_added"]
        if past:
            model.objects.filter(pk=key.pk).update(**past)
            key.refresh_from_db()
        key.secret = secret
        return key

    @classmethod
    def _build(cls, model, *, mode="live", **fields):
        minted = tokens.mint(mode)
        key = model(consumer_key=minted.consumer_key, **fields)
        key.secret = minted.secret
        return key


PAST = {"date_added", "last_used_at"}
OF_USER = {"store", "username", "owner"}


def _canonical(entries):
    pairs = [(entry, "") if isinstance(entry, str) else entry for entry in entries]
    return [(networks.parse_entry(network), label) for network, label in pairs]


class SecretFactory(factory.django.DjangoModelFactory):
    """The newest version of a key's secret, with its ``plain`` text, made by rotating the key."""

    class Meta:
        model = Secret

    api_key = factory.SubFactory(APIKeyFactory)

    @classmethod
    def _create(cls, model, *, api_key, overlap=timedelta(0), signing=None):
        plain = api_key.rotate(actor=ACTOR, overlap=overlap, signing=signing)
        secret = api_key.current_secret
        secret.plain = plain
        return secret


class AllowedIPFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = AllowedIP

    api_key = factory.SubFactory(APIKeyFactory, any_ip=False)
    network = factory.Sequence("203.0.113.{}".format)
    label = ""

    @classmethod
    def _create(cls, model, *, api_key, network, label):
        network = networks.parse_entry(network)
        api_key.allow_ips([(network, label)], actor=ACTOR)
        return model.objects.get(api_key=api_key, network=network)


class ChangeRecordFactory(factory.django.DjangoModelFactory):
    """A deed that was done to ``of``: a key, an API user or a store."""

    class Meta:
        model = ChangeRecord

    of = factory.SubFactory(APIKeyFactory)
    action = "changed"
    actor = ACTOR

    @classmethod
    def _create(cls, model, *, of, action, actor, **fields):
        past = {name: fields.pop(name) for name in {"date_added"} & fields.keys()}
        record = of.note(actor, action, **fields)
        if past:
            model.objects.filter(pk=record.pk).update(**past)
            record.refresh_from_db()
        return record


class SpentNonceFactory(factory.django.DjangoModelFactory):
    """A nonce that a signed call used up, just now or at the Unix time ``timestamp``."""

    class Meta:
        model = SpentNonce

    consumer_key = factory.LazyFunction(lambda: tokens.mint().consumer_key)
    timestamp = factory.LazyFunction(lambda: int(timezone.now().timestamp()))
    nonce = factory.Sequence("nonce{}".format)

    @classmethod
    def _create(cls, model, **fields):
        before = set(model.objects.values_list("pk", flat=True))
        assert model.objects.spend(**fields)
        return model.objects.exclude(pk__in=before).get()

    @classmethod
    def useless(cls, **fields):
        """One whose timestamp is refused as stale for a while, so that it can be forgotten."""
        long_ago = timezone.now() - timedelta(seconds=settings.SIGNATURE_WINDOW + 120)
        return cls(timestamp=int(long_ago.timestamp()), **fields)


class WorkerLeaseFactory(factory.django.DjangoModelFactory):
    """The one lease, held by ``holder`` from now on."""

    class Meta:
        model = WorkerLease

    holder = factory.Sequence("worker-{}".format)

    @classmethod
    def _create(cls, model, *, holder):
        model.objects.filter(expires_at__gt=Now()).update(expires_at=Now())
        assert model.objects.take(holder)
        return model.objects.get()


class CallRecordFactory(factory.django.DjangoModelFactory):
    """A call of ``key``, let in unless a denial ``reason`` is given. Nothing else is touched."""

    class Meta:
        model = CallRecord

    class Params:
        key = factory.SubFactory(APIKeyFactory)

    key_id = factory.SelfAttribute("key.pk")
    consumer_key = factory.SelfAttribute("key.consumer_key")
    username = factory.SelfAttribute("key.api_user.username")
    store_id = factory.SelfAttribute("key.api_user.store.public_id")
    date_added = factory.LazyFunction(timezone.now)
    date_modified = factory.LazyAttribute(
        lambda call: call.date_added + timedelta(milliseconds=call.duration_ms)
    )
    duration_ms = 12
    reason = ""
    outcome = factory.LazyAttribute(lambda call: Outcome.DENIED if call.reason else Outcome.ALLOWED)
    status = factory.LazyAttribute(
        lambda call: DenialReason(call.reason).status if call.reason else 200
    )
    ip = "203.0.113.7"
    method = "GET"
    path = "/api/v1/whoami"
    scheme = "https"
    request_id = factory.Sequence("{:024x}".format)


class UnprovenCallsFactory(factory.django.DjangoModelFactory):
    """``count`` calls in one minute that proved no key; ``key`` is one that they named."""

    class Meta:
        model = UnprovenCalls

    key = None
    count = 1
    date_added = factory.LazyFunction(timezone.now)
    network = "198.51.100.9"
    reason = DenialReason.INVALID.value
    detail = ""
    method = "GET"
    path = "/api/v1/whoami"

    @classmethod
    def _create(cls, model, *, key, count, date_added, **fields):
        fields["consumer_key"] = key.consumer_key if key else ""
        fields["store_id"] = key.api_user.store.public_id if key else ""
        for _ in range(count):
            model.objects.count_one(at=date_added, answered=date_added, **fields)
        return model.objects.get(
            minute=date_added.replace(second=0, microsecond=0),
            **{name: fields[name] for name in ("network", "reason", "consumer_key")},
        )
