"""Change the settings of a key; a form that was opened before a newer change is refused."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from apikeys.actor import Actor
from apikeys.forms.key_edit import KeyEditForm
from apikeys.models import APIKey, ChangeRecord, StaleRevision
from apikeys.views import password_again
from apikeys.views.access import FORM, key_page


@sensitive_post_parameters("password")
@key_page("apikeys.change_apikey", methods=FORM)
def key_edit(request: HttpRequest, key: APIKey) -> HttpResponse:
    if request.method != "POST":
        return _show(request, key, KeyEditForm.of_key(key, operator=request.user))
    form = KeyEditForm.of_key(key, request.POST, operator=request.user)
    if not form.is_valid():
        return _show(request, key, form, status=400)
    if form.widens and "confirmed" not in request.POST:
        is_due = form.lets_write and password_again.is_due(request)
        return _show(request, key, form, is_wide=True, is_due=is_due)
    # Otherwise whoever may not create a writing key would create a reading one, and edit it.
    if form.lets_write and (error := password_again.error_in(request)):
        return _show(request, key, form, status=400, is_due=True, error=error)
    try:
        changed = form.save(actor=Actor.from_request(request))
    except StaleRevision:
        return _refuse_stale(request, key, form)
    except ValidationError as error:
        form.show(error)
        return _show(request, key, form, status=400)
    if changed:
        messages.success(request, _("The settings of %(key)s are saved.") % {"key": key})
    else:
        messages.info(request, _("Nothing to save: the settings are as they were."))
    if changed and not key.any_ip and not key.allowed_ips.exists():
        messages.warning(request, _("No address is allowed: nobody can use the key."))
    return redirect("key_detail", key.consumer_key)


def _refuse_stale(request: HttpRequest, key: APIKey, form: KeyEditForm) -> HttpResponse:
    """Show what changed meanwhile above what was typed; sending it again then counts."""
    key.refresh_from_db()
    seen = form.cleaned_data["last_change"] or 0
    changes = ChangeRecord.objects.of_key(key).filter(pk__gt=seen)
    data = request.POST.copy()
    for name, value in KeyEditForm.state_of(key).items():
        data[name] = str(value)
    again = KeyEditForm.of_key(key, data, operator=request.user)
    return _show(request, key, again, status=409, changes=changes[:20], is_stale=True)


def _show(
    request: HttpRequest, key: APIKey, form: KeyEditForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    return render(
        request, "apikeys/key_edit.html", {"key": key, "form": form, **more}, status=status
    )
