"""Processes that are killed in the middle of their work lose nothing that was promised."""

import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
import requests

from tests.faults.callers import Load, issue
from tests.faults.operator import Operator
from tests.faults.records import assert_nothing_acknowledged_is_lost, execute

pytestmark = pytest.mark.e2e
KILLS = 5
CHOSEN = 500
MAKE = f"""
from apikeys.actor import Actor
from apikeys.models import APIKey, APIUser, Store
actor = Actor.system("tests")
user = APIUser.objects.add(actor=actor, store=Store.objects.get(), username="many")
for _ in range({CHOSEN}):
    APIKey.objects.issue(actor=actor, api_user=user, any_ip=True)
"""


def test_kill_9_under_load_loses_no_acknowledged_call(start_console):
    console = start_console()
    key = issue(console, "shop")
    killed = set()

    with Load.of(console, key) as load:
        for _ in range(KILLS):
            load.wait_for(200, count=15)
            killed.add(console.kill_worker())
            load.wait_for(200)
        console.kill()
        console.start()
        load.wait_for(200, count=5)

    assert len(killed) == KILLS
    assert load.cut > 0  # calls were open when their process died
    # SQLite may keep a writer waiting for too long when many come; that is said, and is no loss.
    assert {answer.status for answer in load.refused} <= {503}
    assert_nothing_acknowledged_is_lost(console, load)


@pytest.fixture
def console_of_many(start_console):
    """A server of one worker process, with as many keys as somebody may switch at once."""
    console = start_console(WEB_WORKERS="1")
    console.manage("shell", "-v0", "-c", MAKE, json_document=False)
    return console


def disable_all(operator):
    """Confirm in the console that everything that the list finds is to be disabled."""
    form = {"everything": "yes", "filters": "q=many", "deed": "disable"}
    asked = operator.send("/console/keys/bulk/", **form).text
    assert f"Disable {CHOSEN} keys?" in asked
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', asked)[1]
    return operator.send("/console/keys/bulk/", **form, seen=seen, confirmed="yes")


def disabled(console):
    """How many keys are disabled, and how many change records say so."""
    [keys] = execute(console, "SELECT count(*) FROM apikeys_apikey WHERE status = 'disabled'")
    [changes] = execute(
        console, "SELECT count(*) FROM apikeys_changerecord WHERE action = 'disabled'"
    )
    return keys[0], changes[0]


@contextmanager
def stuck_half_way(console):
    """Gives what waits until the one who disables the keys has come to the middle, and stays."""
    keys = execute(console, "SELECT id FROM apikeys_apikey ORDER BY id")
    [middle] = keys[CHOSEN // 2]
    url = console.env["DATABASE_URL"]
    if url.startswith("postgres"):
        with psycopg.connect(url) as holder:
            holder.execute("SELECT 1 FROM apikeys_apikey WHERE id = %s FOR UPDATE", [middle])
            yield lambda: wait_until(
                lambda: execute(
                    console,
                    "SELECT 1 FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock'",
                )
            )
        return
    execute(
        console,
        "CREATE VIEW endless AS WITH RECURSIVE number(n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT n FROM number",
    )
    execute(
        console,
        f"CREATE TRIGGER stuck BEFORE UPDATE ON apikeys_apikey WHEN OLD.id = {middle} "  # noqa: S608
        "BEGIN SELECT count(*) FROM endless; END",
    )
    yield lambda: wait_until(lambda: is_locked(url.removeprefix("sqlite:///")))
    execute(console, "DROP TRIGGER stuck")


def is_locked(path):
    """Whether somebody has been writing to the file for a whole second."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_kill_9_in_the_middle_of_disabling_many_keys_disables_none(console_of_many):
    console, operator = console_of_many, Operator(console_of_many)

    with stuck_half_way(console) as wait, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(disable_all, operator)
        wait()
        killed = console.kill_worker()
        with pytest.raises(requests.ConnectionError):
            answer.result()
    wait_until(lambda: killed not in console.worker_ids())
    assert disabled(console) == (0, 0)

    assert disable_all(Operator(console)).status_code == 302
    assert disabled(console) == (CHOSEN, CHOSEN)
