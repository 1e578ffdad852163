"""What one guarded call costs the database."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys.models import APIKey
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db


def statements(send, status=200):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert send().status_code == status
    texts = [query["sql"] for query in queries]
    return [sql for sql in texts if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", sql)]


@pytest.mark.parametrize("fields", [{}, {"allowed_ips": ["127.0.0.1"]}])
def test_a_call_by_basic_costs_at_most_four_statements(call, fields):
    key = APIKeyFactory(**fields)

    first = statements(lambda: call(key))
    second = statements(lambda: call(key))

    assert len(first) <= 4, first
    assert len(second) <= 3, second
    assert not [sql for sql in second if sql.startswith("UPDATE")]


@pytest.mark.parametrize("number", [1, 500])
def test_the_cost_does_not_grow_with_the_list_of_addresses(call, number):
    addresses = [f"10.0.{n // 250}.{n % 250}" for n in range(number)]
    key = APIKeyFactory(allowed_ips=[*addresses, "127.0.0.1"])
    call(key)

    assert len(statements(lambda: call(key))) == 3


def test_last_use_is_written_at_most_once_a_minute(call):
    key = APIKeyFactory()
    call(key)
    used = APIKey.objects.get().last_used_at

    call(key)

    assert APIKey.objects.get().last_used_at == used


@pytest.mark.parametrize(
    ("fields", "status", "most"),
    [
        ({"rate_limit": "1/hour"}, 429, 2),
        ({"rate_limit": "1/hour", "allowed_ips": ["127.0.0.1"]}, 429, 3),
        ({"allowed_ips": ["203.0.113.7"]}, 403, 3),
        ({"permission": "write"}, 403, 2),
        ({"disabled": True}, 401, 2),
    ],
    ids=["limit", "limit and addresses", "address", "level", "disabled"],
)
def test_a_proven_call_that_is_refused_costs_its_record_and_what_it_takes_to_decide(
    call, fields, status, most
):
    key = APIKeyFactory(**fields)
    call(key)

    refused = statements(lambda: call(key), status)

    assert len(refused) <= most, refused
    assert [sql.split()[0] for sql in refused].count("INSERT") == 1
    assert not [sql for sql in refused if sql.startswith("UPDATE")]
