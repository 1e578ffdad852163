"""Who waits for SQLite's one lock for writing, and for how long."""

import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest
from django.db import OperationalError, connection, transaction

from apikeys.models import Store
from config import sqlite

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the suite runs on PostgreSQL"),
]


@contextmanager
def held(*, seconds=None):
    """Somebody else holds the lock: for so long, or to the end; the event says it was let go."""
    taken, released = threading.Event(), threading.Event()

    def hold():
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
            other.execute("BEGIN IMMEDIATE")
            taken.set()
            released.wait(seconds)
            released.set()
            other.rollback()

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    try:
        yield released
    finally:
        released.set()
        holder.join()


def write_at_once():
    Store.objects.update(name="renamed")


def write_in_a_transaction():
    with transaction.atomic():
        write_at_once()


@pytest.mark.parametrize("write", [write_at_once, write_in_a_transaction])
def test_a_writer_waits_for_the_lock_many_moments(write):
    with held(seconds=20 * sqlite.MOMENT / 1000) as released:
        write()
        assert released.is_set()


@pytest.mark.parametrize("write", [write_at_once, write_in_a_transaction])
def test_a_writer_gives_up_when_its_time_is_over(write, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
    with held(), pytest.raises(OperationalError, match="locked"):
        write()


def test_what_is_wrong_with_a_statement_is_said_at_once(monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 60)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="no such table"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nowhere")
    assert time.monotonic() - began < 30
