"""A receiver of webhooks on this machine, that keeps what it is sent and answers as it is told."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    path: str
    headers: dict
    body: bytes


class Receiver:
    """``answers`` is a status, or what is called with the request handler to answer it."""

    def __init__(self, answers=200):
        self.answers = answers
        self.received = []
        self.connections = 0
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                receiver.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.keep(Received(self.path, dict(self.headers), body))
                if callable(receiver.answers):
                    receiver.answers(self)
                else:
                    self.send_response(receiver.answers)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def finish(self):
                try:
                    super().finish()
                except OSError:
                    self.close_connection = True

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def keep(self, received):
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()

    def wait_for(self, count, seconds=30):
        """Return when so many requests have come; complain when they do not."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= count, seconds):
                raise AssertionError(f"{len(self.received)} of {count} requests came")


@contextmanager
def listening(answers=200, *, tls=None):
    """A running receiver; ``tls`` is the server's SSL context."""
    receiver = Receiver(answers)
    if tls is not None:
        receiver.server.socket = tls.wrap_socket(receiver.server.socket, server_side=True)
        receiver.url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()
