"""No page reads a whole table: of every statement the rows that the database looks at are counted.

The house is that of the benchmark, smaller, and so are the limits up to which pages count.
"""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys import paging
from apikeys.models import APIKey, Store, search_word
from history import frequent, search
from history.rollup import roll_up
from history.views import dashboard
from tests.benchmarks.fill import House
from tests.benchmarks.pages import BY_STAFF, PAGES
from tests.benchmarks.shop import Shop
from tests.factories import UserFactory

KEYS = CALLS = 20_000
# More than the admin shows on one page.
COUNTED = 210
# For a count, or for a page; SQLite tells only how many steps it took, in thirties.
MOST = {"postgresql": KEYS * 3 // 10, "sqlite": KEYS * 39 // 400}
STEPS = 30
# They read what they find: the calls of a network, the keys with a word that a tenth of all have.
FINDING_MANY = {
    "/console/incident/?seen_from=192.0.2.0/28",
    "/console/keys/?q=till",
    "/console/keys/?q=till+harbour",
    # Counts the keys of a store of twenty, for which PostgreSQL may prefer to read them all.
    "/console/stores/{store}/",
}
# Grows with the days and the stores, and not with their calls.
ROLL_UP = "history_dailyreasons"


@pytest.fixture
def house(db, monkeypatch):
    for module, name in (
        (paging, "COUNTED"),
        (search, "REACH"),
        (frequent, "SAMPLE"),
        (dashboard, "COUNTED"),
        (dashboard, "MANY"),
        (search_word, "FEW"),
    ):
        monkeypatch.setattr(module, name, COUNTED)
    monkeypatch.setattr(search_word, "COMMON", KEYS // 5)
    house = House(keys=KEYS, calls=CALLS)
    house.fill()
    Shop(house).fill()
    roll_up()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")
            # It plans for these few rows as it does for many.
            cursor.execute("SET LOCAL enable_seqscan = off")
    return house


def costs(client, url):
    """The statements that read more rows than they may, with how many these are."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
        if response.streaming:
            next(iter(response.streaming_content))
    assert response.status_code == 200 or "?p=" in url, url  # so many pages there are not
    statements = {query["sql"] for query in captured.captured_queries}
    asked = {
        sql: effort(sql) for sql in statements if sql.startswith("SELECT") and ROLL_UP not in sql
    }
    return {f"{url} {sql}": rows for sql, rows in asked.items() if rows > MOST[connection.vendor]}


def effort(sql):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"))
            return sum(read(node) for node in nodes(cursor.fetchone()[0][0]["Plan"]))
        steps = []
        connection.connection.set_progress_handler(lambda: steps.append(1), STEPS)
        cursor.execute(sql.replace("%", "%%"))
        cursor.fetchall()
        connection.connection.set_progress_handler(None, 0)
        return len(steps)


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read(node):
    if "Relation Name" not in node:
        return 0
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return (node["Actual Rows"] + removed) * node["Actual Loops"]


@pytest.mark.usefixtures("house")
def test_reading_a_whole_table_would_be_noticed():
    with CaptureQueriesContext(connection) as captured:
        list(APIKey.objects.filter(description__icontains="nowhere").order_by("-date_added"))
        list(APIKey.objects.order_by("description")[:50])
        APIKey.objects.filter(rate_limit="1/minute").count()

    for query in captured.captured_queries:
        assert effort(query["sql"]) > MOST[connection.vendor], query


def test_no_page_reads_a_whole_table(client, admin, house):
    names = {
        "key": house.busiest,
        "quiet": house.consumer_keys[-7],
        "ending": house.consumer_keys[-7][-7:],
        "store": house.stores[0],
    }

    found = {}
    for page in set(PAGES) - FINDING_MANY:
        found |= costs(client, page.format(**names))
    client.force_login(
        UserFactory(
            stores=[Store.objects.get(public_id=house.stores[0])], permissions=every_permission()
        )
    )
    for page in set(BY_STAFF) - FINDING_MANY:
        found |= costs(client, page)

    assert found == {}


def every_permission():
    named = Permission.objects.values_list("content_type__app_label", "codename")
    return [".".join(name) for name in named]
