"""Calling out: which addresses are called, and what a receiver can do to us."""

import gzip
import socket
import ssl
import threading
import time

import pytest

from storefront import outgoing
from storefront.outgoing import Trouble
from tests import servers, tls_front
from tests.storefront.receiver import listening

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def inside(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = LOOPBACK


@pytest.fixture
def never():
    """What never happens while the test runs; whoever waits for it is let go afterwards."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def resolve(monkeypatch):
    """Say what a name's addresses are, and keep every address that is connected to."""
    connected = []
    real = socket.socket.connect

    def connect(self, address):
        connected.append(address[0])
        if not address[0].startswith("127."):
            raise ConnectionRefusedError
        return real(self, address)

    def to(*addresses):
        answer = [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, 443, 0, 0) if ":" in address else (address, 443),
            )
            for address in addresses
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: answer)
        monkeypatch.setattr(socket.socket, "connect", connect)
        return connected

    return to


def post(url, body=b"{}", headers=None):
    return outgoing.post(url, body, headers or {})


def test_the_bytes_arrive_as_they_are(inside):
    with listening() as receiver:
        answer = post(receiver.url + "?a=b", '{"ü":1}'.encode(), {"X-Test": "1"})

    assert (answer.status, answer.trouble) == (200, None)
    (received,) = receiver.received
    assert received.path == "/hook?a=b"
    assert received.body == '{"ü":1}'.encode()
    assert received.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["X-Test"] == "1"


def test_a_receiver_on_this_machine_is_not_called():
    with listening() as receiver:
        answer = post(receiver.url)

    assert answer.trouble is Trouble.NOT_PUBLIC
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["93.184.215.14", "10.0.0.1"],
        ["10.0.0.1", "93.184.215.14"],
        ["::1"],
        ["::ffff:93.184.215.14"],
        ["fe80::1%eth0"],
        ["64:ff9b::5db8:d70e"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["not an address"],
    ],
)
def test_one_address_inside_is_enough_to_call_none(resolve, addresses):
    connected = resolve(*addresses)

    assert post("https://shop.example.com/").trouble is Trouble.NOT_PUBLIC
    assert connected == []


def test_the_connection_goes_to_the_judged_addresses_and_nowhere_else(resolve):
    connected = resolve("93.184.215.14", "2606:4700::1111")

    assert post("https://shop.example.com/").trouble is Trouble.UNREACHABLE
    assert connected == ["93.184.215.14", "2606:4700::1111"]


@pytest.mark.parametrize("url", ["http://shop.example.com/", "https://shop.example.com:8443/"])
def test_odd_ways_to_a_public_address_are_refused(resolve, url, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ("10.0.0.0/8",)
    connected = resolve("93.184.215.14")

    assert post(url).trouble is Trouble.NOT_ALLOWED
    assert connected == []


def test_a_name_without_an_address_is_said_so(monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert post("https://nowhere.example.com/").trouble is Trouble.UNRESOLVED


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch, never):
    monkeypatch.setattr(outgoing, "TIME", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: never.wait(60))

    answer = post("https://slow.example.com/")

    assert answer.trouble is Trouble.TIMEOUT
    assert answer.duration_ms < 30_000  # which is not to have waited


def test_a_redirect_is_not_followed(inside):
    with listening() as target:

        def redirect(handler):
            handler.send_response(302)
            handler.send_header("Location", target.url)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with listening(redirect) as receiver:
            answer = post(receiver.url)

    assert (answer.status, len(receiver.received)) == (302, 1)
    assert target.connections == 0


def endless_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: " + b"a" * 1000 + b"\r\n")


def endless_line(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"a" * 4096)


@pytest.mark.parametrize("flood", [endless_headers, endless_line])
def test_endless_headers_are_no_answer(inside, flood):
    with listening(flood) as receiver:
        answer = post(receiver.url)

    assert (answer.status, answer.trouble) == (None, Trouble.BROKEN)


@pytest.mark.parametrize("packed", [b"\0" * 1024, gzip.compress(b"\0" * 10_000_000)])
def test_a_huge_answer_is_read_in_part_only(inside, monkeypatch, packed):
    read = []
    real = outgoing._Reader.readinto

    def readinto(self, buffer):
        read.append(real(self, buffer))
        return read[-1]

    monkeypatch.setattr(outgoing._Reader, "readinto", readinto)

    def flood(handler):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        while True:
            handler.wfile.write(packed)

    with listening(flood) as receiver:
        answer = post(receiver.url)

    assert answer.status == 200
    assert 0 < sum(read) <= outgoing.MOST_READ


@pytest.mark.parametrize("pause", [60, 0.1], ids=["silent", "byte by byte"])
def test_a_slow_receiver_is_left_in_time(inside, monkeypatch, never, pause):
    monkeypatch.setattr(outgoing, "TIME", 2.0)  # in which a busy machine connects

    def slowly(handler):
        for _ in range(int(60 / pause)):
            handler.wfile.write(b"H")
            if never.wait(pause):
                break

    with listening(slowly) as receiver:
        answer = post(receiver.url)

    assert (answer.status, answer.trouble) == (None, Trouble.TIMEOUT)
    assert answer.duration_ms < 30_000  # the receiver would have gone on for a minute
    assert receiver.connections == 1


def test_a_slow_connection_leaves_less_time_for_tls(inside, monkeypatch):
    connect, left = socket.socket.connect, []

    def slowly(self, address):
        connect(self, address)
        time.sleep(0.2)

    class Handshake:
        def wrap_socket(self, connection, **options):
            left.append(connection.gettimeout())
            raise ssl.SSLError

    monkeypatch.setattr(socket.socket, "connect", slowly)
    monkeypatch.setattr(outgoing, "_tls_context", Handshake)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = post(f"https://127.0.0.1:{silent.getsockname()[1]}/")

    assert answer.trouble is Trouble.TLS
    assert 0 < left[0] <= outgoing.TIME - 0.2


def test_nobody_listening_is_said_so(inside):
    assert post(f"http://127.0.0.1:{servers.free_port()}/").trouble is Trouble.UNREACHABLE


def test_an_answer_that_is_not_http_is_said_so(inside):
    with listening(lambda handler: handler.wfile.write(b"220 mail ready\r\n\r\n")) as receiver:
        assert post(receiver.url).trouble is Trouble.BROKEN


@pytest.fixture
def serve_with(tmp_path, monkeypatch):
    """The TLS context of a server with a certificate that we trust, unless we are told not to."""

    def context_with(*, trusted=True, **certificate):
        path = tls_front.certificate(tmp_path, **certificate)
        if trusted:
            trusting = ssl.create_default_context(cafile=path)
            monkeypatch.setattr(outgoing, "_tls_context", lambda: trusting)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    return context_with


@pytest.mark.parametrize(
    ("certificate", "status", "trouble"),
    [
        ({"name": "localhost"}, 200, None),
        ({"name": "other.example.com"}, None, Trouble.TLS),
        ({"name": "localhost", "trusted": False}, None, Trouble.TLS),
        ({"name": "localhost", "days": -1}, None, Trouble.TLS),
    ],
    ids=["good", "another name", "not trusted", "expired"],
)
def test_the_receivers_certificate_is_checked(inside, serve_with, certificate, status, trouble):
    with listening(tls=serve_with(**certificate)) as receiver:
        answer = post(receiver.url)

    assert (answer.status, answer.trouble) == (status, trouble)
    assert len(receiver.received) == (1 if status else 0)
