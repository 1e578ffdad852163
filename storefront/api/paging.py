"""Pages of a list: bare arrays, with the neighbouring pages in ``Link``."""

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api.query import several

PER_PAGE: Final = 50
MOST_PER_PAGE: Final = 200
LAST_PAGE: Final = 100_000
LAST_ROW: Final = LAST_PAGE * MOST_PER_PAGE
WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)

PAGING: Final = [
    OpenApiParameter("page", int, description="The page, from 1."),
    OpenApiParameter("per_page", int, description="Rows on a page: 50 unless asked, at most 200."),
    OpenApiParameter("skip", int, description="Greenfield's way: rows to pass over."),
    OpenApiParameter("take", int, description="Greenfield's way: rows to answer, at most 200."),
]


class Window(NamedTuple):
    """Which rows of a list are asked for."""

    start: int
    rows: int
    names: tuple[str, str]
    """How the caller counts: by page and per_page, or by skip and take."""


def page(
    request: Request,
    rows: QuerySet[Any],
    serializer: type[serializers.Serializer[Any]],
    *,
    filters: Iterable[str] = (),
    context: dict[str, Any] | None = None,
) -> Response:
    """The rows that are asked for. ``Link`` repeats the named filters, never a credential."""
    window = _window(request)
    found = list(rows[window.start : window.start + window.rows + 1])
    data = serializer(found[: window.rows], many=True, context=context or {}).data
    query = [(name, value) for name in filters for value in several(request, name)]
    links = []
    if window.start:
        links.append(_link(request, query, window, 0, "first"))
        links.append(_link(request, query, window, max(0, window.start - window.rows), "prev"))
    if len(found) > window.rows:
        links.append(_link(request, query, window, window.start + window.rows, "next"))
    return Response(data, headers={"Link": ", ".join(links)} if links else None)


def _window(request: Request) -> Window:
    if {"skip", "take"} & request.query_params.keys() and "page" not in request.query_params:
        rows = min(_number(request, "take", default=PER_PAGE, least=1), MOST_PER_PAGE)
        return Window(_number(request, "skip", default=0, most=LAST_ROW), rows, ("skip", "take"))
    rows = min(_number(request, "per_page", default=PER_PAGE, least=1), MOST_PER_PAGE)
    number = _number(request, "page", default=1, least=1, most=LAST_PAGE)
    return Window((number - 1) * rows, rows, ("page", "per_page"))


def _number(
    request: Request, name: str, *, default: int, least: int = 0, most: int | None = None
) -> int:
    text = request.query_params.get(name) or str(default)
    number = int(text) if WHOLE_NUMBER.fullmatch(text) else least - 1
    if number < least or (most is not None and number > most):
        limit = f"from {least}" + (f" to {most}" if most is not None else "")
        raise serializers.ValidationError({name: f"Write a whole number {limit}."})
    return number


def _link(
    request: Request, query: list[tuple[str, str]], window: Window, start: int, relation: str
) -> str:
    position = start // window.rows + 1 if window.names[0] == "page" else start
    counted = [(window.names[0], str(position)), (window.names[1], str(window.rows))]
    return f'<{settings.PUBLIC_URL}{request.path}?{urlencode(query + counted)}>; rel="{relation}"'
