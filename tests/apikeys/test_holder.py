"""Names of processes, and whether theirs has ended."""

import os
import subprocess
import sys

import pytest

from apikeys.holder import is_dead, new_name


def test_a_name_is_alive_with_its_process_and_dead_after_it():
    names = "from apikeys.holder import new_name; print(new_name(), flush=True); input()"
    program = subprocess.Popen(
        [sys.executable, "-c", names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    name = program.stdout.readline().strip()

    assert not is_dead(name)
    program.kill()
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(name)  # nobody has asked how it ended
    program.communicate()
    assert is_dead(name)


@pytest.mark.parametrize(
    "name", ["", "x", "a:b:c", "elsewhere:1:00000000", f"{new_name().partition(':')[0]}:x:y"]
)
def test_of_others_nothing_is_known(name):
    assert not is_dead(name)
    assert not is_dead(new_name())


def test_a_name_fits_into_its_column():
    assert len(new_name()) <= 64
    assert new_name() != new_name()
