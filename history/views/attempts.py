"""Calls that proved no key: apart from the history, because anybody can send them."""

from typing import Final

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apikeys.paging import page_of
from apikeys.views.access import console_page
from history.models import UnprovenCalls

VIEW: Final = "history.view_unprovencalls"


@console_page(VIEW)
def attempts(request: HttpRequest) -> HttpResponse:
    """Merged counts, the newest minute first."""
    rows = UnprovenCalls.objects.visible_to(request.user).order_by("-minute", "-pk")
    if named := request.GET.get("key", ""):
        rows = rows.filter(consumer_key=named[:64].replace("\x00", ""))
    page: Page[UnprovenCalls] = page_of(rows, request)
    return render(request, "history/attempt_list.html", {"page": page, "named": named})
