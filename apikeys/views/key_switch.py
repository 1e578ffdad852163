"""Disable and enable a key: one click each, which never asks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.models import APIKey
from apikeys.views.access import DEED, key_page
from apikeys.views.preferences import safe_next


@key_page("apikeys.change_apikey", methods=DEED)
def key_disable(request: HttpRequest, key: APIKey) -> HttpResponse:
    if key.disable(actor=Actor.from_request(request), reason=request.POST.get("reason", "")):
        text = _("%(key)s is disabled: every call from now on is refused. You can enable it again.")
        messages.success(request, text % {"key": key})
    else:
        messages.info(request, _("%(key)s was already disabled.") % {"key": key})
    return _back(request, key)


@key_page("apikeys.change_apikey", methods=DEED)
def key_enable(request: HttpRequest, key: APIKey) -> HttpResponse:
    if key.enable(actor=Actor.from_request(request)):
        messages.success(request, _("%(key)s is enabled.") % {"key": key})
    else:
        messages.info(request, _("%(key)s was already enabled.") % {"key": key})
    return _back(request, key)


def _back(request: HttpRequest, key: APIKey) -> HttpResponse:
    return HttpResponseRedirect(safe_next(request, reverse("key_detail", args=[key.consumer_key])))
