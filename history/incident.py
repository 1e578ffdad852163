"""Incident mode: which keys to take out of use at once, and taking them out."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import router
from django.utils import timezone

from apikeys import networks
from apikeys.actor import Actor
from apikeys.models import APIKey, APIUser, Status
from apikeys.models.api_key import APIKeyQuerySet
from history.models import CallRecord

SEEN_WITHIN: Final = timedelta(days=30)


def affected_keys(
    visible: APIKeyQuerySet,
    *,
    username: str | None = None,
    store: str | None = None,
    created_since: datetime | None = None,
    created_before: datetime | None = None,
    permission: str | None = None,
    seen_from: str | None = None,
) -> APIKeyQuerySet:
    """The enabled keys among ``visible`` that fit everything that is given.

    ``store`` is a Store ID. ``seen_from`` is an address or network from which a call with the
    key's secret came within the last 30 days, let in or refused; ValueError if it is neither.
    """
    keys = visible.filter(status=Status.ENABLED)
    if username is not None:
        keys = keys.filter(api_user__in=APIUser.objects.named(username).values("pk"))
    if store is not None:
        keys = keys.filter(api_user__store__public_id=store)
    if created_since is not None:
        keys = keys.filter(date_added__gte=created_since)
    if created_before is not None:
        keys = keys.filter(date_added__lt=created_before)
    if permission is not None:
        keys = keys.filter(permission=permission)
    if seen_from is not None:
        keys = keys.filter(pk__in=_seen_from(networks.parse_entry(seen_from)))
    return keys.select_related("api_user__store").order_by("date_added", "pk")


def disable_keys(keys: Iterable[APIKey], *, actor: Actor, reason: str) -> list[APIKey]:
    """Disable each of them, one whole deed a key; returns those that were still enabled.

    One that somebody deletes meanwhile is out of use as well, and holds up none of the others.
    """
    disabled = []
    for key in keys:
        with suppress(APIKey.DoesNotExist):
            if key.disable(actor=actor, reason=reason):
                disabled.append(key)
    return disabled


def _seen_from(network: str) -> Iterable[Any]:
    """The ids of the keys, as a part of the statement where the calls are in the same database."""
    since = timezone.now() - SEEN_WITHIN
    calls = CallRecord.objects.filter(date_added__gte=since).led_by_network(network)
    ids = calls.order_by().values_list("key_id", flat=True).distinct()
    together = router.db_for_read(CallRecord) == router.db_for_read(APIKey)
    return ids if together else list(ids)
