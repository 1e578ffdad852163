"""Writers on SQLite take turns: there is one lock, and SQLite's own way to wait for it is unfair.

SQLite looks for the lock ever less often the longer it has waited, at last ten times a second,
while a newcomer looks at once: under load some wait until their time is over and answer 503,
while others are served immediately. So nobody waits long inside SQLite; everybody begins to look
afresh after a moment, until the time that the settings give is over.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

MOMENT: Final = 8  # milliseconds: SQLite looks after 1, 3 and 8 of them


def keep_looking(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Execute a statement that may have to wait for the lock.

    Inside a transaction the lock is ours already, because every transaction begins IMMEDIATE.
    """
    connection: BaseDatabaseWrapper = context["connection"]
    over_at = time.monotonic() + connection.settings_dict["OPTIONS"]["timeout"]
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            is_busy = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or connection.in_atomic_block or time.monotonic() >= over_at:
                raise


def prepare(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        # Not among the settings: opening a file that somebody repairs may well take longer.
        connection.connection.execute(f"PRAGMA busy_timeout = {MOMENT}")
        if keep_looking not in connection.execute_wrappers:
            connection.execute_wrappers.append(keep_looking)


connection_created.connect(prepare)
