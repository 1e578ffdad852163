"""Too much of anything, and anything that could be read in two ways, is refused at once."""

import json
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.callers import Caller, in_every_worker, issue
from tests.faults.records import invoices
from tests.faults.wire import Answered, Wire

pytestmark = pytest.mark.e2e
FORM = "application/x-www-form-urlencoded"
MEGABYTE = 1024 * 1024
LONGEST = 10.0  # seconds; on a machine of its own it is less than half of one


@pytest.fixture(scope="module")
def key(live_console):
    return issue(live_console, "oversize")


@pytest.fixture
def wire(live_console, key):
    with Wire(live_console, key) as wire:
        yield wire


def memory(console):
    """What the worker processes hold in memory, in bytes."""
    pages = [
        int(Path(f"/proc/{worker}/statm").read_text().split()[1]) for worker in console.worker_ids()
    ]
    return sum(pages) * 4096


def refused(wire, data):
    """The one status of the answer to these bytes, which must come at once."""
    began = time.monotonic()
    with suppress(Answered):  # then the answer lies here already
        wire.send(data)
    statuses, _body = wire.answer()
    assert time.monotonic() - began < LONGEST
    assert len(statuses) == 1
    return statuses[0]


def test_a_body_announced_too_large_is_refused_before_it_is_sent(wire):
    head = wire.head(
        "Content-Type: application/json",
        f"Content-Length: {100 * MEGABYTE}",
        "Connection: close",
        method="POST",
        target=wire.invoices,
    )
    began = time.monotonic()
    wire.send(head)
    first = wire.socket.recv(65536)
    assert time.monotonic() - began < LONGEST
    assert first.startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_in_chunks_is_refused_long_before_its_end(live_console, wire):
    head = wire.head(
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Connection: close",
        method="POST",
        target=wire.invoices,
    )
    before = memory(live_console)
    wire.send(head)
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    try:
        while sent < 100 * MEGABYTE:
            wire.send(piece)
            sent += 0x10000
    except Answered:
        pass
    statuses, _body = wire.answer()

    assert sent < 16 * MEGABYTE  # most of it waits in the kernel
    assert statuses in ([400], [411], [413], [])
    assert memory(live_console) - before < 16 * MEGABYTE


def chunked(wire, *pieces):
    head = wire.head(
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Connection: close",
        method="POST",
        target=wire.invoices,
    )
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def test_a_body_in_chunks_is_read_like_any_other(wire):
    wire.send(chunked(wire, b'{"amount": "12.50', b'", "currency": "EUR"}', b""))
    statuses, body = wire.answer()

    assert (statuses, json.loads(body)["amount"]) == ([200], "12.50")


def test_a_body_in_chunks_that_is_too_large_is_refused(wire):
    assert refused(wire, chunked(wire, *[b" " * 0x10000] * 17, b"")) == 413


def test_what_is_no_chunk_is_refused_without_a_word_in_the_log(live_console, wire):
    said = len(live_console.said())
    assert refused(wire, chunked(wire, b'{"amount"') + b"no length\r\n") == 400
    assert "Traceback" not in live_console.said()[said:]


@pytest.mark.parametrize("content_type", ["application/json", FORM], ids=["json", "form"])
def test_a_body_that_does_not_come_does_nothing_and_holds_nobody_up(
    live_console, key, wire, content_type
):
    """Nor does it hold the lock of the database, which other writes need."""
    head = wire.head(
        f"Content-Type: {content_type}",
        "Content-Length: 1000",
        method="POST",
        target=wire.invoices,
    )
    wire.send(head + b'{"amount": "1"')
    with in_every_worker(live_console, key) as others:
        answers = [other.add_invoice() for other in others for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert max(answer.seconds for answer in answers) < LONGEST

    before = invoices(live_console)
    wire.socket.shutdown(socket.SHUT_WR)
    statuses, _body = wire.answer()
    assert statuses in ([400], [415])
    assert invoices(live_console) == before


def test_a_caller_who_hangs_up_within_the_body_is_no_mistake_of_the_server(live_console, wire):
    head = wire.head("Content-Length: 1000", method="POST", target=wire.invoices)
    said = len(live_console.said())
    wire.send(head)
    # To hang up with a reset is what a killed process does.
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()

    with Caller(live_console, wire.key) as other:
        assert other.add_invoice().status == 200
    assert "Traceback" not in live_console.said()[said:]


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        ([f"X-Header-{number}: x" for number in range(1000)], "/api/v1/whoami"),
        (["X-Same: x"] * 500, "/api/v1/whoami"),
        ([f"Cookie: name{number}=value" for number in range(300)], "/api/v1/whoami"),
        (["X-Long: " + "x" * 9000], "/api/v1/whoami"),
        *((["X-API-Key: " + "x" * size], "/api/v1/whoami") for size in (65_536, MEGABYTE)),
        ([], "/api/v1/whoami?consumer_secret=" + "x" * 100_000),
        ([], "/api/v1/whoami?" + "a=1&" * 10_000),
        ([], "/api/v1/whoami?" + "a&" * 2000),
    ],
    ids=[
        *("headers", "one header", "cookies", "a long header", "64 KB of key", "1 MB of key"),
        *("100 KB of secret", "a long query", "parameters"),
    ],
)
def test_too_many_of_anything_are_refused_at_once(wire, lines, target):
    status = refused(wire, wire.head(*lines, "Connection: close", target=target))
    assert status in {400, 413, 414, 431}


def test_too_many_parameters_are_refused_in_json(wire):
    wire.send(wire.head("Connection: close", target="/api/v1/whoami?" + "a&" * 2000))
    _statuses, body = wire.answer()
    assert json.loads(body)["code"] == "malformed_request"


@pytest.mark.parametrize(
    "shape",
    [
        lambda wire: wire.head("Content-Length: 4", "Transfer-Encoding: chunked", method="POST"),
        lambda wire: wire.head("Content-Length: 4", "Content-Length: 5", method="POST"),
        lambda wire: wire.head("Content-Length: +4", method="POST"),
        lambda wire: wire.head("Transfer-Encoding: gzip, identity", method="POST"),
        lambda wire: wire.head("Host: other.example"),
        lambda wire: wire.head("X-Folded: a", " b"),
        lambda wire: wire.head("X-Spaced : a"),
        lambda wire: wire.head().replace(b"\r\n", b"\n"),
    ],
    ids=[
        *("length and chunks", "two lengths", "signed length", "unknown coding", "two hosts"),
        *("folded", "space", "bare line feeds"),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(wire, shape):
    """And it ends the connection, so that nothing behind it is taken for a request."""
    smuggled = wire.head(target="/healthz")
    assert refused(wire, shape(wire) + smuggled) in {400, 411, 501}


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Broken : {secret}"],
        ["Transfer-Encoding: {secret}"],
        ["Expect: {secret}"],
        ["Content-Length: {secret}"],
        ["X-Long: {secret}" + "x" * 9000],
    ],
    ids=["space", "coding", "expectation", "length", "long"],
)
def test_what_is_no_request_leaves_no_line_in_the_log(live_console, wire, key, lines):
    """Strangers could fill the disk with them, and what they repeat may be a credential."""
    credential = wire.credential.rpartition(" ")[2]
    said = len(live_console.said())
    broken = [line.format(secret=credential) for line in lines]

    assert refused(wire, wire.head(*broken, "Connection: close")) in {400, 417, 431, 501}
    line = live_console.said()[said:]
    assert "Invalid request" not in line
    assert credential not in line
