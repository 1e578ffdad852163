"""Calls leave nothing behind in the processes that answer them."""

from pathlib import Path

import pytest

from tests.faults.callers import Caller, issue

pytestmark = pytest.mark.e2e
CALLS = 1500
MEGABYTE = 1024 * 1024


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def console(start_console, scratch):
    return start_console(WEB_WORKERS="1", WEB_THREADS="2", TMPDIR=str(scratch))


def make(calls, caller):
    """Calls of every kind, over connections that are kept and such that are not."""
    wrong = {"X-API-Key": "cs_live_wrong"}
    for number in range(calls):
        if number % 10 == 0:
            caller.close()
            caller.add_invoice()
        elif number % 10 == 5:
            caller.send("GET", "/api/v1/whoami", None, wrong)
        else:
            caller.whoami()


def measured(console, scratch):
    """Bytes of memory, open descriptors and temporary files."""
    (worker,) = console.worker_ids()
    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    return (
        pages * 4096,
        len(list(Path(f"/proc/{worker}/fd").iterdir())),
        len(list(scratch.rglob("*"))),
    )


def test_neither_memory_nor_descriptors_nor_files_pile_up(console, scratch):
    with Caller(console, issue(console, "shop")) as caller:
        make(CALLS // 5, caller)
        memory, descriptors, files = measured(console, scratch)
        make(CALLS, caller)
        memory_then, descriptors_then, files_then = measured(console, scratch)

    # A connection to the database may have been opened once more; nothing grows with the calls.
    assert memory_then - memory < 20 * MEGABYTE
    assert descriptors_then - descriptors < 20
    assert files_then - files < 20
