"""The call history: of everything an operator may see, and of one key."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify

from apikeys.actor import Actor
from apikeys.models import APIKey
from apikeys.paging import page_size
from apikeys.tokens import redact
from apikeys.views.access import console_page, key_page
from history import chart, daily, export, frequent, nextstep
from history.filters import CallFilter
from history.models import CallRecord, UnprovenCalls
from history.position import Position
from history.search import Found, Search

VIEW: Final = "history.view_callrecord"
LINES_AT_ONCE: Final = 200
SHOWN_ATTEMPTS: Final = 10


@console_page(VIEW)
def history(request: HttpRequest) -> HttpResponse:
    """Every call that the operator may see, newest first."""
    wanted = CallFilter(request.GET, request=request)
    return render(request, "history/call_list.html", _listed(request, wanted))


@key_page(VIEW)
def key_history(request: HttpRequest, key: APIKey) -> HttpResponse:
    """The calls of one key: how many a day, each one, from where and for what."""
    wanted = CallFilter(request.GET, request=request, key=key)
    context = _listed(request, wanted) | {
        "key": key,
        "chart": chart.draw(daily.days_of_key(key.pk, days=chosen_period(request))),
        "periods": chart.PERIODS,
        "frequent": frequent.of_key(key),
    }
    if request.user.has_perm("history.view_unprovencalls"):
        attempts = UnprovenCalls.objects.of_key(key)
        context["attempts"] = attempts.order_by("-minute", "-pk")[:SHOWN_ATTEMPTS]
        context["attempt_count"] = attempts.recent()
    return render(request, "history/key_history.html", context)


@console_page(VIEW)
def history_export(request: HttpRequest) -> HttpResponseBase:
    """Exactly the rows of the page with the same query, on all its pages."""
    return _exported(request, CallFilter(request.GET, request=request))


@key_page(VIEW)
def key_history_export(request: HttpRequest, key: APIKey) -> HttpResponseBase:
    """The same for one key."""
    return _exported(request, CallFilter(request.GET, request=request, key=key), key)


def chosen_period(request: HttpRequest) -> int:
    """For how many days the charts of a page are drawn."""
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, chart.PERIODS) else 30


def _listed(request: HttpRequest, wanted: CallFilter) -> dict[str, Any]:
    search, first, size = Search(wanted), _first_row(request), page_size(request)
    found = search.page(
        size,
        before=Position.parse(request.GET.get("before", "")),
        after=Position.parse(request.GET.get("after", "")),
    )
    return {
        "filter": wanted,
        "is_filtered": bool(wanted.form.errors or wanted.asked),
        "found": found,
        "rows": list(_with_keys(request, found)),
        "total": search.total,
        "first_row": first,
        "last_row": first + len(found.records) - 1,
        "newer_row": max(1, first - size),
        "older_row": first + len(found.records),
    }


def _with_keys(
    request: HttpRequest, found: Found
) -> Iterator[tuple[CallRecord, APIKey | None, nextstep.NextStep | None]]:
    """Each call with its key as it is today and with what can be done about a denial."""
    keys = (
        APIKey.objects.visible_to(request.user)
        .select_related("api_user__store")
        .in_bulk({record.key_id for record in found.records})
    )
    listed = nextstep.listed_by_now(found.records)
    for record in found.records:
        key = keys.get(record.key_id)
        yield record, key, nextstep.for_call(record, key, is_listed=record.pk in listed)


def _first_row(request: HttpRequest) -> int:
    """The number of the first row, which the links between pages carry along."""
    asked = request.GET.get("row", "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) < 9
    return max(1, int(asked)) if is_number else 1


def _exported(
    request: HttpRequest, wanted: CallFilter, key: APIKey | None = None
) -> HttpResponseBase:
    if not wanted.is_valid_query:
        complaint = wanted.form.errors.as_text()
        return HttpResponseBadRequest(complaint, content_type="text/plain; charset=utf-8")
    format = "ndjson" if request.GET.get("format") == "ndjson" else "csv"
    conditions = {name: redact(str(value)) for name, value in wanted.asked.items()}
    if key is not None:
        conditions = {"key": key.consumer_key} | conditions
    export.note(Actor.from_request(request), conditions, key=key)
    response = StreamingHttpResponse(
        _in_portions(export.lines(Search(wanted).walk(), format=format)),
        content_type=export.CONTENT_TYPES[format],
    )
    name = file_name(conditions, timezone.now())
    response["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return response


def file_name(conditions: dict[str, str], now: datetime) -> str:
    """A name that says what is inside, of letters, digits and hyphens only."""
    parts = [
        slugify(f"{name} {value}".replace(".", "-").replace(":", "-").replace("/", "-"))
        for name, value in conditions.items()
    ]
    return "_".join(["calls", *parts])[:150].rstrip("_-") + f"_{timezone.localdate(now)}"


def _in_portions(lines: Iterable[str]) -> Iterator[str]:
    """Fewer and longer pieces, each of which costs the server a write."""
    lines = iter(lines)
    while portion := "".join(islice(lines, LINES_AT_ONCE)):
        yield portion
