"""What the query of a list says: several values of one name, and moments."""

import re
from datetime import UTC, date, datetime, time

from django.utils.dateparse import parse_date, parse_datetime
from rest_framework import serializers
from rest_framework.request import Request


def several(request: Request, name: str) -> list[str]:
    """Every value of a name, as the shops' clients write lists: name, name[] or name[0]."""
    spelling = re.compile(rf"{re.escape(name)}(?:\[[0-9]*\])?")
    given = request.query_params.lists()
    return [value for sent, values in given if spelling.fullmatch(sent) for value in values]


def moment(request: Request, name: str) -> datetime | None:
    """Unix seconds, or a date or time as in 2027-01-31 or 2027-01-31T12:00:00Z (UTC)."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return _read(text)
    except (ValueError, OverflowError, OSError) as error:
        raise serializers.ValidationError(
            {name: "Write Unix seconds, or a date as in 2027-01-31."}
        ) from error


def _read(text: str) -> datetime:
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return datetime.fromtimestamp(int(text), UTC)
    if len(text) > 40:
        raise ValueError("too long")
    found: datetime | date | None = parse_datetime(text) or parse_date(text)
    if found is None:
        raise ValueError("neither date nor time")
    if not isinstance(found, datetime):
        found = datetime.combine(found, time())
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
