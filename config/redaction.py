"""Keeps secrets out of everything the server says about itself on standard error."""

import logging
import re

CUTS = (
    # A query may carry consumer_secret, oauth_signature or anything a caller put there. Each word
    # is read once, from its beginning and never back: a stranger chooses its length.
    (re.compile(r"(?<![^\s?\"'<>])([^\s?\"'<>/]*+/[^\s?\"'<>]*+)\?[^\s\"'<>]+"), r"\1?…"),
    (re.compile(r"\bcs_(live|test)_[0-9A-Za-z_]*"), r"cs_\1_…"),
    (re.compile(r"\b(Basic|Bearer|token)\s+[0-9A-Za-z+/=_.~-]{8,}", re.IGNORECASE), r"\1 …"),
)


def redact(text: str) -> str:
    """The text without queries, secrets and credentials."""
    for pattern, replacement in CUTS:
        text = pattern.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that no argument and no traceback slips past."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
