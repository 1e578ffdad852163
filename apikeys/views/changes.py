"""Who changed what: of one key, and of everything this console user may see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apikeys.by_value import having_any
from apikeys.forms.change_list import ChangeListForm
from apikeys.models import APIKey, ChangeRecord
from apikeys.paging import page_of
from apikeys.views.access import console_page, key_page


@key_page("apikeys.view_changerecord")
def key_changes(request: HttpRequest, key: APIKey) -> HttpResponse:
    page = page_of(ChangeRecord.objects.of_key(key), request)
    return render(request, "apikeys/key_changes.html", {"key": key, "page": page})


@console_page("apikeys.view_changerecord")
def change_list(request: HttpRequest) -> HttpResponse:
    form = ChangeListForm(request.GET)
    form.is_valid()
    changes = ChangeRecord.objects.visible_to(request.user)
    if kind := form.cleaned_data.get("kind"):
        changes = changes.filter(kind=kind)
    if text := form.cleaned_data.get("q"):
        values = {"username": text, "consumer_key": text, "actor_name": text}
        changes = having_any(changes, **values, name=f"user {text}")
    context = {"form": form, "page": page_of(changes, request)}
    return render(request, "apikeys/change_list.html", context)
