"""A disk that is full costs a 503, loses nothing, and nobody has to mend anything afterwards."""

import resource
from contextlib import contextmanager

import pytest

from tests.faults.callers import Load, issue
from tests.faults.records import assert_nothing_acknowledged_is_lost, execute

pytestmark = pytest.mark.e2e
ROOM = 256 * 1024


@contextmanager
def full_disk(console):
    """No file of the worker processes may be longer than this, and longer ones not written to."""
    before = {
        worker: resource.prlimit(worker, resource.RLIMIT_FSIZE) for worker in console.worker_ids()
    }
    for worker, (_soft, hard) in before.items():
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        for worker, limits in before.items():
            resource.prlimit(worker, resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_gives_503_and_heals_without_hands(live_databases, start_console):
    if live_databases.on_postgresql:
        pytest.skip("runs when the suite runs on SQLite, whose files are the server's own")
    console = start_console()
    key = issue(console, "inventory-sync")
    workers = console.worker_ids()

    with Load.of(console, key, callers=4) as load:
        load.wait_for(200, count=5)
        with full_disk(console):
            load.wait_for(503, count=10)
        load.wait_for(200, count=5)

    assert "disk I/O error" in console.said() or "disk is full" in console.said()
    assert {answer.status for answer in load.refused} == {503}
    assert {answer.code for answer in load.refused} == {"history_unavailable"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in load.refused)
    assert console.worker_ids() == workers
    assert execute(console, "PRAGMA integrity_check") == [("ok",)]
    assert_nothing_acknowledged_is_lost(console, load)
