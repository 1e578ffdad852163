"""Request bodies: JSON only, and only such JSON as means one thing."""

import json
import math
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from apikeys.text import UNSTORABLE

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_MEMBERS = 1000
MAX_DIGITS = 100


class StrictJSONParser(BaseParser):
    """JSON of at most 1 MB, 64 levels and 1,000 members, in UTF-8, no member named twice.

    What JSON allows and nobody can store or agree on is refused: NaN and Infinity, lone
    surrogates, NUL, numbers of more than 100 digits (RFC 8259 sections 4, 6 and 8). A number with
    a fraction or an exponent arrives as a ``Decimal``, exactly as it was written.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        if _announced(parser_context) > MAX_BYTES:
            # Without reading: who announces 100 MB may never send them.
            raise RequestDataTooBig
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise RequestDataTooBig
        try:
            document = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_object,
                parse_constant=_constant,
                parse_int=_integer,
                parse_float=_number,
            )
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except ValueError as error:
            raise ParseError("The body is not JSON.") from error
        _judge(document)
        return document


def _announced(parser_context: Any) -> int:
    """The length that the request names for its body; 0 when it names none."""
    request = (parser_context or {}).get("request")
    length = request.META.get("CONTENT_LENGTH", "") if request is not None else ""
    return int(length) if length.isascii() and length.isdigit() else 0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ParseError("The body names a member twice.")
    return members


def _constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not a JSON number.")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ParseError("The body holds a number that is too large.")
    return int(text)


def _number(text: str) -> Decimal:
    """A number with a fraction or an exponent; exact, because it may be an amount of money."""
    if len(text) > MAX_DIGITS or not math.isfinite(float(text)):
        raise ParseError("The body holds a number that is too large.")
    try:
        return Decimal(text)
    except ArithmeticError as error:  # an exponent beyond even Decimal's, such as 1e-9999999999…
        raise ParseError("The body holds a number that is too small.") from error


def _judge(document: Any) -> None:
    """Refuse too much, too deep, and text that no database keeps. Walks without recursion."""
    members, pending = 0, [(document, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ParseError("The body is nested too deeply.")
        match value:
            case dict():
                members += len(value)
                pending.extend((inner, depth + 1) for inner in value.values())
                pending.extend((name, depth) for name in value)
            case list():
                members += len(value)
                pending.extend((inner, depth + 1) for inner in value)
            case str():
                if UNSTORABLE.search(value):
                    raise ParseError("The body holds text that cannot be stored.")
        if members > MAX_MEMBERS:
            raise ParseError("The body has too many members.")
