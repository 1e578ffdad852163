"""Callers who say nothing, or are answered and do not hang up, keep nobody else waiting."""

import time
from contextlib import ExitStack

import pytest

from tests.faults.callers import Caller, issue
from tests.faults.wire import Wire

pytestmark = pytest.mark.e2e
SILENT = 30
LONGEST = 20.0  # seconds; on a machine of its own it is less than one


@pytest.fixture
def console(start_console):
    return start_console(WEB_WORKERS="1")


@pytest.fixture
def key(console):
    return issue(console, "shop")


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param(lambda wire: wire.head("Connection: close"), id="answered"),
        pytest.param(lambda _wire: b"NO HTTP\r\n\r\n", id="refused"),
    ],
)
def test_who_does_not_hang_up_keeps_nobody_waiting(console, key, request_of):
    with ExitStack() as connections:
        wires = [connections.enter_context(Wire(console, key)) for _ in range(SILENT)]
        began = time.monotonic()
        for wire in wires:
            wire.send(request_of(wire))
        for wire in wires:
            assert wire.socket.recv(65536).startswith(b"HTTP/1.1 ")

        with Caller(console, key) as caller:
            assert caller.whoami().status == 200
        assert time.monotonic() - began < LONGEST


def test_who_says_nothing_keeps_nobody_waiting(console, key):
    with ExitStack() as connections:
        for _ in range(4 * SILENT):
            connections.enter_context(Wire(console, key))

        began = time.monotonic()
        with Caller(console, key) as caller:
            assert caller.whoami().status == 200
        assert time.monotonic() - began < LONGEST


def test_who_said_nothing_for_a_while_is_heard(console, key):
    """The first word may come in pieces, too."""
    with Wire(console, key) as late, Caller(console, key) as caller:
        assert caller.whoami().status == 200
        head = late.head("Connection: close")
        late.send(head[:9])
        assert caller.whoami().status == 200
        late.send(head[9:])
        assert late.answer()[0] == [200]


def test_who_sends_more_than_is_read_is_not_cut_off(console, key):
    """Closed over unread bytes, the connection would be reset, and the answer could be lost."""
    with Wire(console, key) as wire:
        wire.send(b"NO HTTP\r\n\r\n" + b"x" * 60_000)
        received = b"".join(iter(lambda: wire.socket.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 400 ")
