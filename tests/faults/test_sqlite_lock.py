"""A SQLite file that somebody else holds costs callers a 503, and nothing is lost."""

import sqlite3
import time
from contextlib import closing

import pytest
import requests

from tests import live

pytestmark = pytest.mark.e2e


@pytest.fixture
def console(tmp_path):
    console = live.Console(live.Databases(tmp_path, maintenance="sqlite://"), tmp_path)
    yield console
    console.stop()


def test_a_file_that_stays_locked_gives_503_and_heals_without_hands(console):
    issued = console.manage("create_api_key", "inventory-sync", "--any-ip")
    credential = issued["consumer_key"], issued["consumer_secret"]
    url = f"{console.url}/api/v1/whoami"
    assert requests.get(url, auth=credential, timeout=30).status_code == 200

    path = console.env["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        answer = requests.get(url, auth=credential, timeout=30)
        seconds = time.monotonic() - began
        other.execute("ROLLBACK")

    assert answer.status_code == 503
    assert answer.json()["code"] == "history_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert 4 < seconds < 6
    assert requests.get(url, auth=credential, timeout=30).status_code == 200
