"""How PostgreSQL is reached: through a pool, and by web processes never without a limit of time.

Whoever calls gets an answer within five seconds, be it 503. So the limits of a web process add up
to five: two for a connection that answers, three for a statement.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout

CONNECTION_TIMEOUT = 1.5
CHECK_TIMEOUT = 1.0
STATEMENT_TIMEOUT = 3.0
T = TypeVar("T")


class ImpatientConnection(psycopg.Connection[Any]):
    """Gives up on a server that neither answers nor hangs up.

    The server's own ``statement_timeout`` is no help when the server is frozen or the network
    swallows what it says. A connection that was given up is closed: nobody knows its state.
    """

    patience = STATEMENT_TIMEOUT

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            if timeout is None:
                self.pgconn.finish()
            raise

    def execute(self, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        """Only the pool comes this way, when it looks whether a connection is alive."""
        self.patience = CHECK_TIMEOUT
        try:
            return super().execute(*arguments, **options)
        finally:
            self.patience = STATEMENT_TIMEOUT


def options(*, web: bool, web_threads: int) -> dict[str, Any]:
    """The ``OPTIONS`` of Django's database settings. Commands may take the time they need."""
    pool: dict[str, Any] = {
        "min_size": 1,
        "max_size": web_threads + 1,
        "timeout": CONNECTION_TIMEOUT,
        # Afterwards the next call tries again; a pool left to itself would wait ever longer, and
        # sleep through the moment when the server is back.
        "reconnect_timeout": 1.0,
    }
    if not web:
        return {"pool": pool | {"timeout": 10}, "connect_timeout": 10}
    return {
        "pool": pool | {"connection_class": ImpatientConnection},
        "connect_timeout": 2,
        # The server gives up a little before we do, so that the connection stays good.
        "options": "-c statement_timeout=2700 -c lock_timeout=2500",
    }
