"""No page reads a whole table: of every statement the rows that the database looks at are counted.

The house is that of the benchmark, smaller, and so are the limits up to which pages count.
"""

from itertools import product

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apikeys import paging
from apikeys.forms.key_list import ORDERS
from apikeys.models import APIKey, Store, key_lists, search_word
from apikeys.models.key_lists import KeyState
from history import frequent, search
from history.rollup import roll_up
from history.views import dashboard
from tests.benchmarks.fill import House
from tests.benchmarks.pages import BY_STAFF, PAGES
from tests.benchmarks.shop import Shop
from tests.effort import rows_read, steps_taken
from tests.factories import UserFactory

KEYS = CALLS = 20_000
# More than the admin shows on one page.
COUNTED = 210
# A filter may leave a third of all keys, and their users come on top; SQLite tells only how many
# steps it took, in thirties.
MOST = {"postgresql": KEYS * 3 // 4, "sqlite": KEYS * 39 // 400}
STEPS = 30
# They read what they find: every key that was seen from a network, and of a word that a tenth of
# all keys have so many that PostgreSQL prefers to go through the keys.
FINDING_MANY = {"/console/incident/?seen_from=192.0.2.0/28", "/console/keys/?q=till"}
# Grows with the days and the stores, and not with their calls.
ROLL_UP = "history_dailyreasons"


@pytest.fixture
def house(db, monkeypatch):
    for module, name in (
        (paging, "COUNTED"),
        (search, "REACH"),
        (frequent, "SAMPLE"),
        (key_lists, "COUNTED"),
        (dashboard, "MANY"),
        (paging, "FEW"),
    ):
        monkeypatch.setattr(module, name, COUNTED)
    monkeypatch.setattr(search_word, "FEW", KEYS // 20)
    for module in (search_word, key_lists):
        monkeypatch.setattr(module, "COMMON", KEYS // 5)
    house = House(keys=KEYS, calls=CALLS)
    house.fill()
    Shop(house).fill()
    roll_up()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # It plans for these few rows as it does for many.
            cursor.execute("SET LOCAL enable_seqscan = off")
    count_rows()
    return house


def count_rows():
    """What PostgreSQL does by itself in the end, and SQLite never."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


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
    if connection.vendor == "postgresql":
        return rows_read(sql)
    return steps_taken(sql, at_a_time=STEPS)


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


STATES = ("", *KeyState.values)
KEY_ORDERS = [sign + column for column in ORDERS for sign in ("", "-")]


@pytest.mark.usefixtures("house")
def test_no_filter_in_no_order_reads_all_keys(client, admin):
    found = {}
    for state, level, order in product(STATES, ("", "write"), ("", *KEY_ORDERS)):
        found |= costs(client, f"/console/keys/?status={state}&permission={level}&order={order}")

    assert found == {}


@pytest.mark.parametrize(("status", "level"), [("enabled", "write"), ("disabled", "read")])
@pytest.mark.usefixtures("house")
def test_keys_that_are_unlike_all_others_are_found_without_them(client, admin, status, level):
    others = {"enabled": "disabled", "disabled": "enabled", "write": "read", "read": "write"}
    keys = APIKey.objects.exclude(pk__in=[3, KEYS // 2, KEYS - 3])
    disabled_at = timezone.now() if others[status] == "disabled" else None
    APIKey.objects.update(status=status, disabled_at=None if disabled_at else timezone.now())
    APIKey.objects.update(permission=level)
    keys.update(status=others[status], disabled_at=disabled_at, permission=others[level])
    count_rows()

    found = {}
    for order in KEY_ORDERS:
        for of in (f"status={status}", f"permission={level}"):
            for few_or_many in (
                of,
                of.replace(status, others[status]).replace(level, others[level]),
            ):
                found |= costs(client, f"/console/keys/?{few_or_many}&order={order}")

    assert found == {}


@pytest.mark.usefixtures("house")
def test_no_filter_in_no_order_of_an_admin_list_reads_a_whole_table(client, admin):
    found = {}
    for model in site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        shown = client.get(url).context["cl"]
        filters = [
            choice["query_string"] for by in shown.filter_specs for choice in by.choices(shown)
        ]
        sortable = [n for n, name in enumerate(shown.list_display) if name in shown.sortable_by]
        orders = [f"?o={sign}{column}" for column in sortable for sign in ("", "-")]
        for query in {*filters, *orders}:
            found |= costs(client, url + query)

    assert found == {}


def every_permission():
    named = Permission.objects.values_list("content_type__app_label", "codename")
    return [".".join(name) for name in named]
