"""How PostgreSQL is reached: by web processes through a pool, and never without a limit of time.

Whoever calls gets an answer within five seconds, be it 503. So the limits of a web process add up
to five: two for a connection that answers, three for a statement. And all that one call waits for
the database adds up to less, however many statements it takes. The console's pages are exempt: an
operator who disables a thousand keys would rather wait.
"""

import threading
import time
from typing import Any, TypeVar

import psycopg
from django.core.signals import request_finished, request_started
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

CONNECTION_TIMEOUT = 1.5
CHECK_TIMEOUT = 1.0
STATEMENT_TIMEOUT = 3.0
CALL_TIMEOUT = 4.5
PATIENT = ("/console/", "/admin/")
T = TypeVar("T")


class Patience(threading.local):
    """How many seconds the call of this thread may still wait; None when nobody calls.

    Only the time spent on waiting is taken away, so that a busy machine refuses nobody.
    """

    left: float | None = None

    def begin(self, environ: dict[str, str], **_: Any) -> None:
        is_patient = environ.get("PATH_INFO", "").startswith(PATIENT)
        self.left = None if is_patient else CALL_TIMEOUT

    def end(self, **_: Any) -> None:
        self.left = None


patience = Patience()
request_started.connect(patience.begin)
request_finished.connect(patience.end)


class ImpatientConnection(psycopg.Connection[Any]):
    """Gives up on a server that neither answers nor hangs up.

    The server's own ``statement_timeout`` is no help when the server is frozen or the network
    swallows what it says. A connection that was given up is closed: nobody knows its state.
    """

    longest = STATEMENT_TIMEOUT

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        longest = self.longest if patience.left is None else min(self.longest, patience.left)
        began = time.monotonic()
        try:
            if longest <= 0:
                raise _WaitTimeout("The call has waited for long enough.")
            return super().wait(gen, interval, longest)
        except _WaitTimeout:
            self.pgconn.finish()
            raise
        finally:
            if patience.left is not None:
                patience.left -= time.monotonic() - began

    def execute(self, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        """Only the pool comes this way, when it looks whether a connection is alive."""
        self.longest = CHECK_TIMEOUT
        try:
            return super().execute(*arguments, **options)
        finally:
            self.longest = STATEMENT_TIMEOUT


def options(*, web: bool, web_threads: int) -> dict[str, Any]:
    """The ``OPTIONS`` of Django's database settings.

    Commands may take the time they need. They have no pool, which would go on trying for its whole
    time where there is no server, and then not say what was wrong.
    """
    if not web:
        return {"connect_timeout": 5}
    return {
        "pool": {
            "connection_class": ImpatientConnection,
            "min_size": 1,
            "max_size": web_threads + 1,
            "timeout": CONNECTION_TIMEOUT,
            # Afterwards the next call tries again; a pool left to itself would wait ever longer,
            # and sleep through the moment when the server is back.
            "reconnect_timeout": 1.0,
        },
        "connect_timeout": 2,
        # The server gives up a little before we do, so that the connection stays good.
        "options": "-c statement_timeout=2700 -c lock_timeout=2500",
    }
