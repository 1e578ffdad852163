"""What our commands share: exit codes, ``--json``, data on stdout and messages on stderr."""

import io
import json
import os
import sys
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError, ProgrammingError

from apikeys import outage
from apikeys.text import storable
from apikeys.tokens import redact


class Exit(IntEnum):
    """How a command ended; scripts rely on the numbers."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    NOTHING_MATCHED = 3
    NO_DATABASE = 4
    INTERRUPTED = 130


class Failed(CommandError):
    """Ends the command with one line on stderr, without a traceback and without a secret."""

    exit = Exit.FAILED

    def __init__(self, message: object) -> None:
        line = " ".join(str(message).split())  # databases complain in several
        super().__init__(storable(redact(line), 2000), returncode=self.exit)


class WrongUsage(Failed):
    exit = Exit.WRONG_USAGE


class NothingMatched(Failed):
    exit = Exit.NOTHING_MATCHED


class DatabaseUnavailable(Failed):
    exit = Exit.NO_DATABASE


class Interrupted(Failed):
    exit = Exit.INTERRUPTED


class Command(BaseCommand):
    """A command that hands over to the models' deeds, for people and for scripts."""

    # Django's own options that our --help does not explain once more.
    suppressed_base_arguments = {  # noqa: RUF012
        "--version",
        "--settings",
        "--pythonpath",
        "--force-color",
        "--no-color",
        "--verbosity",
    }
    as_json = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.setdefault(
            "epilog",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing matched, "
            "4 database unavailable, 130 interrupted.",
        )
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal that cannot show a letter is no reason to fail.
                stream.reconfigure(errors="backslashreplace")
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.as_json = options["json"]
        try:
            return super().execute(*args, **options)
        except ValidationError as error:
            raise WrongUsage(_sentences(error)) from error
        except ImproperlyConfigured as error:
            raise Failed(error) from error
        except ObjectDoesNotExist as error:
            raise NothingMatched("Somebody deleted it meanwhile.") from error
        except (OperationalError, InterfaceError, ProgrammingError) as error:
            raise DatabaseUnavailable(f"{outage.in_words(error)} {error}") from error
        except KeyboardInterrupt as error:
            raise Interrupted("What was finished is kept, nothing is half done.") from error

    def answer(self, document: Any, text: str) -> None:
        """Print the result: the document with ``--json``, else the text. Raises if nobody reads."""
        if self.as_json:
            # Only ASCII, so that no terminal's or pipe's encoding can damage it.
            self.write(json.dumps(document, cls=DjangoJSONEncoder))
        elif text:
            self.write(text)

    def write(self, text: str, ending: str = "\n") -> None:
        """Write to stdout and make sure it left; raises ``Failed`` when nobody can receive it."""
        try:
            self.stdout.write(text, ending=ending)
            self.stdout.flush()
        except (OSError, AttributeError) as error:  # Python has no stdout at all when it is closed
            self._give_up_writing(error)

    def say(self, text: object) -> None:
        """A message beside the data, on stderr."""
        self.stderr.write(storable(redact(str(text)), 2000), lambda line: line)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before a deed that cannot be undone; without a terminal only ``yes`` will do."""
        if yes:
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise WrongUsage("There is no terminal to confirm on: add --yes to go ahead.")
        self.say(f"{question} Type yes to go on:")
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise Failed("Nothing was done.")

    def _give_up_writing(self, error: Exception) -> NoReturn:
        if sys.stdout is not None and self.stdout._out is sys.stdout:
            # What is left in the buffer would fail once more when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise Failed("Nobody reads the standard output.") from error


def listing(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """A table for people: a header, then one line a row."""
    names = list(columns)
    table = [[name.upper() for name in names]]
    table += [[shown(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def details(document: Mapping[str, Any]) -> str:
    """One line a field, for people."""
    width = max(map(len, document))
    return "\n".join(f"{name.ljust(width)}  {shown(value)}" for name, value in document.items())


def shown(value: Any) -> str:
    """A value on one line, without anything that could fool a terminal."""
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return storable(str(value), 200)


def _sentences(error: ValidationError) -> str:
    """Every message once, though several validators may give the same."""
    if not hasattr(error, "error_dict"):
        return " ".join(dict.fromkeys(error.messages))
    named = {field: " ".join(dict.fromkeys(texts)) for field, texts in error.message_dict.items()}
    return " ".join(
        text if field == "__all__" else f"{field}: {text}" for field, text in named.items()
    )
