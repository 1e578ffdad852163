"""The server is ended or reloaded while calls are under way, and every one of them is answered."""

import os
import signal
import socket
import time
from contextlib import ExitStack

import pytest

from tests.faults.callers import Caller, in_every_worker, issue
from tests.faults.wire import Wire

pytestmark = pytest.mark.e2e
OPEN = 50
BODY = b'{"amount": "12.50", "currency": "EUR"}'


@pytest.fixture
def console(start_console):
    # One worker process may have taken all of them.
    return start_console(WEB_THREADS=str(OPEN))


@pytest.fixture
def key(console):
    return issue(console, "shop")


@pytest.fixture
def wires(console, key):
    # A process that is still starting could miss the signal.
    with in_every_worker(console, key), ExitStack() as connections:
        yield [connections.enter_context(Wire(console, key)) for _ in range(OPEN)]


@pytest.fixture
def under_way(wires):
    """Calls of which each has a thread of its own, that waits for the body."""
    for wire in wires:
        wire.send(
            wire.head(
                "Content-Type: application/json",
                f"Content-Length: {len(BODY)}",
                "Expect: 100-continue",
                "Connection: close",
                method="POST",
                target=wire.invoices,
            )
        )
    for wire in wires:
        # The thread that has begun with the call says so.
        assert wire.socket.recv(65536).startswith(b"HTTP/1.1 100 ")
    return wires


def finished(wires):
    """The statuses of all answers, each after its body; one by one, as writers share a lock."""
    statuses = []
    for wire in wires:
        wire.send(BODY)
        statuses += wire.answer()[0]
    return statuses


def wait_until(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def takes_nobody(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return True
    return False


def test_what_is_under_way_at_sigterm_is_answered(console, under_way):
    console.server.send_signal(signal.SIGTERM)
    wait_until(lambda: takes_nobody(console.port))

    assert finished(under_way) == [200] * OPEN
    assert console.server.wait(timeout=60) == 0


def test_who_has_knocked_before_sigterm_is_answered(console, wires):
    for wire in wires:
        wire.send(wire.head("Connection: close", target="/healthz"))
    console.server.send_signal(signal.SIGTERM)

    assert [status for wire in wires for status in wire.answer()[0]] == [200] * OPEN


def test_a_reload_answers_what_is_under_way_and_keeps_nobody_waiting(console, key, under_way):
    before = set(console.worker_ids())
    os.kill(console.server.pid, signal.SIGHUP)
    wait_until(lambda: len(set(console.worker_ids()) - before) == len(before))

    with Caller(console, key) as caller:
        assert caller.whoami().status == 200
    assert finished(under_way) == [200] * OPEN
    wait_until(lambda: not before & set(console.worker_ids()))
    with Caller(console, key) as caller:
        assert caller.whoami().status == 200
