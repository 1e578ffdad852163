"""The list of keys: sorted, filtered, searched, in pages; its state is in the URL."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apikeys import tokens
from apikeys.forms.key_list import KeyListForm
from apikeys.models import APIKey, Store
from apikeys.paging import page_of
from apikeys.views.access import DEED, console_page
from apikeys.views.pasted_secret import holds_secret


@console_page("apikeys.view_apikey")
def key_list(request: HttpRequest) -> HttpResponse:
    form = KeyListForm(request.GET, viewer=request.user)
    page = page_of(form.keys().for_list(), request)
    stores = Store.objects.visible_to(request.user)
    context = {
        "form": form,
        "page": page,
        "order": form.order,
        "is_filtered": bool(form.chosen),
        "several_stores": stores[:2].count() > 1,
        "none_exist": not page.object_list and not APIKey.objects.visible_to(request.user).exists(),
    }
    return render(request, "apikeys/key_list.html", context)


@console_page("apikeys.view_apikey", methods=DEED)
def key_search(request: HttpRequest) -> HttpResponse:
    """Take what was typed by POST, so that a pasted secret reaches no address and no log.

    A whole key leads to its page, whether it is the consumer key or the secret.
    """
    text = request.POST.get("q", "").strip()
    named = text if tokens.is_consumer_key(text) else tokens.consumer_key_of(text)
    if named and APIKey.objects.visible_to(request.user).filter(consumer_key=named).exists():
        return redirect("key_detail", named)
    if named or holds_secret(text):
        messages.warning(
            request,
            _("No key of your stores matches, or it was cut off or mistyped. It was not kept."),
        )
        return redirect("key_list")
    kept = ("status", "permission", "store", "user", "order")
    query = {"q": text} | {name: request.POST.get(name, "") for name in kept}
    query = {name: value for name, value in query.items() if value}
    return HttpResponseRedirect(reverse("key_list", query=query))
