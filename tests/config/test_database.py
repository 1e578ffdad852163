"""What the database says of itself, on whichever kind the suite runs."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def ask(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the suite runs on PostgreSQL")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)],
)
def test_sqlite_is_set_up_to_lose_nothing(pragma, value):
    assert ask(f"PRAGMA {pragma}") == value


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the suite runs on SQLite")
def test_postgresql_is_reached_through_a_pool():
    assert connection.pool.max_size >= 2
    assert ask("SHOW server_version_num") >= "150000"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the suite runs on SQLite")
def test_postgresql_lets_commands_and_tests_take_their_time():
    assert ask("SHOW statement_timeout") == "0"
