"""What the settings ask of a database, and what the one the suite runs on says of itself."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import database


def test_sqlite_acknowledges_nothing_that_a_power_cut_could_take_back():
    options = database.settings_for("sqlite:////tmp/x.sqlite3", web=True, web_threads=8)["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 5
    assert "synchronous=FULL" in options["init_command"]


def test_postgresql_hurries_for_web_processes_only():
    url = "postgresql://keys:hush@db.example.com/keys?sslmode=require"
    web = database.settings_for(url, web=True, web_threads=8)["OPTIONS"]
    command = database.settings_for(url, web=False, web_threads=8)["OPTIONS"]

    assert web["sslmode"] == "require"
    assert web["pool"]["max_size"] >= 8
    assert "statement_timeout" in web["options"]
    assert "options" not in command
    assert "pool" not in command


@pytest.mark.parametrize(
    "url",
    [
        "mysql://keys:hush@db/keys",
        "keys.sqlite3",
        "postgresql://x:hush@db:port/keys",
        "postgresql://x:hush@db:5432",
        "postgresql://x:hush@db/",
    ],
)
def test_an_address_that_leads_nowhere_is_refused_without_repeating_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        database.settings_for(url, web=True, web_threads=8)
    assert "hush" not in str(refused.value)


def ask(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the suite runs on PostgreSQL")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 8)],
)
def test_sqlite_is_set_up_to_lose_nothing(pragma, value):
    assert ask(f"PRAGMA {pragma}") == value


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the suite runs on SQLite")
def test_postgresql_is_reached_through_a_pool():
    assert connection.pool.max_size >= 2
    assert ask("SHOW server_version_num") >= "150000"


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the suite runs on SQLite")
def test_postgresql_lets_commands_and_tests_take_their_time():
    assert ask("SHOW statement_timeout") == "0"


def test_a_web_process_keeps_its_sqlite_file_open_for_a_minute_unless_the_address_says_else():
    kept = {
        (url, web): database.settings_for(url, web=web, web_threads=8)["CONN_MAX_AGE"]
        for url in ("sqlite:///a.db", "sqlite:///a.db?conn_max_age=5")
        for web in (True, False)
    }
    assert list(kept.values()) == [60, 0, 5, 5]
