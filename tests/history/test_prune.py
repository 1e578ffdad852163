from datetime import UTC, datetime, timedelta

import pytest

from apikeys.housekeeping import delete_in_steps
from history import retention, rollup
from history.models import CallRecord, DailyCalls, DailyReasons, UnprovenCalls
from tests.factories import ACTOR, APIKeyFactory, CallRecordFactory, UnprovenCallsFactory

pytestmark = pytest.mark.django_db
CUTOFF = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def test_prune_deletes_what_came_before_the_moment_and_nothing_else():
    CallRecordFactory(date_added=CUTOFF - INSTANT)
    kept = CallRecordFactory(date_added=CUTOFF)

    assert CallRecord.objects.prune(CUTOFF) == 1
    assert list(CallRecord.objects.all()) == [kept]


def test_prune_deletes_the_oldest_first_in_small_transactions(django_assert_num_queries):
    key = APIKeyFactory()
    for hour in range(5):
        CallRecordFactory(key=key, date_added=CUTOFF - timedelta(hours=hour + 1))

    with django_assert_num_queries(7):  # 2 + 2 + 1 rows, each read and deleted, then none left
        assert delete_in_steps(CallRecord.objects.order_by("date_added"), at_once=2) == 5


def test_a_minute_of_unproven_calls_goes_when_all_of_it_is_old():
    UnprovenCallsFactory(date_added=CUTOFF - timedelta(minutes=1))
    kept = UnprovenCallsFactory(date_added=CUTOFF)

    assert UnprovenCalls.objects.prune(CUTOFF + timedelta(seconds=59)) == 1
    assert list(UnprovenCalls.objects.all()) == [kept]


def test_pruning_history_forgets_calls_counts_and_whole_days():
    CallRecordFactory(date_added=CUTOFF - timedelta(days=1))
    CallRecordFactory(date_added=CUTOFF - INSTANT)
    UnprovenCallsFactory(date_added=CUTOFF - timedelta(days=1))
    kept = CallRecordFactory(date_added=CUTOFF)
    rollup.roll_up()

    assert retention.prune(CUTOFF, actor=ACTOR) == 3

    assert list(CallRecord.objects.all()) == [kept]
    assert not UnprovenCalls.objects.exists()
    assert [row.day for row in DailyCalls.objects.all()] == [CUTOFF.date()]
    assert [row.day for row in DailyReasons.objects.all()] == [CUTOFF.date()]


def test_a_day_of_which_a_part_is_forgotten_counts_all_its_calls():
    key = APIKeyFactory()
    CallRecordFactory(key=key, date_added=CUTOFF + timedelta(hours=1))
    kept = CallRecordFactory(key=key, date_added=CUTOFF + timedelta(hours=3))

    assert retention.prune(CUTOFF + timedelta(hours=2), actor=ACTOR) == 1

    assert list(CallRecord.objects.all()) == [kept]
    rollup.roll_up()
    assert DailyCalls.objects.get(key_id=key.pk).allowed == 2
