"""Django's settings for the database that ``DATABASE_URL`` names."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

KEPT_OPEN = 60  # seconds


def settings_for(url: str, *, web: bool, web_threads: int) -> dict[str, Any]:
    """Django's settings for the database at ``url``, tuned to answer or give up in five seconds."""
    scheme = url.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// or sqlite:///.")
    try:
        found: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError as error:
        raise ImproperlyConfigured("DATABASE_URL could not be read as an address.") from error
    if not found["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL must end with the database's name: .../apikeys.")
    if scheme == "sqlite":
        options = sqlite_options()
        # Opening the file, and writing the log back when the last one closes it, cost a quarter of
        # a call. A file that was put back from a backup is seen within the minute.
        found.setdefault("CONN_MAX_AGE", KEPT_OPEN if web else 0)
    else:
        from config import postgresql  # psycopg is worth loading only for those who use it

        options = postgresql.options(web=web, web_threads=web_threads)
    return found | {"OPTIONS": options | found.get("OPTIONS", {}), "CONN_HEALTH_CHECKS": True}


def sqlite_options() -> dict[str, Any]:
    """Readers beside one writer, and nothing acknowledged that a power cut could take back."""
    return {
        # A transaction that reads first and writes later could not wait for another writer.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    }
