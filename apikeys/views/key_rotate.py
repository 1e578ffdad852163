"""Rotate a key: a new secret now, the old one valid for as long as the change-over takes."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from apikeys.actor import Actor
from apikeys.forms.key_rotate import KeyRotateForm
from apikeys.models import APIKey, StaleRevision
from apikeys.views import password_again
from apikeys.views.access import DEED, FORM, key_page, require
from apikeys.views.issued import issued


@sensitive_post_parameters("password")
@sensitive_variables("secret")
@key_page("apikeys.change_apikey", methods=FORM)
def key_rotate(request: HttpRequest, key: APIKey) -> HttpResponse:
    _require_privileges(request, key)
    if request.method != "POST":
        return _show(request, key, KeyRotateForm(initial={"revision": key.revision}))
    form = KeyRotateForm(request.POST)
    if not form.is_valid():
        return _show(request, key, form, status=400)
    if error := password_again.error_in(request):
        return _show(request, key, form, status=400, error=error)
    try:
        secret = key.rotate(actor=Actor.from_request(request), **form.deed())
    except StaleRevision:
        messages.warning(
            request,
            _(
                "The key was changed or rotated after this form was opened, so it was not rotated "
                "again. Look at it and rotate once more if it is still needed."
            ),
        )
        return redirect("key_detail", key.consumer_key)
    return issued(request, key, secret, rotated=True)


@key_page("apikeys.change_apikey", methods=DEED)
def key_end_overlap(request: HttpRequest, key: APIKey) -> HttpResponse:
    """Refuse the replaced secrets from now on."""
    ended = key.end_overlap(actor=Actor.from_request(request))
    if ended:
        text = ngettext(
            "The old secret of %(key)s is refused from now on.",
            "%(count)s old secrets of %(key)s are refused from now on.",
            ended,
        )
        messages.success(request, text % {"key": key, "count": ended})
    else:
        messages.info(request, _("No old secret was still valid."))
    return redirect("key_detail", key.consumer_key)


def _require_privileges(request: HttpRequest, key: APIKey) -> None:
    """Whoever rotates a key holds its secret, so they must be allowed all that it opens."""
    for name in key.resources:
        if permission := settings.APIKEYS_PRIVILEGED_RESOURCES.get(name):
            require(request, permission)


def _show(
    request: HttpRequest, key: APIKey, form: KeyRotateForm, *, status: int = 200, error: str = ""
) -> HttpResponse:
    context = {
        "key": key,
        "form": form,
        "overlap": key.secrets_in_overlap(),
        "is_due": password_again.is_due(request),
        "error": error,
    }
    return render(request, "apikeys/key_rotate.html", context, status=status)
