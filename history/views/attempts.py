"""Calls that proved no key: apart from the history, because anybody can send them."""

from typing import Final

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apikeys.networks import ENTRY_LENGTH, merge_network
from apikeys.paging import page_of
from apikeys.views import filters
from apikeys.views.access import console_page
from history.models import UnprovenCalls

VIEW: Final = "history.view_unprovencalls"


@console_page(VIEW)
def attempts(request: HttpRequest) -> HttpResponse:
    """Merged counts, the newest minute first."""
    rows = UnprovenCalls.objects.visible_to(request.user).order_by("-minute", "-pk")
    if named := filters.text(request, "key"):
        rows = rows.filter(consumer_key=named)
    if asked := request.GET.get("ip", "").strip()[:ENTRY_LENGTH]:
        # IPv6 is counted by /64, and shown so: both an address and the network that is shown do.
        network = merge_network(asked.removesuffix("/64"))
        rows = rows.filter(network=network) if network else rows.none()
    page: Page[UnprovenCalls] = page_of(rows, request)
    context = {"page": page, "named": named, "asked": asked}
    return render(request, "history/attempt_list.html", context)
