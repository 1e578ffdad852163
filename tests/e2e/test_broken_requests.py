"""What is no HTTP is refused by the server itself, and its answer repeats nothing of it."""

import socket

import pytest

from tests import servers

SECRET = "cs_live_" + "s" * 65


def answer_to(console, request):
    with socket.create_connection((servers.LOOPBACK, console.port), timeout=30) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (f"GET /api/v1/whoami HTTP/1.1\r\nX-API-Key: {SECRET}\r\n\r\n", 400),
        (f"GET /api/v1/whoami HTTP/1.1\r\nAuthorization Bearer {SECRET}\r\n\r\n", 400),
        (f"GET /api/v1/whoami HTTP/1.1\r\nX-API-Key: {SECRET}\0\r\n\r\n", 400),
        (f"GET {SECRET}\r\n\r\n", 400),
        (f"GET /?consumer_secret={SECRET} &a HTTP/1.1\r\n\r\n", 400),
        (f"{SECRET} / HTTP/1.1\r\n\r\n", 400),
        (f"GET /{'a' * 9000} HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_a_broken_request_is_refused_without_repeating_it(live_console, request_head, status):
    answer = answer_to(live_console, request_head)

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "Cache-Control: no-store" in answer
    assert answer.endswith("\r\n\r\n")
    assert SECRET not in answer + live_console.said()


def test_a_simple_probe_names_no_host(live_console):
    assert " 200 OK" in answer_to(live_console, "GET /healthz HTTP/1.0\r\n\r\n")
