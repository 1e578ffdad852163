"""Positions in the order of the calls, by which pages begin and end."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHAPE: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of the calls, as the URL of a page carries it."""

    date_added: datetime
    pk: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The place that ``str`` wrote; None for any other text."""
        shape = SHAPE.fullmatch(text)
        if shape is None:
            return None
        try:
            return cls(EPOCH + timedelta(microseconds=int(shape[1])), int(shape[2]))
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{(self.date_added - EPOCH) // timedelta(microseconds=1)}-{self.pk}"
