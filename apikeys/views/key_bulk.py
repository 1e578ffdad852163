"""Disable or enable many keys: the chosen ones, or all that the filters find."""

import hashlib
from collections.abc import Iterable
from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikeys.actor import Actor
from apikeys.forms.key_list import KeyListForm
from apikeys.models import APIKey, Status
from apikeys.models.api_key import APIKeyQuerySet
from apikeys.text import is_plain
from apikeys.views.access import DEED, console_page

AT_ONCE: Final = 1000
SHOWN: Final = 50


@console_page("apikeys.change_apikey", methods=DEED)
def key_bulk(request: HttpRequest) -> HttpResponse:
    """First the count and the keys, then the deed."""
    disable = request.POST.get("deed") != "enable"
    other = Status.ENABLED if disable else Status.DISABLED
    everything = "everything" in request.POST
    form = KeyListForm(_filters(request), viewer=request.user)
    if everything and not form.is_valid():
        # The list leaves such a filter out of account; a deed must not reach further for it.
        messages.error(
            request, _("A filter is no longer valid, so no key was changed. Filter again.")
        )
        return HttpResponseRedirect(reverse("key_list"))
    keys = (form.keys() if everything else _named(request)).filter(status=other)
    found = list(keys.select_related("api_user__store").order_by("pk")[: AT_ONCE + 1])
    back = _list_url(request)
    if not found:
        messages.info(request, _why_nothing(request, disable=disable))
        return HttpResponseRedirect(back)
    # Named keys are those that were shown; what filters find can become another set meanwhile.
    is_same = not everything or request.POST.get("seen") == _fingerprint(found)
    if "confirmed" in request.POST and is_same:
        _tell(request, _switch(found[:AT_ONCE], request, disable=disable), disable=disable)
        return HttpResponseRedirect(back)
    return _ask(request, found, disable=disable, everything=everything)


def _ask(
    request: HttpRequest, found: list[APIKey], *, disable: bool, everything: bool
) -> HttpResponse:
    context = {
        "disable": disable,
        "shown": found[:SHOWN],
        "count": min(len(found), AT_ONCE),
        "further": max(0, min(len(found), AT_ONCE) - SHOWN),
        "is_cut": len(found) > AT_ONCE,
        "chosen": [] if everything else request.POST.getlist("keys"),
        "seen": _fingerprint(found),
        "has_changed": "confirmed" in request.POST,
        "back": _list_url(request),
    }
    return render(request, "apikeys/key_bulk.html", context)


def _why_nothing(request: HttpRequest, *, disable: bool) -> str:
    if "everything" not in request.POST and not request.POST.getlist("keys"):
        return _("No key was chosen. Tick the keys first.")
    if disable:
        return _("None of the chosen keys is enabled.")
    return _("None of the chosen keys is disabled.")


def _filters(request: HttpRequest) -> QueryDict:
    return QueryDict(request.POST.get("filters", ""))


def _list_url(request: HttpRequest) -> str:
    return reverse("key_list", query=_filters(request))


def _named(request: HttpRequest) -> APIKeyQuerySet:
    keys = APIKey.objects.visible_to(request.user)
    named = filter(is_plain, request.POST.getlist("keys")[:AT_ONCE])
    return keys.filter(consumer_key__in=list(named))


def _fingerprint(keys: list[APIKey]) -> str:
    """Tells whether two sets of keys are the same."""
    return hashlib.sha256(repr([key.pk for key in keys]).encode()).hexdigest()


def _switch(keys: Iterable[APIKey], request: HttpRequest, *, disable: bool) -> int:
    """All of them or, if the database fails in between, none; each with its change record."""
    actor = Actor.from_request(request)
    with transaction.atomic():
        if disable:
            return sum(key.disable(actor=actor, reason="bulk") for key in keys)
        return sum(key.enable(actor=actor) for key in keys)


def _tell(request: HttpRequest, count: int, *, disable: bool) -> None:
    if disable:
        text = ngettext("%(count)s key is disabled.", "%(count)s keys are disabled.", count)
    else:
        text = ngettext("%(count)s key is enabled.", "%(count)s keys are enabled.", count)
    messages.success(request, text % {"count": count})
