"""Numbers of rows: counted up to a limit, or beside each row of another query."""

from dataclasses import dataclass
from typing import Any, Final, Self

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """A number; ``is_least`` when there may be more: nothing very long is counted to its end."""

    count: int
    is_least: bool = False

    @classmethod
    def of(cls, rows: QuerySet[Any], most: int) -> Self:
        """How many rows there are, counted up to ``most``.

        In their own order: PostgreSQL then walks an index and stops, instead of reading them all.
        """
        found = rows.values("pk")[: most + 1].count()
        return cls(min(found, most), is_least=found > most)

    def __str__(self) -> str:
        return f"{self.count:,}{'+' if self.is_least else ''}"


def count_beside(rows: QuerySet[Any], reference: str) -> Coalesce:
    """How many of these rows refer to each row of the query that is annotated with it."""
    own = rows.filter(**{reference: OuterRef("pk")}).order_by().values(reference)
    return Coalesce(Subquery(own.annotate(count=Count("pk")).values("count")), 0)
