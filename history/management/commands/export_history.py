import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import NothingMatched
from apikeys.models import APIKey
from history import export
from history.management.private_file import private_file
from history.models import CallRecord
from history.models.call import Outcome

LINES_AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Write the call history, newest first, to standard output or into a file for your eyes "
        "alone. With --json standard output has one JSON list, or what was written into the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=sorted(export.CONTENT_TYPES), default="csv")
        parser.add_argument("--key", metavar="KEY", help="calls of this consumer key")
        parser.add_argument(
            "--since", type=arguments.past, metavar="DATE", help="calls from this moment on, or 7d"
        )
        parser.add_argument(
            "--until", type=arguments.past, metavar="DATE", help="calls before this moment"
        )
        parser.add_argument("--outcome", choices=Outcome.values)
        parser.add_argument("--output", metavar="FILE", default="-", help="- is standard output")
        parser.add_argument("--force", action="store_true", help="replace the file if it exists")

    def handle(self, *args: Any, **options: Any) -> None:
        key = _key(options["key"])
        records = _chosen(key, options)
        export.note(Actor.command(), _conditions(options), key=key)
        if options["output"] != "-":
            self.write_file(records, options)
        elif self.as_json:
            self.write_chunks(_json_list(records))
        else:
            self.write_chunks(export.lines(records, format=options["format"]))

    def write_file(self, records: Iterator[CallRecord], options: dict[str, Any]) -> None:
        path, count = Path(options["output"]), -1 if options["format"] == "csv" else 0
        with private_file(path, force=options["force"]) as file:
            for line in export.lines(records, format=options["format"]):
                file.write(line)
                count += 1
        self.answer(
            {"calls": count, "format": options["format"], "file": str(path)},
            f"Calls written to {path}: {count}",
        )

    def write_chunks(self, lines: Iterator[str]) -> None:
        while chunk := "".join(islice(lines, LINES_AT_ONCE)):
            self.write(chunk, ending="")


def _json_list(records: Iterator[CallRecord]) -> Iterator[str]:
    rows = (json.dumps(export.row(record)) for record in records)
    first = islice(rows, 1)
    return chain(["["], first, (f",\n{row}" for row in rows), ["]\n"])


def _key(consumer_key: str | None) -> APIKey | None:
    """The key whose calls are asked for; None also for one that was deleted."""
    if consumer_key is None:
        return None
    try:
        return arguments.find_key(consumer_key)
    except NothingMatched:
        if not CallRecord.objects.filter(consumer_key=consumer_key).exists():
            raise
        return None


def _chosen(key: APIKey | None, options: dict[str, Any]) -> Iterator[CallRecord]:
    records = CallRecord.objects.all()
    if key is not None:
        records = CallRecord.objects.of_key(key)
    elif options["key"] is not None:
        # Of a deleted key: its history outlives it.
        records = records.filter(consumer_key=options["key"])
    if options["since"] is not None:
        records = records.filter(date_added__gte=options["since"])
    if options["outcome"] is not None:
        records = records.filter(outcome=options["outcome"])
    return records.walk(until=options["until"])


def _conditions(options: dict[str, Any]) -> dict[str, str]:
    """What was asked for, by the names that the console's filters have."""
    asked = {
        "key": options["key"],
        "since": options["since"] and options["since"].isoformat(),
        "until": options["until"] and options["until"].isoformat(),
        "result": options["outcome"],
    }
    return {name: value for name, value in asked.items() if value}
