"""Count the calls by day in the background, each exactly once.

Counting in the recorder's transaction would cost every call a statement and make the calls of a
busy key queue for one row. So the worker counts, up to the newest call that can have no
predecessor still to come, and readers add the few calls beyond (``history.daily``).
"""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connections, router, transaction
from django.db.models import Count, Max, Min
from django.db.models.functions import TruncDate
from django.utils import timezone

from history.models import CallRecord, DailyCalls, DailyReasons, RollUp
from history.models.rollup import THE_ONE

BATCH: Final = 10_000
PATIENCE: Final = timedelta(seconds=5)


def roll_up() -> int:
    """Count all calls that are not counted yet; returns how many that were.

    Days are those of the setting TIME_ZONE; when that was changed all is counted anew. Two at
    the same time are harmless: the slower one finds its work done and stops.
    """
    state = _begin()
    newest, counted = _settled_id(), 0
    while state.upto < newest:
        upto = min(_next_id(state.upto) + BATCH, newest)
        done = _count(state, upto)
        if done is None:
            break
        counted, state.upto = counted + done, upto
    return counted


def _begin() -> RollUp:
    using = router.db_for_write(RollUp)
    with transaction.atomic(using=using):
        state, _created = RollUp.objects.select_for_update().get_or_create(
            pk=THE_ONE, defaults={"time_zone": settings.TIME_ZONE}
        )
        if state.time_zone != settings.TIME_ZONE:
            DailyCalls.objects.all().delete()
            DailyReasons.objects.all().delete()
            state.upto, state.time_zone = 0, settings.TIME_ZONE
            state.save()
    return state


def _next_id(upto: int) -> int:
    """The id of the first call beyond: of old ids that were pruned there can be very many."""
    first: int | None = CallRecord.objects.filter(pk__gt=upto).aggregate(first=Min("pk"))["first"]
    return first or upto


def _settled_id() -> int:
    """An id up to which every call is either committed or will never be.

    Ids are given before the commit, so on PostgreSQL a call with a lower id can appear later.
    Whoever holds such an id began to insert before we looked, and holds the table's lock for
    inserting until its transaction ends: once all those have ended, nothing can come below. This
    is how CREATE INDEX CONCURRENTLY waits, and it makes nobody else wait. SQLite's single writer
    commits in the order of the ids.
    """
    newest: int = CallRecord.objects.aggregate(newest=Max("pk"))["newest"] or 0
    using = router.db_for_read(CallRecord)
    if connections[using].vendor != "postgresql":
        return newest
    give_up = time.monotonic() + PATIENCE.total_seconds()
    inserting = _inserting(using)
    while inserting:
        if time.monotonic() > give_up:
            return 0
        time.sleep(0.02)
        inserting &= _inserting(using)
    return newest


def _inserting(using: str) -> set[str]:
    """The transactions that hold the lock under which rows are inserted, ours left out."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation'"
            " AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND granted"
            " AND pid <> pg_backend_pid()",
            [CallRecord._meta.db_table],
        )
        return {transaction_id for (transaction_id,) in cursor.fetchall()}


def _count(state: RollUp, upto: int) -> int | None:
    """Count the calls beyond ``state.upto``; None when somebody else did it meanwhile."""
    calls: Counter[tuple[Any, ...]] = Counter()
    reasons: Counter[tuple[Any, ...]] = Counter()
    for group in by_day(CallRecord.objects.filter(pk__gt=state.upto, pk__lte=upto)):
        outcome = "denied" if group["reason"] else "allowed"
        calls[group["key_id"], group["day"], group["store_id"], outcome] += group["calls"]
        reasons[group["day"], group["store_id"], group["reason"]] += group["calls"]
    with transaction.atomic(using=router.db_for_write(RollUp)):
        current = RollUp.objects.select_for_update().get(pk=THE_ONE)
        if current.upto != state.upto or current.time_zone != state.time_zone:
            return None
        _add_calls(calls)
        _add_reasons(reasons)
        current.upto = upto
        current.save()
    return reasons.total()


def by_day(calls: Any) -> Iterable[dict[str, Any]]:
    """The calls as groups of key, store, day and reason, with the number of ``calls`` in each."""
    day = TruncDate("date_added", tzinfo=timezone.get_default_timezone())
    groups = calls.order_by().annotate(day=day).values("key_id", "store_id", "day", "reason")
    counted: Iterable[dict[str, Any]] = groups.annotate(calls=Count("pk")).iterator()
    return counted


def _add_calls(counts: Counter[tuple[Any, ...]]) -> None:
    keys = {(key_id, day, store_id) for key_id, day, store_id, _outcome in counts}
    before = {
        (row.key_id, row.day, row.store_id): row
        for row in DailyCalls.objects.filter(
            key_id__in={key_id for key_id, _day, _store in keys},
            day__in={day for _key, day, _store in keys},
        )
    }
    rows = []
    for key in keys:
        row = before.get(key) or DailyCalls()
        allowed = row.allowed + counts[*key, "allowed"]
        denied = row.denied + counts[*key, "denied"]
        key_id, day, store_id = key
        rows.append(
            DailyCalls(key_id=key_id, day=day, store_id=store_id, allowed=allowed, denied=denied)
        )
    DailyCalls.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key_id", "day", "store_id"],
        update_fields=["allowed", "denied"],
    )


def _add_reasons(counts: Counter[tuple[Any, ...]]) -> None:
    before = Counter(
        {
            (row.day, row.store_id, row.reason): row.count
            for row in DailyReasons.objects.filter(day__in={day for day, _store, _reason in counts})
        }
    )
    DailyReasons.objects.bulk_create(
        [
            DailyReasons(
                day=day,
                store_id=store_id,
                reason=reason,
                count=before[day, store_id, reason] + count,
            )
            for (day, store_id, reason), count in counts.items()
        ],
        update_conflicts=True,
        unique_fields=["day", "store_id", "reason"],
        update_fields=["count"],
    )
