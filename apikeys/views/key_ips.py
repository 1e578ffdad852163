"""Allowed IPs of a key: add, label, remove."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikeys import client_ip, networks
from apikeys.actor import Actor
from apikeys.forms.addresses import AllowIPsForm, EntryForm, LabelForm
from apikeys.forms.opened import STALE
from apikeys.models import AllowedIP, APIKey, StaleRevision
from apikeys.paging import page_of
from apikeys.views.access import DEED, FORM, key_page


@key_page("apikeys.change_apikey", methods=FORM)
def key_ips(request: HttpRequest, key: APIKey) -> HttpResponse:
    """The list, and more lines for it."""
    if request.method != "POST":
        initial = {"allowed_ips": request.GET.get("add", "")[:100]}
        return _show(request, key, AllowIPsForm(initial=initial))
    if "add_my_ip" in request.POST:
        form = AllowIPsForm({"allowed_ips": client_ip.of_request(request).ip or ""})
    else:
        form = AllowIPsForm(request.POST)
    if not form.is_valid():
        return _show(request, key, form, status=400)
    if "back" in request.POST:
        return _show(request, key, form)
    if "confirmed" not in request.POST and (doubts := form.doubts(key)):
        return render(
            request, "apikeys/key_ips_confirm.html", {"key": key, "form": form, "doubts": doubts}
        )
    try:
        added = key.allow_ips(form.cleaned_data["allowed_ips"], actor=Actor.from_request(request))
    except ValidationError as error:
        form.add_error("allowed_ips", error.messages)
        return _show(request, key, form, status=400)
    _tell_added(request, key, added)
    return redirect("key_ips", key.consumer_key)


@key_page("apikeys.change_apikey", methods=DEED)
def key_ip_remove(request: HttpRequest, key: APIKey) -> HttpResponse:
    form = EntryForm(request.POST)
    network = form.cleaned_data["network"] if form.is_valid() else ""
    if not key.disallow_ips([network], actor=Actor.from_request(request)):
        messages.warning(request, _("This address is not on the list any more."))
        return redirect("key_ips", key.consumer_key)
    names = {"network": networks.spellings(network)[0], "key": key}
    messages.success(request, _("%(network)s is removed from the list of %(key)s.") % names)
    if not key.any_ip and not key.allowed_ips.exists():
        messages.warning(request, _("The list is empty now: nobody can use the key."))
    return redirect("key_ips", key.consumer_key)


@key_page("apikeys.change_apikey", methods=DEED)
def key_ip_label(request: HttpRequest, key: APIKey) -> HttpResponse:
    form = LabelForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect("key_ips", key.consumer_key)
    try:
        key.label_ip(**form.cleaned_data, actor=Actor.from_request(request))
    except AllowedIP.DoesNotExist:
        messages.warning(request, _("Somebody else has already removed this address."))
    except StaleRevision:
        messages.warning(request, STALE)
    else:
        messages.success(request, _("The label is saved."))
    return redirect("key_ips", key.consumer_key)


def _tell_added(request: HttpRequest, key: APIKey, added: list[str]) -> None:
    if not added:
        messages.info(request, _("That is on the list already."))
        return
    text = ngettext(
        "%(first)s may use %(key)s from now on.",
        "%(count)s addresses or networks may use %(key)s from now on.",
        len(added),
    )
    first = networks.spellings(added[0])[0]
    messages.success(request, text % {"first": first, "count": len(added), "key": key})


def _show(
    request: HttpRequest, key: APIKey, form: AllowIPsForm, *, status: int = 200
) -> HttpResponse:
    rows = key.allowed_ips.all()
    context = {
        "key": key,
        "form": form,
        "page": page_of(rows, request),
        "remarks": networks.remarks(rows.values_list("network", flat=True)),
        "mine": client_ip.of_request(request),
    }
    return render(request, "apikeys/key_ips.html", context, status=status)
