"""``make run`` on a fresh copy of the project."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests import live, servers

pytestmark = pytest.mark.e2e
ADDRESSES = "Press Ctrl-C to stop."
UNHEARD = 35  # seconds that a server which did not hear of its end is given


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """One copy for the tests that do not care what ran in it before."""
    return copy_into(tmp_path_factory.mktemp("clone"))


def copy_into(folder):
    """The project as a newcomer has it: its files, and nothing that a run leaves behind."""
    folder /= "project"
    left_behind = shutil.ignore_patterns(
        *(".git", ".venv", ".env", "var", "db.sqlite3*", "staticfiles", "node_modules", ".*_cache")
    )
    shutil.copytree(live.ROOT, folder, ignore=left_behind)
    return folder


@contextmanager
def make_run(clone, *, until=ADDRESSES, **settings):
    """Type make run, give what it printed once it serves, and end it with Ctrl-C."""
    servers.require("make", "ps")
    run = subprocess.Popen(
        # The packages are installed already: this environment is the one to use.
        ["make", "run", "--old-file=.venv/runtime", f"BIN={Path(sys.executable).parent}"],
        cwd=clone,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed = ""
        for line in run.stdout:
            printed += line
            if until in line:
                break
        yield printed, run
    finally:
        interrupt(run)


def interrupt(run):
    """Ctrl-C: the terminal signals every program of the group."""
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=60)


def log_in(url, password):
    session = requests.Session()
    session.get(f"{url}/console/login/", timeout=60)
    fields = {
        "username": "admin",
        "password": password,
        "csrfmiddlewaretoken": session.cookies["csrftoken"],
    }
    return session.post(
        f"{url}/console/login/", data=fields, allow_redirects=False, timeout=60
    ).status_code


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_newcomer_gets_a_running_console_and_the_password_only_once(tmp_path):
    clone = copy_into(tmp_path)
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    with make_run(clone, PORT=str(port)) as (printed, _run):
        assert f"{url}/console/" in printed
        assert f"{url}/api/v1/" in printed
        password = re.search(r"as admin with the password (\S+)", printed)[1]
        assert log_in(url, password) == 302
        assert log_in(url, "a guess") != 302
        assert requests.get(f"{url}/api/v1/whoami", timeout=60).status_code == 401
        assert requests.get(f"{url}/readyz", timeout=60).status_code == 200

    assert mode(clone / ".env") == 0o600
    assert mode(clone / "db.sqlite3") == 0o600
    secrets_before = (clone / ".env").read_text()

    with make_run(clone, PORT=str(port)) as (printed, _run):
        assert "password " + password not in printed
        assert "changepassword admin" in printed
        assert log_in(url, password) == 302

    assert (clone / ".env").read_text() == secrets_before


def programs(run):
    """What runs in the session of make run, as lines of process id and command.

    The dead whom the machine has not buried yet do not run.
    """
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--sid", str(run.pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in listed.stdout.splitlines() if not line.endswith("<defunct>")]


def wait_until(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_ctrl_c_ends_the_server_and_the_worker_at_once(clone):
    with make_run(clone, PORT=str(servers.free_port())) as (_printed, run):
        assert len(programs(run)) > 3
        began = time.monotonic()
        interrupt(run)

    assert time.monotonic() - began < UNHEARD
    wait_until(lambda: programs(run) == [])


def test_ctrl_c_ends_a_server_that_is_still_starting(clone):
    with make_run(clone, until="Log in", PORT=str(servers.free_port())) as (_printed, run):
        wait_until(lambda: any("gunicorn" in program for program in programs(run)))
        began = time.monotonic()
        interrupt(run)

    assert time.monotonic() - began < UNHEARD
    wait_until(lambda: programs(run) == [])


INTERRUPTED_STARTS = """
import os, signal
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
from config import serve
serve.supervise()
"""


def test_ctrl_c_is_heard_at_the_very_moment_at_which_a_program_is_started():
    environment = live.command_environment()
    program = [sys.executable, "-c", INTERRUPTED_STARTS]

    done = subprocess.run(
        program, cwd=live.ROOT, env=environment, capture_output=True, timeout=60, check=True
    )

    assert done.stderr == b""


def test_a_killed_make_run_leaves_no_server_behind(clone):
    with make_run(clone, PORT=str(servers.free_port())) as (_printed, run):
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        wait_until(lambda: programs(run) == [])


def test_a_worker_that_dies_is_started_again(clone):
    def workers(run):
        return [int(line.split()[0]) for line in programs(run) if "run_worker" in line]

    with make_run(clone, PORT=str(servers.free_port())) as (_printed, run):
        [first] = workers(run)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: workers(run) not in ([], [first]))


def test_an_address_that_is_taken_is_said_before_anything_is_made(clone, tmp_path):
    with socket.socket() as taken:
        taken.bind((servers.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with make_run(clone, PORT=str(port), DATABASE_URL=f"sqlite:///{tmp_path}/new.sqlite3") as (
            printed,
            run,
        ):
            assert f"127.0.0.1:{port} cannot be used" in printed
            assert "set another PORT" in printed
            assert run.wait(timeout=60) != 0
    assert not (tmp_path / "new.sqlite3").exists()


def test_a_database_that_was_filled_with_another_env_file_is_not_served(clone, tmp_path):
    database = f"sqlite:///{tmp_path}/filled.sqlite3"
    port = str(servers.free_port())
    with make_run(clone, PORT=port, DATABASE_URL=database):
        issue = ["manage.py", "create_api_key", "inventory-sync", "--any-ip"]
        environment = os.environ | {"DATABASE_URL": database}
        subprocess.run([sys.executable, *issue], cwd=clone, env=environment, check=True)
    other = {"PORT": port, "DATABASE_URL": database, "ENV_FILE": f"{tmp_path}/.env"}
    with make_run(clone, **other) as (printed, run):
        assert run.wait(timeout=60) != 0

    assert printed.count("Refusing to start.") == 1
    assert "Put that .env back" in printed
    assert "gunicorn" not in printed


def test_a_database_that_does_not_answer_is_said_without_its_password(clone):
    url = f"postgresql://apikeys:hush@127.0.0.1:{servers.free_port()}/apikeys"
    with make_run(clone, PORT=str(servers.free_port()), DATABASE_URL=url) as (printed, run):
        assert run.wait(timeout=60) != 0
    assert "DATABASE_URL" in printed
    assert "hush" not in printed
    assert "Traceback" not in printed
