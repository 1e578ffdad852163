"""What the URL of a list says that it is narrowed to; what does not fit is ignored."""

from datetime import datetime, time
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from apikeys.models import Store

Rows = TypeVar("Rows", bound=QuerySet[Any])


def text(request: HttpRequest, name: str = "q") -> str:
    """A word to search for, without what no database can compare."""
    return request.GET.get(name, "").strip()[:200].replace("\0", "")


def choice(request: HttpRequest, name: str, known: list[str]) -> str:
    """One of the known values, or nothing."""
    value = request.GET.get(name, "")
    return value if value in known else ""


def day(request: HttpRequest, name: str) -> datetime | None:
    """The beginning of a day in the operator's zone."""
    try:
        found = parse_date(request.GET.get(name, ""))
        return None if found is None else timezone.make_aware(datetime.combine(found, time()))
    except (ValueError, OverflowError):
        return None


def stores(request: HttpRequest) -> QuerySet[Store]:
    return Store.objects.visible_to(request.user)


def in_chosen_store(rows: Rows, request: HttpRequest) -> Rows:
    """The rows of the store that the URL names, out of those that the person sees."""
    if chosen := text(request, "store"):
        return rows.filter(store__public_id=chosen)
    return rows


def has_filters(request: HttpRequest) -> bool:
    return any(value for name, value in request.GET.items() if name not in ("page", "per_page"))
