"""Processes that are killed in the middle of their work lose nothing that was promised."""

from pathlib import Path

import pytest

from tests.faults.callers import Load, issue
from tests.faults.records import assert_nothing_acknowledged_is_lost

pytestmark = pytest.mark.e2e
KILLS = 5


def test_kill_9_under_load_loses_no_acknowledged_call(start_console):
    console = start_console()
    key = issue(console, "shop")
    killed, pauses = set(), []

    with Load.of(console, key) as load:
        for _ in range(KILLS):
            load.wait_for(200, count=15)
            killed.add(console.kill_worker())
            pauses.append(load.wait_for(200))
        console.kill()
        console.start()
        load.wait_for(200, count=5)

    assert len(killed) == KILLS
    assert not any(Path(f"/proc/{process}").exists() for process in killed)
    assert load.cut > 0  # calls were open when their process died
    # SQLite may keep a writer waiting for too long when many come; that is said, and is no loss.
    assert {answer.status for answer in load.refused} <= {503}
    assert max(pauses) < 20
    assert_nothing_acknowledged_is_lost(console, load)
