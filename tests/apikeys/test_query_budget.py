"""What one guarded call costs the database."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys.models import APIKey
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db


def statements(send):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert send().status_code == 200
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
