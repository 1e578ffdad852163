"""Pages cost the same whatever the history's size: which rows the database looks at is checked."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from history import frequent, rollup, search
from history.models import CallRecord
from tests.effort import rows_read, steps_taken
from tests.factories import APIKeyFactory, CallRecordFactory, StoreFactory, UserFactory

REACH = 40
# A page of 50 and one more, or one reach; on SQLite steps for sorting come on top.
MOST_ROWS = 600
CALLS = 3000
# What SQLite's machine does at least for each row that it reads.
STEPS_A_ROW = 4
PAGES = [
    "/console/",
    "/console/?days=90",
    "/console/history/",
    "/console/history/?result=denied",
    "/console/history/?result=allowed",
    "/console/history/?reason=rate_limited",
    "/console/history/?reason=cart_not_permitted",
    "/console/history/?ip=203.0.113.7",
    "/console/history/?ip=203.0.113.0/28",
    "/console/history/?path=nowhere",
    "/console/history/?method=DELETE&path=nowhere",
    "/console/history/?key=busy",
    "/console/history/?key=busy&path=nowhere&result=denied",
    "/console/history/?period=month&path=nowhere",
    "/console/history/?before={middle}",
    "/console/history/?after={middle}",
    "/console/history/?path=nowhere&before={middle}",
    "/console/keys/{key}/history/",
    "/console/keys/{key}/history/?path=nowhere",
    "/console/keys/{key}/history/?result=denied&before={middle}",
    "/console/history/?request_id=r1501",
    "/console/history/?request_id=r1501&path=1501",
    "/console/keys/{key}/history/?request_id=r1501",
    "/console/incident/?username=busy",
]


@pytest.fixture
def large(monkeypatch):
    """A history far larger than one look reaches, all of it counted; the key of most calls."""
    for module, name in ((search, "REACH"), (frequent, "SAMPLE")):
        monkeypatch.setattr(module, name, REACH)
    store = StoreFactory()
    busy, other = APIKeyFactory(store=store, username="busy"), APIKeyFactory(store=store)
    now = timezone.now()
    likeness = CallRecordFactory(key=busy)
    fields = [field.name for field in CallRecord._meta.fields if field.name != "id"]
    common = {name: getattr(likeness, name) for name in fields}
    CallRecord.objects.bulk_create(
        CallRecord(
            **common
            | {
                "key_id": other.pk if number % 5 == 0 else busy.pk,
                "date_added": now - timedelta(minutes=CALLS - number),
                "outcome": "denied" if number % 2 else "allowed",
                "reason": "rate_limited" if number % 2 else "",
                "ip": f"203.0.113.{number % 9}",
                "path": f"/{number}",
                "request_id": f"r{number}",
            }
        )
        for number in range(CALLS)
    )
    rollup.roll_up()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    yield busy
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # statistics of these rows would mislead other tests
            cursor.execute("DELETE FROM sqlite_stat1")


def statements(client, url):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
        assert response.status_code == 200
    return [
        query["sql"] for query in captured.captured_queries if "history_callrecord" in query["sql"]
    ]


def rows_looked_at(sql):
    """How many calls the database reads to answer: exactly on PostgreSQL, about on SQLite."""
    if connection.vendor == "postgresql":
        return rows_read(sql, table="history_callrecord")
    return steps_taken(sql, at_a_time=STEPS_A_ROW)


@pytest.mark.django_db
def test_no_page_looks_at_more_calls_than_it_must(client, admin, large):
    middle = CallRecord.objects.order_by("-date_added")[CALLS // 2]
    position = middle.position

    costs = {}
    for page in PAGES:
        asked = statements(client, page.format(key=large.consumer_key, middle=position))
        assert asked or "incident" in page
        costs |= {f"{page}: {sql}": rows_looked_at(sql) for sql in asked}

    assert {sql: rows for sql, rows in costs.items() if rows > MOST_ROWS} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/console/history/", "/console/keys/{key}/history/"])
def test_a_request_id_costs_little_on_a_database_without_statistics(client, large, page):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")  # has them read again
    may = ["apikeys.view_apikey", "history.view_callrecord"]
    client.force_login(UserFactory(permissions=may, stores=[large.api_user.store]))

    asked = statements(client, f"{page}?request_id=r1501".format(key=large.consumer_key))

    costs = {sql: rows_looked_at(sql) for sql in asked if "request_id" in sql or " IN (" in sql}
    assert costs
    assert {sql: rows for sql, rows in costs.items() if rows > MOST_ROWS} == {}


@pytest.mark.django_db
def test_looking_at_all_calls_would_be_noticed(large):
    with CaptureQueriesContext(connection) as captured:
        list(CallRecord.objects.filter(path="/nowhere").order_by("-date_added")[:50])
        CallRecord.objects.filter(method="GET").count()

    for query in captured.captured_queries:
        assert rows_looked_at(query["sql"]) >= CALLS
