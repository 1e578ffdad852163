"""Raw connections to a server, for requests that no client library would send."""

import base64
import socket
from urllib.parse import urlsplit


class Answered(Exception):
    """The server has answered, or hung up, before everything was sent."""


class Wire:
    """One raw connection to the server."""

    def __init__(self, console, key):
        parts = urlsplit(console.url)
        self.key = key
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        pair = f"{key['consumer_key']}:{key['consumer_secret']}"
        self.credential = "Authorization: Basic " + base64.b64encode(pair.encode()).decode()
        self.invoices = f"/api/v1/stores/{key['store_id']}/invoices"

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.socket.close()

    def head(self, *lines, method="GET", target="/api/v1/whoami"):
        first = f"{method} {target} HTTP/1.1"
        head = [first, f"Host: {self.host}", self.credential, *lines, "", ""]
        return "\r\n".join(head).encode("latin-1")

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Answered from error

    def answer(self):
        """The statuses of all answers until the server hangs up, and the last body."""
        received = b""
        try:
            while part := self.socket.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        statuses = [
            int(line.split()[1])
            for line in received.split(b"\r\n")
            if line.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))
        ]
        return statuses, received.rpartition(b"\r\n\r\n")[2]
