"""Lists in pages, which read no more rows than they must."""

from functools import cached_property
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from apikeys.preferences import PAGE_SIZES, Preferences
from apikeys.total import COUNTED, Total

FEW: Final = 1000


# At run time the class takes no parameter.
class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to 10,000 rows, and says when there are more; a filter finds those.

    A database that is asked for one page, filtered and in order, either gathers all that the
    filter leaves and sorts them with all their columns, or goes through the order and may come to
    the end of the table before the page is full. So of few rows the ids are gathered first, and
    only those of one page are read.
    """

    @cached_property
    def _few(self) -> list[Any] | None:
        """The ids of all rows, in no order, when a filter leaves few."""
        rows = self.object_list
        if not isinstance(rows, QuerySet) or not rows.query.has_filters():
            return None
        ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
        return ids if len(ids) <= FEW else None

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        if self._few is not None:
            return len(self._few)
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by().values("pk")[: COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._found, COUNTED)

    @property
    def is_capped(self) -> bool:
        return self._found > COUNTED

    @property
    def total(self) -> Total:
        return Total(self.count, is_least=self.is_capped)

    def page(self, number: Any) -> Page[Any]:
        """The page of this number. Raises ``InvalidPage`` when there is none."""
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return super().page(number)
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        ordered = rows if self._few is None else _only(rows, self._few)
        ids = list(ordered.values_list("pk", flat=True)[first:last])
        return Page(_only(rows, ids), number, self)


def _only(rows: QuerySet[Any], ids: list[Any]) -> QuerySet[Any]:
    """The rows with these ids, in the same order."""
    chosen = rows.all()
    # The ids were found under the filters, those of who may see what included. Asked for these
    # again, planners go by their indexes and not by the ids.
    chosen.query.clear_where()
    return chosen.filter(pk__in=ids)


def page_of(rows: QuerySet[Any], request: HttpRequest) -> Page[Any]:
    """The page that the URL asks for; the first or the last one for a number out of range."""
    return CappedPaginator(rows, page_size(request)).get_page(request.GET.get("page", "1"))


def page_size(request: HttpRequest) -> int:
    """How many rows the URL asks for, out of the sizes offered; else what the person prefers."""
    asked = request.GET.get("per_page", "")
    return int(asked) if asked in map(str, PAGE_SIZES) else Preferences.of(request).per_page
