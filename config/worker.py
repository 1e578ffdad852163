"""The processes that serve: gunicorn's threads, who say little and let nobody hold them up."""

import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import ThreadWorker

# How long, and for how many bytes, a caller that was answered may take to hang up.
FAREWELL: Final = 2.0
REST: Final = 65_536


class DiscreetWorker(ThreadWorker):
    """Reads what is HTTP, and tells a caller nothing but that its request cannot be read.

    The stock answer repeats the broken line, and that line may be a credential.
    """

    def handle_request(self, req: Any, conn: Any) -> Any:
        if req.version >= (1, 1) and "HOST" not in dict(req.headers):
            raise InvalidHeader("Host is missing", req=req)  # RFC 9112, 3.2
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, DiscreetSocket(client), addr, exc)

    def enqueue_req(self, conn: Any) -> None:
        """Give a thread to a connection once somebody speaks on it.

        The stock worker lets a thread wait for the first word, up to five seconds: a few callers
        who say nothing, as browsers do that connect ahead of time, would keep everybody waiting.
        """
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.set_timeout()
        self.pending_conns.append(conn)
        silent = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, silent)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Say goodbye to a caller in passing.

        A connection that is closed over unread bytes is reset, and the answer lost (RFC 9112,
        9.6), so we wait until the caller hangs up. The stock worker does nothing else meanwhile:
        a few callers who do not hang up would keep everybody waiting.
        """
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        with suppress(OSError):  # it has hung up
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            conn.rest, conn.timeout = REST, time.monotonic() + FAREWELL
            self.poller.register(conn.sock, EVENT_READ, partial(self.hear_out, conn))
            self.pending_conns.append(conn)
            return
        self.nr_conns -= 1
        conn.close()

    def hear_out(self, conn: Any, caller: socket.socket) -> None:
        """Pass over what a caller still sends that was answered, and close when it hangs up."""
        with suppress(OSError):
            heard = len(caller.recv(REST))
            conn.rest -= heard
            if heard and conn.rest > 0:
                return
        self.poller.unregister(caller)
        self.pending_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end, let in who has knocked already, and then close the door.

        The stock worker leaves it ajar until its last call is answered: whoever knocks meanwhile
        is not let in, and hears that only when the process is gone.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                for _ in range(self.cfg.backlog):
                    before = self.nr_conns
                    self.accept(listener)
                    if self.nr_conns == before:
                        break
                listener.close()


class DiscreetSocket:
    """Passes on the head of an answer that gunicorn makes by itself, without its body."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, answer: bytes) -> None:
        status, _line_end, _rest = answer.partition(b"\r\n")
        self._client.sendall(
            status
            + b"\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
        )
