from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from history.rollup import roll_up
from tests.factories import APIKeyFactory, CallRecordFactory, UnprovenCallsFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_every_key_is_counted_also_one_without_a_call(command):
    unused = APIKeyFactory(description="spare")
    busy = APIKeyFactory(username="sync", permission="read_write", last_used_at=NOW)
    for _ in range(3):
        CallRecordFactory(key=busy)
    roll_up()
    CallRecordFactory(key=busy)
    CallRecordFactory(key=busy, reason="ip_not_allowed")
    UnprovenCallsFactory(key=busy, count=2)
    UnprovenCallsFactory(count=7)

    ran = command("key_usage", "--json")

    assert ran.code == 0
    first, second = ran.document
    assert (first["calls"], first["denials"], first["attempts"]) == (4, 1, 2)
    assert (first["username"], first["permission"]) == ("sync", "read_write")
    assert (first["consumer_key"], first["description"]) == (busy.consumer_key, "")
    assert first["last_used_at"] is not None
    assert (second["calls"], second["denials"], second["attempts"]) == (0, 0, 0)
    assert (second["consumer_key"], second["last_used_at"]) == (unused.consumer_key, None)


def test_only_the_given_days_count(command):
    key = APIKeyFactory()
    for ago in (0, 3, 9):
        CallRecordFactory(key=key, date_added=NOW - timedelta(days=ago))
        UnprovenCallsFactory(key=key, date_added=NOW - timedelta(days=ago))
    (row,) = command("key_usage", "--days=7", "--json").document
    assert (row["calls"], row["attempts"]) == (2, 2)


def test_without_keys_it_is_an_empty_list(command):
    ran = command("key_usage", "--json")
    assert (ran.code, ran.document) == (0, [])


@pytest.mark.parametrize("days", ["0", "-3", "x", "1e3"])
def test_what_is_no_number_of_days_is_wrong_usage(command, days):
    assert command("key_usage", f"--days={days}").code == 2


def test_the_number_of_queries_does_not_grow_with_the_keys(command):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            command("key_usage", "--json")
        return len(captured)

    CallRecordFactory()
    few = queries()
    for _ in range(5):
        CallRecordFactory()
    assert queries() == few <= 6
