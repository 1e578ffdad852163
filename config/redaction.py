"""Keeps secrets out of everything the server says about itself on standard error."""

import logging
import re
from typing import Any

CUTS = (
    # A query may carry consumer_secret, oauth_signature or anything a caller put there. Each word
    # is read once, from its beginning and never back: a stranger chooses its length.
    (re.compile(r"(?<![^\s?\"'<>])([^\s?\"'<>/]*+/[^\s?\"'<>]*+)\?[^\s\"'<>]+"), r"\1?…"),
    # Wherever it stands: in a path it may follow "%3D".
    (re.compile(r"cs_(live|test)_[0-9A-Za-z_]*"), r"cs_\1_…"),
    (re.compile(r"\b(Basic|Bearer|token)\s+[0-9A-Za-z+/=_.~-]{8,}", re.IGNORECASE), r"\1 …"),
)


def redact(text: str) -> str:
    """The text without queries, secrets and credentials."""
    for pattern, replacement in CUTS:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that no argument and no traceback slips past.

    A line about a request names the id that its answer showed to whoever complains of it.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        request_id = getattr(getattr(record, "request", None), "request_id", "")
        return f"{line} (request {request_id})" if request_id else line

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": RedactingFormatter,
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own handlers would print unredacted; what it says goes to the root instead.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # Refused calls stand in the call history; a line for each would let strangers fill disks.
        "django.request": {"level": "ERROR"},
        # The same goes for foreign hosts, oversized bodies and forms without their CSRF value.
        "django.security": {"level": "CRITICAL"},
        # Its pool tells of every connection it lends.
        "psycopg": {"level": "WARNING"},
    },
}
