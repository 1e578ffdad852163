"""Numbers that say when there may be more: nothing very long is counted to its end."""

from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Total:
    """A number; ``is_least`` when there may be more than were counted."""

    count: int
    is_least: bool = False

    @classmethod
    def of(cls, rows: "QuerySet[Any]", most: int) -> Self:
        """How many rows there are, counted up to ``most``.

        In their own order: PostgreSQL then walks an index and stops, instead of reading them all.
        """
        found = rows.values("pk")[: most + 1].count()
        return cls(min(found, most), is_least=found > most)

    def __str__(self) -> str:
        return f"{self.count:,}{'+' if self.is_least else ''}"
