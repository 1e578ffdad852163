"""Fields that both Coinsnap's and Greenfield's clients can read and write."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MOST_METADATA: Final = 64 * 1024
WRITTEN_AMOUNT: Final = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


@extend_schema_field(
    {
        "oneOf": [{"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}, {"type": "number"}],
        "description": "A decimal string or a number; answers have a decimal string.",
    }
)
class AmountField(serializers.Field[Decimal, Any, str, Any]):
    """A string or a number in, an exact decimal inside, a decimal string out."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": 'Write an amount as in "12.50" or 12.50.'
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, str) and WRITTEN_AMOUNT.fullmatch(data):
            return Decimal(data)
        if isinstance(data, (int, Decimal)) and not isinstance(data, bool):
            return Decimal(data)
        self.fail("invalid")

    def to_representation(self, value: Decimal) -> str:
        return f"{value:f}"


@extend_schema_field(OpenApiTypes.INT64)
class UnixTimeField(serializers.Field[Any, Any, int, Any]):
    """A moment, in whole seconds since 1970."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: datetime) -> int:
        return int(value.timestamp())


@extend_schema_field({"type": "object", "additionalProperties": True})
class MetadataField(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """Free data that is given back as it came. PHP writes an empty one as ``[]``."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Write an object of names and values.",
        "too_large": "Metadata has at most 64 KB.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data == []:
            return {}
        if not isinstance(data, dict):
            self.fail("invalid")
        plain: dict[str, Any] = _plain(data)
        if len(json.dumps(plain)) > MOST_METADATA:
            self.fail("too_large")
        return plain

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


def _plain(value: Any) -> Any:
    """Numbers as JSON's other readers have them: a double. Only amounts are kept exactly."""
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case Decimal():
            return float(value)
        case _:
            return value


@contextmanager
def named(names: dict[str, str] | None = None) -> Iterator[None]:
    """Turn a deed's ``ValidationError`` into the answer 400, under the names of the API."""
    try:
        yield
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise serializers.ValidationError(_details(error)) from error
        raise serializers.ValidationError(
            {
                ((names or {}).get(field, field) if field != "__all__" else "non_field_errors"): (
                    [detail for inner in errors for detail in _details(inner)]
                )
                for field, errors in error.error_dict.items()
            }
        ) from error


def _details(error: ValidationError) -> list[serializers.ErrorDetail]:
    return [
        serializers.ErrorDetail(message, code=inner.code or "invalid")
        for inner in error.error_list
        for message in inner.messages
    ]
