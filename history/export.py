"""History as text for spreadsheets and programs: one stream of rows, whoever asks for it."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from apikeys.actor import Actor
from apikeys.models import APIKey, ChangeRecord
from history.models import CallRecord

COLUMNS: Final = (
    "time",
    "consumer_key",
    "username",
    "store_id",
    "outcome",
    "reason",
    "ip",
    "method",
    "path",
    "status",
    "scheme",
    "duration_ms",
    "request_id",
)
CONTENT_TYPES: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}

# What a spreadsheet takes for the beginning of a formula. A caller chooses its path, so a cell
# could otherwise run on the machine of whoever opens the file.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines(records: Iterable[CallRecord], *, format: str) -> Iterator[str]:
    """The records as lines of ``csv`` (with a header) or ``ndjson``, one by one as they are read.

    Times are UTC in ISO 8601; what is not there is an empty cell, or null.
    """
    if format == "ndjson":
        for record in records:
            yield json.dumps(row(record), ensure_ascii=False) + "\n"
        return
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for record in records:
        yield writer.writerow([_cell(value) for value in row(record).values()])


def row(record: CallRecord) -> dict[str, Any]:
    """One call, by the names of the columns."""
    return {
        "time": _utc(record.date_added),
        "consumer_key": record.consumer_key,
        "username": record.username,
        "store_id": record.store_id,
        "outcome": record.outcome,
        "reason": record.reason or None,
        "ip": record.ip,
        "method": record.method,
        "path": record.path,
        "status": record.status,
        "scheme": record.scheme,
        "duration_ms": record.duration_ms,
        "request_id": record.request_id,
    }


def note(actor: Actor, conditions: dict[str, str], *, key: APIKey | None = None) -> None:
    """Whoever takes calls out of the history leaves a trace, as with any other deed."""
    of: dict[str, Any] = {"kind": ChangeRecord.Kind.CONSOLE, "name": "call history"}
    if key is not None:
        of = key.change_references()
    ChangeRecord.objects.keep(actor, "history exported", after=conditions, **of)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(value: Any) -> str:
    """The text of a cell that every spreadsheet shows and none runs."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Line:
    """A file that hands back what was written, so that the writer's result is the line."""

    def write(self, text: str) -> str:
        return text
