"""The running processes write in such a way that nothing acknowledged is lost with the power."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import live

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
