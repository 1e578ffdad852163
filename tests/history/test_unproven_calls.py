"""Refusals before a key was proven: merged, counted exactly, bounded in rows."""

from datetime import timedelta
from importlib import import_module
from threading import Thread
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from apikeys import tokens
from history.models import CallRecord, UnprovenCalls
from tests.factories import ACTOR, APIKeyFactory, UserFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]


@pytest.fixture(autouse=True)
def _one_minute(time_machine, settings):
    settings.FAILED_ATTEMPT_LIMIT = "none"
    time_machine.move_to(timezone.now().replace(second=10, microsecond=0), tick=False)


def attempt(call, key=None, **options):
    if key is not None:
        options["secret"] = tokens.new_secret(key.consumer_key)
    return call(key, NOTES, **options)


def rows():
    fields = ("network", "reason", "consumer_key", "count")
    return set(UnprovenCalls.objects.values_list(*fields))


def test_calls_of_one_minute_network_reason_and_key_are_one_row(call):
    key = APIKeyFactory()
    for _ in range(3):
        attempt(call, key, REMOTE_ADDR="198.51.100.7")
    attempt(call, key, REMOTE_ADDR="198.51.100.8")
    attempt(call, REMOTE_ADDR="198.51.100.7")
    attempt(call, APIKeyFactory.build(), REMOTE_ADDR="198.51.100.7")

    assert rows() == {
        ("198.51.100.7", "invalid_credentials", key.consumer_key, 3),
        ("198.51.100.8", "invalid_credentials", key.consumer_key, 1),
        ("198.51.100.7", "missing_credentials", "", 1),
        ("198.51.100.7", "invalid_credentials", "", 1),
    }
    assert UnprovenCalls.objects.total() == 6
    assert UnprovenCalls.objects.of_key(key).total() == 4
    assert not CallRecord.objects.exists()


def test_the_next_minute_is_another_row(call, time_machine):
    attempt(call)
    first = UnprovenCalls.objects.get()
    time_machine.move_to(first.minute + timedelta(seconds=59, milliseconds=999))
    attempt(call)
    time_machine.move_to(first.minute + timedelta(seconds=60))
    attempt(call)

    assert sorted(UnprovenCalls.objects.values_list("count", flat=True)) == [1, 2]
    first.refresh_from_db()
    assert first.date_modified - first.minute >= timedelta(seconds=59)
    assert first.date_added < first.date_modified


@pytest.mark.parametrize(
    ("addresses", "network"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"], "2001:db8::/64"),
        (["203.0.113.7", "::ffff:203.0.113.7"], "203.0.113.7"),
        (["", "nonsense"], ""),
    ],
)
def test_addresses_are_merged_by_network(call, addresses, network):
    for address in addresses:
        attempt(call, REMOTE_ADDR=address)

    assert rows() == {(network, "missing_credentials", "", len(addresses))}


def test_a_row_keeps_the_first_path_without_its_query(call):
    call(path=f"{NOTES}?x=cs_live_secret")
    call(path="/api/v1/whoami", method="POST")

    row = UnprovenCalls.objects.get()
    assert (row.method, row.path, row.count) == ("GET", NOTES, 2)


def test_a_row_says_what_was_wrong_with_the_newest_call(call):
    key = APIKeyFactory()
    for text in ("Basic x", "Basic Og==", "Digest x"):
        call(headers={"Authorization": text})

    row = UnprovenCalls.objects.get()
    assert (row.detail, row.count) == ("Authorization: unknown scheme", 3)

    attempt(call, key)
    assert UnprovenCalls.objects.of_key(key).get().detail == "wrong secret"


def test_what_was_wrong_never_repeats_a_secret(call):
    key = APIKeyFactory()

    call(headers={"Authorization": f'OAuth {key.secret}="x"'})
    call(headers={"Authorization": f"{key.secret} x"})

    assert key.secret not in "".join(UnprovenCalls.objects.values_list("detail", flat=True))


def test_rows_are_bounded_and_counts_are_not(call, monkeypatch):
    monkeypatch.setattr("history.models.unproven.ROWS_A_MINUTE", 5)
    for number in range(12):
        attempt(call, REMOTE_ADDR=f"198.51.100.{number}")
    attempt(call, REMOTE_ADDR="198.51.100.0")

    assert UnprovenCalls.objects.count() == 6
    assert UnprovenCalls.objects.total() == 13
    overflow = UnprovenCalls.objects.get(network="*")
    assert (overflow.count, overflow.reason) == (7, "")
    assert (overflow.path, overflow.detail) == ("", "")
    assert UnprovenCalls.objects.get(network="198.51.100.0").count == 2


def test_a_thousand_rows_a_minute_are_the_bound(call):
    minute = timezone.now().replace(second=0, microsecond=0)
    UnprovenCalls.objects.bulk_create(
        UnprovenCalls(
            minute=minute,
            network=f"10.0.{number // 250}.{number % 250}",
            reason="missing_credentials",
            count=1,
            date_added=minute,
            date_modified=minute,
        )
        for number in range(999)
    )
    for number in range(3):
        attempt(call, REMOTE_ADDR=f"198.51.100.{number}")

    assert UnprovenCalls.objects.count() == 1001
    assert UnprovenCalls.objects.get(network="*").count == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_refusals_are_all_counted(call, monkeypatch):
    monkeypatch.setattr("history.models.unproven.ROWS_A_MINUTE", 3)
    statuses = []

    def knock(number):
        try:
            response = call(path=NOTES, REMOTE_ADDR=f"198.51.100.{number % 6}")
            statuses.append(response.status_code)
        finally:
            connection.close()

    threads = [Thread(target=knock, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [401] * 24
    assert UnprovenCalls.objects.total() == 24
    assert UnprovenCalls.objects.count() == 4


def test_attempts_on_a_key_stay_with_its_store_when_the_key_is_deleted(call):
    key = APIKeyFactory()
    attempt(call, key)
    attempt(call, APIKeyFactory())
    attempt(call)
    person = UserFactory(stores=[key.api_user.store])

    key.disable(actor=ACTOR)
    key.delete(actor=ACTOR)

    [seen] = UnprovenCalls.objects.visible_to(person)
    assert seen.consumer_key == key.consumer_key
    assert seen.store_id == key.api_user.store.public_id


def test_attempts_from_before_get_the_store_of_the_key_that_they_named(call):
    key, deleted = APIKeyFactory(), APIKeyFactory()
    for named in (key, deleted, None):
        attempt(call, named)
    before = set(UnprovenCalls.objects.values_list("consumer_key", "store_id"))
    deleted.disable(actor=ACTOR)
    deleted.delete(actor=ACTOR)
    UnprovenCalls.objects.update(store_id="")

    migration = import_module("history.migrations.0009_tell_attempts_their_store")
    migration.tell(apps, SimpleNamespace(connection=connection))

    assert set(UnprovenCalls.objects.values_list("consumer_key", "store_id")) == before
    assert len({store for _key, store in before}) == 3
