"""Private servers for the tests, on free loopback ports, and gone when the tests are."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

LOOPBACK = "127.0.0.1"


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
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def wait_for(port, *, program, seconds=30):
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


def unprivileged():
    """How to start a program that refuses to run as root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def postgresql():
    """A PostgreSQL server of its own; gives its URL without a database."""
    identity = unprivileged()
    with tempfile.TemporaryDirectory(prefix="apikeys-postgresql-") as folder:
        data, password = Path(folder) / "data", secrets.token_hex(16)
        (Path(folder) / "password").write_text(password)
        if identity:
            for path in (Path(folder), Path(folder) / "password"):
                os.chown(path, identity["user"], identity["group"])
        subprocess.run(
            [
                find("initdb"),
                f"--pgdata={data}",
                "--username=apikeys",
                f"--pwfile={folder}/password",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **identity,
        )
        port = free_port()
        server = subprocess.Popen(
            [
                find("postgres"),
                *("-D", data, "-p", str(port), "-k", folder, "-h", LOOPBACK),
                # What is acknowledged here may be lost with the machine, not with a process.
                *("-c", "fsync=off", "-c", "max_connections=200", "-c", "logging_collector=off"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **identity,
        )
        try:
            url = f"postgresql://apikeys:{password}@{LOOPBACK}:{port}"
            wait_until_it_answers(url, server)
            yield url
        finally:
            server.send_signal(2)  # SIGINT: without waiting for connections to be closed
            end(server)


def wait_until_it_answers(url, server, *, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def redis():
    """A Redis server of its own; gives its URL."""
    with tempfile.TemporaryDirectory(prefix="apikeys-redis-") as folder:
        port = free_port()
        server = subprocess.Popen(
            [
                find("redis-server"),
                *("--port", str(port), "--bind", LOOPBACK),
                *("--save", "", "--appendonly", "no", "--dir", folder),
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(port, program=server)
            yield f"redis://{LOOPBACK}:{port}/0"
        finally:
            end(server)
