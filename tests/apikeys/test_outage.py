"""Whoever is called at night reads what to do, whatever the database says."""

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError, connection

from apikeys import outage


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no such table: apikeys_store", "manage.py migrate"),
        ("database or disk is full", "make room"),
        ("attempt to write a readonly database", "make its file and its folder writable"),
        ("unable to open database file", "correct DATABASE_URL"),
        ("database is locked", "try again"),
        ("disk I/O error", "make room"),
        ("connection failed: Connection refused", "start it"),
        ('connection failed: FATAL:  password authentication failed for user "x"', "the name and"),
        ("connection failed: FATAL:  sorry, too many clients already", "max_connections"),
    ],
)
def test_what_is_wrong_comes_with_what_to_do(said, told):
    assert told in outage.in_words(OperationalError(said))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("42P01", "manage.py migrate"),
        ("53100", "make room"),
        ("25006", "name the primary"),
        ("55P03", "try again"),
        ("57014", "try again"),
        ("57P01", "start it"),
        ("08006", "start it"),
        ("40P01", "The database refused."),
    ],
)
def test_postgresql_says_it_by_a_code(code, told):
    error = OperationalError("in any language")
    error.__cause__ = psycopg.errors.lookup(code)()

    assert told in outage.in_words(error)


@pytest.mark.django_db
def test_a_table_that_is_missing_is_told_by_the_real_thing():
    with pytest.raises((OperationalError, ProgrammingError)) as missing:
        connection.cursor().execute("SELECT * FROM not_migrated_yet")

    assert "manage.py migrate" in outage.in_words(missing.value)
