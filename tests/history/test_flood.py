"""A flood of strangers: what it may take of the disk and of the machine, and what it leaves."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys.denial import NOBODY
from history.models import CallRecord, UnprovenCalls
from history.models.unproven import OVERFLOW, ROWS_A_MINUTE
from tests.calls import basic
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db
MOST_BYTES_A_ROW = 2048
FOUR_BYTES = "%F0%9F%97%9D"


@pytest.fixture(autouse=True)
def _unlimited(settings):
    settings.FAILED_ATTEMPT_LIMIT = "none"


def size_of(row):
    values = [getattr(row, field.attname) for field in row._meta.fields]
    return sum(len(str(value).encode()) for value in values)


@pytest.mark.parametrize("size", [600, 8_000, 65_536, 1_048_576])
@pytest.mark.parametrize("place", ["header", "basic", "query"])
def test_an_oversize_credential_is_refused_in_few_words(call, place, size):
    headers, path = {}, "/api/v1/whoami"
    match place:
        case "header":
            headers = {"X-API-Key": "k" * size}
        case "basic":
            headers = basic("ck_live_0123456789abcdef", "s" * size)
        case "query":
            path += f"?consumer_key=k&consumer_secret={'s' * size}"

    response = call(path=path, headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "malformed_credentials")
    assert len(response.content) < 1000
    assert b"kkk" not in response.content
    assert b"sss" not in response.content
    assert size_of(UnprovenCalls.objects.get()) <= MOST_BYTES_A_ROW


@pytest.mark.parametrize("is_proven", [True, False])
def test_whatever_is_sent_a_row_stays_small(call, is_proven):
    key = APIKeyFactory(username="u" * 20, allowed_ips=["203.0.113.0/24"] if is_proven else [])
    call(
        key if is_proven else None,
        f"/api/v1/stores/{FOUR_BYTES * 2000}?{'q' * 50_000}",
        method="PROPPATCHES",
        headers={
            "User-Agent": "\u00ff" * 8000,
            "X-Request-ID": "r" * 8000,
            "X-Forwarded-For": "203.0.113.7, " * 600,
        },
        REMOTE_ADDR="2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    )

    model = CallRecord if is_proven else UnprovenCalls
    assert size_of(model.objects.get()) <= MOST_BYTES_A_ROW


def test_a_flood_from_everywhere_is_counted_to_the_last_in_as_many_rows_as_a_minute_has(call):
    key = APIKeyFactory()
    call(key)
    call(path="/api/v1/stores", REMOTE_ADDR="203.0.113.7")
    before = list(CallRecord.objects.values()), list(UnprovenCalls.objects.values())
    at = datetime(2031, 1, 1, 12, 0, 10, tzinfo=UTC)
    knock = {"at": at, "answered": at, "reason": "invalid_credentials"}
    knock |= {"detail": "unknown key"} | NOBODY._asdict()
    networks = [f"10.0.{number // 250}.{number % 250}" for number in range(2 * ROWS_A_MINUTE)]

    for network in networks:
        UnprovenCalls.objects.count_one(**knock, network=network, method="GET", path="/api/v1/")

    flood = UnprovenCalls.objects.filter(minute__year=2031)
    assert (flood.count(), flood.total()) == (ROWS_A_MINUTE + 1, len(networks))
    assert flood.get(network=OVERFLOW).count == len(networks) - ROWS_A_MINUTE
    left = UnprovenCalls.objects.exclude(minute__year=2031)
    assert (list(CallRecord.objects.values()), list(left.values())) == before


def test_in_a_full_minute_a_stranger_costs_two_updates(monkeypatch):
    monkeypatch.setattr("history.models.unproven.ROWS_A_MINUTE", 1)
    at = timezone.now()
    knock = {"at": at, "answered": at, "reason": "invalid_credentials"}
    knock |= {"detail": "unknown key"} | NOBODY._asdict()
    for network in ("10.0.0.1", "10.0.0.2"):
        UnprovenCalls.objects.count_one(**knock, network=network, method="GET", path="/")

    with CaptureQueriesContext(connection) as captured:
        UnprovenCalls.objects.count_one(**knock, network="10.0.0.3", method="GET", path="/")

    assert [query["sql"].split()[0] for query in captured.captured_queries] == ["UPDATE"] * 2
    assert UnprovenCalls.objects.get(network=OVERFLOW).count == 2
