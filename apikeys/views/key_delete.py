"""Delete a key: only a disabled one, after typing its name and the password."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from apikeys.actor import Actor
from apikeys.models import APIKey
from apikeys.views import password_again
from apikeys.views.access import FORM, key_page
from apikeys.views.key_detail import CALLS_PANEL


@sensitive_post_parameters("password")
@key_page("apikeys.delete_apikey", methods=FORM)
def key_delete(request: HttpRequest, key: APIKey) -> HttpResponse:
    if request.method != "POST":
        return _show(request, key)
    if request.POST.get("name", "").strip() != key.api_user.username:
        return _show(request, key, name_error=_("This is not the name of its API user."))
    if error := password_again.error_in(request):
        return _show(request, key, error=error)
    name = str(key)
    try:
        key.delete(actor=Actor.from_request(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("key_detail", key.consumer_key)
    messages.success(
        request, _("%(key)s is deleted. Its history and its changes stay.") % {"key": name}
    )
    return redirect("key_list")


def _show(
    request: HttpRequest, key: APIKey, *, error: str = "", name_error: str = ""
) -> HttpResponse:
    context = {
        "key": key,
        "calls_panel": CALLS_PANEL,
        "is_due": password_again.is_due(request),
        "error": error,
        "name_error": name_error,
        "typed": request.POST.get("name", ""),
    }
    status = 400 if error or name_error else 200
    return render(request, "apikeys/key_delete.html", context, status=status)
