import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from history import daily, rollup
from history.models import CallRecord, DailyCalls, DailyReasons, RollUp
from tests.factories import APIKeyFactory, CallRecordFactory, StoreFactory, UserFactory


def totals():
    return {
        (row.key_id, row.day): (row.allowed, row.denied) for row in DailyCalls.objects.order_by()
    }


@pytest.fixture
def superuser(db):
    return UserFactory(superuser=True)


@pytest.mark.django_db
def test_calls_are_counted_by_key_and_day_and_reason():
    key, other = APIKeyFactory(), APIKeyFactory()
    monday, tuesday = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)
    CallRecordFactory.create_batch(2, key=key, date_added=monday)
    CallRecordFactory(key=key, date_added=monday, reason="ip_not_allowed")
    CallRecordFactory(key=key, date_added=tuesday, reason="rate_limited")
    CallRecordFactory(key=other, date_added=tuesday)

    assert rollup.roll_up() == 5

    assert totals() == {
        (key.pk, monday.date()): (2, 1),
        (key.pk, tuesday.date()): (0, 1),
        (other.pk, tuesday.date()): (1, 0),
    }
    assert set(DailyReasons.objects.values_list("day", "reason", "count")) == {
        (monday.date(), "", 2),
        (monday.date(), "ip_not_allowed", 1),
        (tuesday.date(), "rate_limited", 1),
        (tuesday.date(), "", 1),
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
def test_no_call_is_counted_twice_however_often_and_in_whatever_portions(monkeypatch):
    monkeypatch.setattr(rollup, "BATCH", 2)
    key = APIKeyFactory()
    CallRecordFactory.create_batch(5, key=key)
    assert rollup.roll_up() == 5
    assert rollup.roll_up() == 0
    CallRecordFactory.create_batch(2, key=key, reason="key_disabled")
    assert rollup.roll_up() == 2

    assert list(totals().values()) == [(5, 2)]


@pytest.mark.django_db
def test_ids_that_no_call_has_any_more_cost_nothing(django_assert_max_num_queries):
    CallRecordFactory()
    CallRecordFactory(pk=CallRecord.objects.latest("pk").pk + 100 * rollup.BATCH)

    with django_assert_max_num_queries(30):
        assert rollup.roll_up() == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
def test_counting_at_the_same_time_counts_once(monkeypatch):
    CallRecordFactory()
    settled = rollup._settled_id()

    def another_worker_was_faster():
        monkeypatch.undo()
        assert rollup.roll_up() == 1
        return settled

    monkeypatch.setattr(rollup, "_settled_id", another_worker_was_faster)
    assert rollup.roll_up() == 0
    assert list(totals().values()) == [(1, 0)]


@pytest.mark.django_db
def test_days_are_those_of_the_time_zone_setting_and_are_counted_anew_when_it_changes(settings):
    CallRecordFactory(date_added=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    rollup.roll_up()
    assert DailyCalls.objects.get().day == date(2026, 3, 2)

    settings.TIME_ZONE = "Europe/Berlin"

    assert rollup.roll_up() == 1
    assert DailyCalls.objects.get().day == DailyReasons.objects.get().day == date(2026, 3, 3)


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
def test_readers_see_counted_and_uncounted_calls_as_one(superuser):
    key = APIKeyFactory()
    CallRecordFactory.create_batch(2, key=key)
    CallRecordFactory(key=key, date_added=timezone.now() - timedelta(days=2), reason="rate_limited")
    rollup.roll_up()
    CallRecordFactory(key=key, reason="rate_limited")
    CallRecordFactory()
    CallRecordFactory(key=key, date_added=timezone.now() - timedelta(days=8))

    last_week = daily.days_of_key(key.pk, days=7)

    assert [day.day for day in last_week] == [
        daily.today() - timedelta(ago) for ago in range(6, -1, -1)
    ]
    assert last_week[-1][1:] == (2, 1)
    assert last_week[-3][1:] == (0, 1)
    by_day, reasons = daily.of_all(superuser, 7)
    assert by_day[-1][1:] == (3, 1)
    assert reasons == [("rate_limited", 2)]
    assert daily.calls_of_keys([key.pk, 0], 7) == {key.pk: (2, 2), 0: (0, 0)}


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
def test_a_reader_that_meets_the_worker_reads_again(monkeypatch):
    key = APIKeyFactory()
    CallRecordFactory(key=key)
    real, marks = daily._mark, []

    def mark():
        marks.append(real())
        if len(marks) == 1:
            rollup.roll_up()  # between the mark and the counting
        return marks[-1]

    monkeypatch.setattr(daily, "_mark", mark)

    assert daily.days_of_key(key.pk, days=7)[-1].allowed == 1
    assert len(marks) == 4


@pytest.mark.django_db
@pytest.mark.usefixtures("noon")
def test_staff_of_one_store_count_its_calls_only():
    store = StoreFactory()
    mine = APIKeyFactory(store=store)
    CallRecordFactory(key=mine)
    CallRecordFactory()
    rollup.roll_up()
    CallRecordFactory(key=mine, reason="rate_limited")
    CallRecordFactory(reason="key_disabled")
    staff = UserFactory(stores=[store])

    by_day, reasons = daily.of_all(staff, 7)
    assert by_day[-1][1:] == (1, 1)
    assert reasons == [("rate_limited", 1)]
    by_day, reasons = daily.of_all(UserFactory(), 7)
    assert (by_day[-1][1:], reasons) == ((0, 0), [])


@pytest.mark.django_db(transaction=True)
def test_a_call_that_commits_late_is_counted(monkeypatch):
    """Its id is lower than that of a call that was committed first."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, who commits in the order of the ids")
    monkeypatch.setattr(rollup, "PATIENCE", timedelta(minutes=1))
    key = APIKeyFactory()
    inserted, may_commit = threading.Event(), threading.Event()

    def commit_late():
        with transaction.atomic():
            CallRecordFactory(key=key)
            inserted.set()
            may_commit.wait(60)
        connection.close()

    late = threading.Thread(target=commit_late)
    late.start()
    assert inserted.wait(60)
    CallRecordFactory(key=key)  # has the higher id, and is committed
    threading.Timer(0.2, may_commit.set).start()

    assert rollup.roll_up() == 2

    late.join()
    assert RollUp.objects.get().upto == CallRecord.objects.latest("pk").pk


@pytest.mark.django_db(transaction=True)
def test_counting_waits_for_another_day_rather_than_for_long(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, who commits in the order of the ids")
    monkeypatch.setattr(rollup, "PATIENCE", timedelta(0))
    key = APIKeyFactory()
    inserted, may_commit = threading.Event(), threading.Event()

    def hang():
        with transaction.atomic():
            CallRecordFactory(key=key)
            inserted.set()
            may_commit.wait(60)
        connection.close()

    hanging = threading.Thread(target=hang)
    hanging.start()
    assert inserted.wait(60)
    CallRecordFactory(key=key)

    assert rollup.roll_up() == 0
    may_commit.set()
    hanging.join()
    assert rollup.roll_up() == 2
