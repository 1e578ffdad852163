"""The running processes write in such a way that nothing acknowledged is lost with the power."""

import json
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests import live, servers
from tests.faults.callers import Caller, issue

pytestmark = pytest.mark.e2e

ASK_SQLITE = """
from django.db import connection
with connection.cursor() as cursor:
    found = {}
    for name in ("journal_mode", "synchronous", "foreign_keys"):
        found[name] = cursor.execute(f"PRAGMA {name}").fetchone()[0]
"""
ASK_POSTGRESQL = """
from django.db import connection
with connection.cursor() as cursor:
    found = {}
    for name in ("synchronous_commit", "full_page_writes"):
        cursor.execute(f"SHOW {name}")
        found[name] = cursor.fetchone()[0]
"""

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def ask(worker, question):
    """Ask the database with exactly the environment of a running worker process."""
    lines = Path(f"/proc/{worker}/environ").read_bytes().decode().split("\0")
    environment = dict(line.split("=", 1) for line in lines if line)
    program = (
        "import config.wsgi, json\n"
        + question
        + "\nprint(json.dumps(found))"  # as gunicorn loads it
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=live.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(live_console, live_databases):
    worker = live_console.worker_ids()[0]
    if live_databases.on_postgresql:
        assert ask(worker, ASK_POSTGRESQL) == {"synchronous_commit": "on", "full_page_writes": "on"}
    else:
        full = 2
        assert ask(worker, ASK_SQLITE) == {
            "journal_mode": "wal",
            "synchronous": full,
            "foreign_keys": 1,
        }


def syncs(url):
    """How often PostgreSQL had its log written to the disk, once all who wrote have ended.

    A process tells what it did at last when it ends.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(OTHERS).fetchone()[0]:
            time.sleep(0.05)
        return connection.execute("SELECT wal_sync FROM pg_stat_wal").fetchone()[0]


def test_every_acknowledged_write_was_written_to_the_disk(live_databases, tmp_path):
    if not live_databases.on_postgresql:
        pytest.skip("runs when the suite runs on PostgreSQL, which counts what SQLite just does")
    servers.require("initdb", "postgres")
    with servers.postgresql() as postgresql:
        url = f"{postgresql.url}/postgres"
        console = live.Console(live.Databases(tmp_path, maintenance=url), tmp_path)
        try:
            key = issue(console, "durable")
            console.stop()
            postgresql.stop()
            postgresql.fsync = "on"
            postgresql.start()
            before = syncs(url)
            console.start()
            with Caller(console, key) as caller:
                answers = [caller.add_invoice() for _ in range(100)]
        finally:
            console.stop()

        assert {answer.status for answer in answers} == {200}
        # Another process of PostgreSQL may have written one before its turn, and tell of it later.
        assert syncs(url) - before >= 0.9 * len(answers)
