"""Calls by day, exact to the last call: what the worker counted, and the few calls since."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import F, Sum
from django.utils import timezone

from apikeys.models.scope import Person
from apikeys.total import Total
from history.models import CallRecord, DailyCalls, DailyReasons, RollUp
from history.models.call import CallRecordQuerySet
from history.models.scope import store_ids_of
from history.rollup import by_day

Counted = TypeVar("Counted")
ATTEMPTS: Final = 3


class Day(NamedTuple):
    day: date
    allowed: int
    denied: int


def today() -> date:
    """Today where the setting TIME_ZONE is: statistics have the same days for everybody."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def days_of_key(key_id: int, *, days: int) -> list[Day]:
    """Every one of the last so many days, today the last, also those without a call."""

    def count(since: date, beyond: CallRecordQuerySet) -> Counter[tuple[date, bool]]:
        found: Counter[tuple[date, bool]] = Counter()
        for row in DailyCalls.objects.filter(key_id=key_id, day__gte=since):
            found[row.day, False] += row.allowed
            found[row.day, True] += row.denied
        for group in _since(since, _only_keys(beyond, [key_id])):
            found[group["day"], bool(group["reason"])] += group["calls"]
        return found

    return _filled(_consistent(days, count), days)


def of_all(user: Person, days: int) -> tuple[list[Day], list[tuple[str, int]]]:
    """The same for all keys that this console user may see; and the reasons of the denials.

    The most frequent reason stands first, each with its number of calls.
    """
    by_outcome: Counter[tuple[date, bool]] = Counter()
    reasons: Counter[str] = Counter()
    for (day, reason), calls in _reasons_by_day(user, days).items():
        by_outcome[day, bool(reason)] += calls
        if reason:
            reasons[reason] += calls
    return _filled(by_outcome, days), reasons.most_common()


def calls_of_keys(key_ids: Iterable[int], days: int) -> dict[int, tuple[int, int]]:
    """Calls and denials of each of these keys in the last so many days."""
    wanted = list(key_ids)

    def count(since: date, beyond: CallRecordQuerySet) -> Counter[tuple[int, bool]]:
        found: Counter[tuple[int, bool]] = Counter()
        rows = DailyCalls.objects.filter(key_id__in=wanted, day__gte=since)
        for key_id, allowed, denied in rows.values_list("key_id").annotate(
            Sum("allowed"), Sum("denied")
        ):
            found[key_id, False] += allowed
            found[key_id, True] += denied
        for group in _since(since, _only_keys(beyond, wanted)):
            found[group["key_id"], bool(group["reason"])] += group["calls"]
        return found

    found = _consistent(days, count)
    return {key_id: (found[key_id, False], found[key_id, True]) for key_id in wanted}


def _reasons_by_day(user: Person, days: int) -> Counter[tuple[date, str]]:
    stores = store_ids_of(user)

    def count(since: date, beyond: CallRecordQuerySet) -> Counter[tuple[date, str]]:
        found: Counter[tuple[date, str]] = Counter()
        rows = DailyReasons.objects.of_stores(stores).filter(day__gte=since)
        for day, reason, calls in rows.values_list("day", "reason").annotate(Sum("count")):
            found[day, reason] += calls
        for group in _since(since, beyond):
            if stores is None or group["store_id"] in stores:
                found[group["day"], group["reason"]] += group["calls"]
        return found

    return _consistent(days, count)


def _consistent(days: int, count: Callable[[date, CallRecordQuerySet], Counted]) -> Counted:
    """Count while the worker does not: a call must not be taken from both sides of the mark.

    The mark is read again afterwards; a transaction would do the same, but on SQLite it would
    hold the lock that every call waits for.
    """
    first = today() - timedelta(days=days - 1)
    for _attempt in range(ATTEMPTS):
        mark = _mark()
        counted = count(first, CallRecord.objects.filter(pk__gt=mark))
        if _mark() == mark:
            break
    return counted


def uncounted(most: int) -> Total:
    """How many calls the worker has not counted yet, which every statistic has to read."""
    return Total.of(CallRecord.objects.filter(pk__gt=_mark()).order_by("pk"), most)


def _mark() -> int:
    return RollUp.objects.values_list("upto", flat=True).first() or 0


def _since(first: date, beyond: CallRecordQuerySet) -> Iterable[dict[str, Any]]:
    # Few calls lie beyond the mark. A condition on their time would lead the planner to the index
    # by time, and so through all calls of the period.
    return (group for group in by_day(beyond) if group["day"] >= first)


def _only_keys(beyond: CallRecordQuerySet, key_ids: list[int]) -> CallRecordQuerySet:
    # The sum keeps the planner from the index by key: a busy key has many calls in all, while
    # few calls of any key lie beyond the mark.
    return beyond.annotate(any_key=F("key_id") + 0).filter(any_key__in=key_ids)


def _filled(found: Counter[Any], days: int) -> list[Day]:
    last = today()
    every = [last - timedelta(days=ago) for ago in reversed(range(days))]
    return [Day(day, found[day, False], found[day, True]) for day in every]
