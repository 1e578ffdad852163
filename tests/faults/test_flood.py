"""A flood of guesses over the wire: bounded in rows and bytes, counted to the last one."""

import os
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from apikeys import tokens
from tests import servers
from tests.calls import WHOAMI
from tests.faults.callers import Caller, issue
from tests.faults.records import calls, execute

pytestmark = pytest.mark.e2e
ADDRESSES, GUESSES = 20, 500


def guess(console, number):
    """One well-formed secret of nobody's key, from one of the addresses; gives the status."""
    address = f"127.1.1.{number % ADDRESSES + 1}"
    caller = HTTPConnection(servers.LOOPBACK, console.port, timeout=60, source_address=(address, 0))
    caller.request("GET", WHOAMI, headers={"X-API-Key": tokens.mint().secret})
    status = caller.getresponse().status
    caller.close()
    return status


def counted(console):
    """How many guesses the history knows of, in how many rows, and in how many minutes."""
    [row] = execute(
        console,
        "SELECT coalesce(sum(count), 0), count(*), count(DISTINCT minute) "
        "FROM history_unprovencalls WHERE network LIKE '127.1.1.%'",
    )
    return row


def size(console):
    """The bytes that the database takes."""
    url = console.env["DATABASE_URL"]
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        execute(console, "PRAGMA wal_checkpoint(TRUNCATE)")
        return os.path.getsize(path)
    return execute(console, "SELECT pg_database_size(current_database())")[0][0]


def test_a_flood_of_guesses_is_counted_in_few_rows_and_keeps_nobody_out(live_console):
    console = live_console
    key = issue(console, "legitimate")
    with Caller(console, key) as legitimate, ThreadPoolExecutor(16) as strangers:
        before = legitimate.whoami().headers["X-Request-ID"]
        held = size(console)
        flood = [strangers.submit(guess, console, number) for number in range(GUESSES)]
        meanwhile = [legitimate.whoami().status for _ in range(20)]
        statuses = [one.result() for one in flood]

    assert set(statuses) == {401}
    assert set(meanwhile) == {200}
    total, rows, minutes = counted(console)
    assert total == GUESSES
    assert rows <= ADDRESSES * minutes
    assert size(console) - held <= 1024 * 1024
    recorded = [record["request_id"] for record in calls(console, key, outcome="allowed")]
    assert len(recorded) == 21
    assert before in recorded
