"""Where a key's calls come from and what they ask for, most frequent first."""

from typing import Any, Final, NamedTuple

from django.db.models import Count, Max

from apikeys.models import APIKey
from history.models import CallRecord
from history.models.call import CallRecordQuerySet
from history.position import Position

# Only so many of the newest calls are looked at, so that a busy key's page is as quick as any.
SAMPLE: Final = 5000
SHOWN: Final = 5


class Frequent(NamedTuple):
    """The most frequent addresses and paths among the newest calls."""

    addresses: list[dict[str, Any]]
    paths: list[dict[str, Any]]
    is_sample: bool


def of_key(key: APIKey) -> Frequent:
    """Each with ``calls`` and ``last``, the time of the newest."""
    calls = CallRecord.objects.of_key(key)
    edge = list(calls.values_list("date_added", "pk")[SAMPLE - 1 : SAMPLE])
    if edge:
        calls = calls.down_to(Position(*edge[0]))
    return Frequent(_most(calls, "ip"), _most(calls, "method", "path"), is_sample=bool(edge))


def _most(calls: CallRecordQuerySet, *fields: str) -> list[dict[str, Any]]:
    groups = calls.order_by().values(*fields).annotate(calls=Count("pk"), last=Max("date_added"))
    return list(groups.order_by("-calls", *fields)[:SHOWN])
