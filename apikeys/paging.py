"""Lists in pages, without counting more rows than anybody would turn over."""

from functools import cached_property
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from apikeys.preferences import PAGE_SIZES, Preferences

COUNTED: Final = 10_000


# At run time the class takes no parameter.
class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to 10,000 rows, and says when there are more; a filter finds those."""

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by().values("pk")[: COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._found, COUNTED)

    @property
    def is_capped(self) -> bool:
        return self._found > COUNTED


def page_of(rows: "QuerySet[Any]", request: HttpRequest) -> Page[Any]:
    """The page that the URL asks for; the first or the last one for a number out of range."""
    asked = request.GET.get("per_page", "")
    size = int(asked) if asked in map(str, PAGE_SIZES) else Preferences.of(request).per_page
    paginator = CappedPaginator(rows, size)
    if request.GET.get("page", "1") != "1":
        return paginator.get_page(request.GET["page"])
    first = list(rows[: size + 1])
    if len(first) <= size:
        # All there is: a rare match is not searched for a second time to be counted.
        return CappedPaginator(first, size).get_page(1)
    return Page(first[:size], 1, paginator)
