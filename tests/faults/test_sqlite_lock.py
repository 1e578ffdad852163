"""A SQLite file that somebody else holds costs a 503, and nothing is lost."""

import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
import requests

from tests.calls import WHOAMI
from tests.faults.callers import issue
from tests.faults.records import invoices

pytestmark = pytest.mark.e2e


@pytest.fixture
def console(live_databases, start_console):
    if live_databases.on_postgresql:
        pytest.skip("runs when the suite runs on SQLite")
    # A thread for each deed, whichever process takes it: none waits for another one's turn.
    return start_console(WEB_THREADS="4")


@contextmanager
def held(console):
    """Somebody else holds the one lock for writing, for longer than anybody waits for it."""
    path = console.env["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        yield
        assert other.in_transaction
        assert time.monotonic() - began > 5
        other.execute("ROLLBACK")


def test_a_file_that_stays_locked_gives_503_and_heals_without_hands(console):
    key = issue(console, "inventory-sync")
    credential = key["consumer_key"], key["consumer_secret"]
    path = f"/api/v1/stores/{key['store_id']}/invoices"
    login = f"{console.url}/console/login/"
    visitor = requests.Session()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', visitor.get(login, timeout=30).text)[1]
    person = {"username": console.admin_username, "password": console.admin_password}

    def read():
        return requests.get(console.url + WHOAMI, auth=credential, timeout=30)

    def write():
        return requests.post(
            console.url + path,
            json={"amount": "12.50", "currency": "EUR"},
            auth=credential,
            timeout=30,
        )

    def log_in():
        return visitor.post(
            login,
            data=person | {"csrfmiddlewaretoken": token},
            headers={"Origin": console.url},
            allow_redirects=False,
            timeout=30,
        )

    deeds = [read, write, log_in]
    with held(console), ThreadPoolExecutor(len(deeds)) as pool:
        refused = list(pool.map(lambda deed: deed(), deeds))
    healed = [deed() for deed in deeds]

    assert [answer.status_code for answer in refused] == [503, 503, 503]
    calls, logged_in = refused[:2], refused[2]
    for answer in refused:
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.elapsed.total_seconds() > 4
    # Beside waiting, a login works out the digest of a password, which takes a busy machine long.
    assert all(answer.elapsed.total_seconds() < 9 for answer in calls)
    assert [answer.json()["code"] for answer in calls] == ["history_unavailable"] * 2
    assert logged_in.headers["Content-Type"].startswith("text/html")
    assert [answer.status_code for answer in healed] == [200, 200, 302]
    assert len(invoices(console)) == 1
