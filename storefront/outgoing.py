"""Calling out: one POST to an address that somebody else chose, without harm to us.

Such an address could name our own machine, a neighbour or a cloud's metadata service, and a name
can change its meaning between a check and the call. So the name is resolved once, every address it
has is judged, and the connection goes to one of these very addresses; the name is only used for
the Host header and the certificate. Nothing is followed, decompressed or kept.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult

from django.db import models
from django.utils.translation import gettext_lazy as _

from storefront import web_address

TIME: Final = 20.0  # seconds for everything
LEFT_FOR_THE_REST: Final = 1.0  # seconds to listen on, once the status is known
MOST_READ: Final = 64 * 1024
USER_AGENT: Final = "store-webhooks/1"
# As the system's resolver answers: family, kind, protocol, name, address.
Addresses = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]]


class Trouble(models.TextChoices):
    """Why there is no answer."""

    UNRESOLVED = "unresolved", _("The name has no address")
    NOT_PUBLIC = "not_public", _("The address is not public")
    NOT_ALLOWED = "not_allowed", _("Only https on port 443 or 80 can be called there")
    UNREACHABLE = "unreachable", _("No connection")
    TLS = "tls", _("The certificate is not valid")
    TIMEOUT = "timeout", _("No answer in 20 seconds")
    BROKEN = "broken", _("The answer was not HTTP, or broke off")


class Failed(Exception):
    """There was no answer."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class Answer(NamedTuple):
    """What came of a call: a status, or a trouble."""

    status: int | None
    trouble: Trouble | None
    duration_ms: int


def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send the bytes and say what came of it, within 20 seconds. Never raises."""
    started = time.monotonic()
    status, trouble = None, None
    try:
        status = _post(url, body, headers, started + TIME)
    except Failed as failed:
        trouble = failed.trouble
    except TimeoutError:
        trouble = Trouble.TIMEOUT
    except (OSError, ValueError, http.client.HTTPException):
        trouble = Trouble.BROKEN
    return Answer(status, trouble, round((time.monotonic() - started) * 1000))


def _post(url: str, body: bytes, headers: dict[str, str], deadline: float) -> int:
    parts = web_address.split(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _resolve(parts.hostname or "", port, deadline)
    for address in addresses:
        _judge(address[4][0], parts, port)
    connection = _connect(addresses, deadline)
    try:
        _judge(connection.getpeername()[0], parts, port)
        if parts.scheme == "https":
            connection = _encrypted(connection, parts.hostname, deadline)
        _send(connection, _head(parts, headers, len(body)) + body, deadline)
        return _status(connection, deadline)
    finally:
        connection.close()


def _judge(address: str, parts: SplitResult, port: int) -> None:
    """Refuse an address that is not public, and any way but https to one that is."""
    if web_address.is_allowed_inside(address):
        return
    if not web_address.is_public(address):
        raise Failed(Trouble.NOT_PUBLIC)
    if parts.scheme != "https" or port not in web_address.PORTS:
        raise Failed(Trouble.NOT_ALLOWED)


def _resolve(host: str, port: int, deadline: float) -> Addresses:
    """Every address of a name. The system's resolver knows no deadline, so it is not waited for."""
    found: SimpleQueue[Addresses | None] = SimpleQueue()

    def ask() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            found.put(None)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        addresses = found.get(timeout=_left(deadline))
    except Empty as error:
        raise Failed(Trouble.TIMEOUT) from error
    if not addresses:
        raise Failed(Trouble.UNRESOLVED)
    return addresses


def _connect(addresses: Addresses, deadline: float) -> socket.socket:
    """A connection to the first address that takes one. A silent one leaves time for the next."""
    for number, (family, kind, protocol, _name, address) in enumerate(addresses):
        share = _left(deadline) / (2 if number + 1 < len(addresses) else 1)
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(share)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
        else:
            return connection
    if time.monotonic() > deadline - 1:
        raise Failed(Trouble.TIMEOUT)
    raise Failed(Trouble.UNREACHABLE)


def _encrypted(connection: socket.socket, host: str | None, deadline: float) -> socket.socket:
    """The connection under TLS. A certificate that is not that of the name ends the attempt."""
    connection.settimeout(_left(deadline))
    try:
        return _tls_context().wrap_socket(connection, server_hostname=host)
    except ssl.SSLError as error:
        raise Failed(Trouble.TLS) from error


@cache
def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _head(parts: SplitResult, headers: dict[str, str], length: int) -> bytes:
    host = parts.netloc  # as written: checked to be plain, without user or password
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", f"Host: {host}", f"User-Agent: {USER_AGENT}"]
    lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    lines += ["Accept: */*", "Accept-Encoding: identity", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _send(connection: socket.socket, message: bytes, deadline: float) -> None:
    rest = memoryview(message)
    while rest:
        connection.settimeout(_left(deadline))
        try:
            rest = rest[connection.send(rest) :]
        except (BrokenPipeError, ConnectionResetError):
            return  # it may have answered before it had read everything


def _status(connection: socket.socket, deadline: float) -> int:
    reader = _Reader(connection, deadline)
    response = http.client.HTTPResponse(reader, method="POST")  # type: ignore[arg-type]
    response.begin()
    # The answer's text is nobody's business; some of it is taken so that the receiver, which may
    # still be writing, does not meet a closed door.
    reader.deadline = min(deadline, time.monotonic() + LEFT_FOR_THE_REST)
    with suppress(OSError, ValueError, http.client.HTTPException):
        response.read()
    return response.status


class _Reader(io.RawIOBase):
    """Reads from a connection until a deadline, and no more than 64 KB in all."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.connection = connection
        self.deadline = deadline
        self.left = MOST_READ

    def makefile(self, *_mode: object) -> io.BufferedReader:
        return io.BufferedReader(self, 4096)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self.left:
            raise http.client.HTTPException("The answer is too long.")
        self.connection.settimeout(_left(self.deadline))
        read = self.connection.recv_into(buffer, min(len(buffer), self.left))
        self.left -= read
        return read


def _left(deadline: float) -> float:
    """Seconds until the deadline; none left is a timeout like any other."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
