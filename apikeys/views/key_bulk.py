"""Disable or enable many keys: the chosen ones, or all that the filters find."""

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
    keys = _chosen(request).filter(status=other).select_related("api_user__store")
    found = list(keys.order_by("pk")[: AT_ONCE + 1])
    back = _list_url(request)
    if not found:
        messages.info(
            request,
            _("No key is chosen that is enabled.")
            if disable
            else _("No key is chosen that is disabled."),
        )
        return HttpResponseRedirect(back)
    if "confirmed" in request.POST:
        _tell(request, _switch(found[:AT_ONCE], request, disable=disable), disable=disable)
        return HttpResponseRedirect(back)
    context = {
        "disable": disable,
        "shown": found[:SHOWN],
        "count": min(len(found), AT_ONCE),
        "further": max(0, min(len(found), AT_ONCE) - SHOWN),
        "is_cut": len(found) > AT_ONCE,
        "chosen": [] if "everything" in request.POST else request.POST.getlist("keys"),
        "back": back,
    }
    return render(request, "apikeys/key_bulk.html", context)


def _filters(request: HttpRequest) -> QueryDict:
    return QueryDict(request.POST.get("filters", ""))


def _list_url(request: HttpRequest) -> str:
    return f"{reverse('key_list')}?{_filters(request).urlencode()}".rstrip("?")


def _chosen(request: HttpRequest) -> APIKeyQuerySet:
    if "everything" in request.POST:
        return KeyListForm(_filters(request), viewer=request.user).keys()
    keys = APIKey.objects.visible_to(request.user)
    named = filter(is_plain, request.POST.getlist("keys")[:AT_ONCE])
    return keys.filter(consumer_key__in=list(named))


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
