"""Private servers for the tests, on free loopback ports, and gone when the tests are."""

import itertools
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

LOOPBACK = "127.0.0.1"


def ports(environ):
    """Those that this process of the suite may give to servers, and no other process of it.

    They are below those that connections go out from. So none is taken before its server listens,
    while it is stopped, or where nobody is to listen.
    """
    number = int(environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return range(15_000 + number, 32_000, int(environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


# In any order, because two suites may run on one machine.
_ports = itertools.cycle(random.SystemRandom().sample(own := ports(os.environ), len(own)))


def require(*programs):
    """Skip the test when a program is not installed; in CI everything must be."""
    missing = [program for program in programs if not find(program)]
    if missing:
        give_up(f"not installed: {', '.join(missing)}")


def give_up(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs everything, but {reason}")
    pytest.skip(reason)


def find(program):
    """The path of a program; Debian keeps those of PostgreSQL out of the PATH."""
    kept_apart = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return shutil.which(program) or next(map(str, reversed(kept_apart)), None)


def free_port():
    """A port that nobody listens on, and that nobody else is given."""
    while True:
        port = next(_ports)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port


def wait_for(port, *, program, seconds=120):
    """Return when somebody listens on the port; complain when the program ends before."""
    deadline = time.monotonic() + seconds
    while program.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection((LOOPBACK, port), timeout=1).close()
            return
        time.sleep(0.02)
    raise RuntimeError(f"{program.args[0]} does not listen (exit code {program.poll()})")


def end(program, *, seconds=20):
    """Ask the program to end, and make it end when it does not."""
    program.terminate()
    try:
        program.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def halt(process_id):
    """Stop a child of ours, and return when it has stopped: no fork of it is under way then."""
    os.kill(process_id, signal.SIGSTOP)
    os.waitid(os.P_PID, process_id, os.WSTOPPED)


def unprivileged():
    """How to start a program that refuses to run as root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class PostgreSQL:
    """A PostgreSQL server of its own, on a port that it keeps when it is started again."""

    def __init__(self, folder, *, max_connections=200):
        self.folder = Path(folder)
        self.max_connections = max_connections
        # What is acknowledged may be lost with the machine, not with a process.
        self.fsync = "off"
        self.identity = unprivileged()
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.url = f"postgresql://apikeys:{self.password}@{LOOPBACK}:{self.port}"
        self._make_data()

    def start(self):
        self.process = subprocess.Popen(
            [
                find("postgres"),
                *("-D", self.folder / "data", "-k", self.folder),
                *("-h", LOOPBACK, "-p", str(self.port)),
                *("-c", f"fsync={self.fsync}", "-c", "logging_collector=off"),
                *("-c", f"max_connections={self.max_connections}"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **self.identity,
        )
        self._wait_until_it_answers()

    def stop(self):
        """End at once: whoever is connected is cut off."""
        self.process.send_signal(signal.SIGINT)
        end(self.process)

    def crash(self):
        """End without a word to anybody, and recover at the next start."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    @contextmanager
    def frozen(self):
        """Neither answers nor hangs up, like a machine that has lost its disk."""
        # Stopped, the first process starts no other; one that was about to end may be gone.
        first = self.process.pid
        halt(first)
        others = [*map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]
        for process in others:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in [first, *others]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def _make_data(self):
        (self.folder / "password").write_text(self.password)
        if self.identity:
            for path in (self.folder, self.folder / "password"):
                os.chown(path, self.identity["user"], self.identity["group"])
        subprocess.run(
            [
                find("initdb"),
                f"--pgdata={self.folder / 'data'}",
                "--username=apikeys",
                f"--pwfile={self.folder / 'password'}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self.identity,
        )

    def _wait_until_it_answers(self, *, seconds=120):
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(f"{self.url}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


@contextmanager
def postgresql(**options):
    """A running PostgreSQL server, whose ``url`` names no database."""
    with tempfile.TemporaryDirectory(prefix="apikeys-postgresql-") as folder:
        server = PostgreSQL(folder, **options)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Redis:
    """A Redis server of its own, on a port that it keeps when it is started again, empty."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"

    def start(self):
        self.process = subprocess.Popen(
            [
                find("redis-server"),
                *("--port", str(self.port), "--bind", LOOPBACK),
                *("--save", "", "--appendonly", "no", "--dir", self.folder),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_for(self.port, program=self.process)

    def stop(self):
        end(self.process)

    def kill(self):
        self.process.kill()
        self.process.wait()


@contextmanager
def redis():
    """A running Redis server."""
    with tempfile.TemporaryDirectory(prefix="apikeys-redis-") as folder:
        server = Redis(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
