"""The console's pages about session transfers: where they lead, and which there were."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.models import Store
from apikeys.paging import page_of
from apikeys.views.access import FORM, atomic_post, console_page
from apikeys.views.form_page import form_page, posted
from storefront.forms.transfer_target import TransferTargetForm
from storefront.models import SessionTransfer, TransferTarget
from storefront.models.transfer_target import Action


@console_page("storefront.view_transfertarget")
def target_list(request: HttpRequest) -> HttpResponse:
    page = page_of(Store.objects.visible_to(request.user), request)
    stores = TransferTarget.objects.by_store(page)
    return render(request, "storefront/target_list.html", {"page": page, "stores": stores})


@console_page("storefront.change_transfertarget", methods=FORM)
@atomic_post
def target_edit(request: HttpRequest, store_id: str, action: str) -> HttpResponse:
    store = get_object_or_404(Store.objects.visible_to(request.user), public_id=store_id)
    if action not in Action.values:
        raise Http404("There is no such action.")
    target = TransferTarget.objects.of(store, action)
    form = TransferTargetForm(
        posted(request),
        record=target if target.pk else None,
        initial=target.snapshot(),
    )
    if form.is_valid():
        try:
            target = TransferTarget.objects.set(
                actor=Actor.from_request(request), store=store, action=action, **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": Action(action).label})
            return redirect("target_list")
    context = {"title": Action(action).label, "store": store, "target": target}
    return form_page(request, "storefront/target_form.html", form, **context)


@console_page("storefront.view_sessiontransfer")
def transfer_list(request: HttpRequest) -> HttpResponse:
    transfers = SessionTransfer.objects.visible_to(request.user).select_related("store", "cart")
    page = page_of(transfers, request)
    return render(request, "storefront/transfer_list.html", {"page": page})
