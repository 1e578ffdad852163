"""Stores: the list, one of them, and the deeds on it; superusers open them and choose the staff."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.forms.people import StaffForm, StoreCreateForm, StoreForm
from apikeys.forms.submitted import AlreadySubmitted
from apikeys.models import APIKey, Store
from apikeys.models.key_lists import KeyState
from apikeys.models.scope import sees_every_store
from apikeys.paging import page_of
from apikeys.total import COUNTED, Total
from apikeys.views.access import DEED, FORM, atomic_post, console_page
from apikeys.views.form_page import form_page, posted


def _found(request: HttpRequest, public_id: str) -> Store:
    return get_object_or_404(Store.objects.visible_to(request.user), public_id=public_id)


@console_page("apikeys.view_store")
def store_list(request: HttpRequest) -> HttpResponse:
    page = page_of(Store.objects.visible_to(request.user), request)
    return render(request, "apikeys/store_list.html", {"page": page})


@console_page("apikeys.add_store", methods=FORM)
def store_create(request: HttpRequest) -> HttpResponse:
    form, actor = StoreCreateForm(posted(request)), Actor.from_request(request)
    if form.is_valid():
        try:
            with transaction.atomic():
                store = form.open(actor=actor)
                if not sees_every_store(request.user):
                    # Whoever opens a store works in it; otherwise they could not even look at it.
                    store.set_staff([cast(User, request.user)], actor=actor)
        except AlreadySubmitted as repeated:
            messages.info(request, _("The form was sent twice, and carried out once."))
            return redirect("store_detail", repeated.made.public_id)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The store %(name)s is created.") % {"name": store})
            return redirect("store_detail", store.public_id)
    return form_page(request, "apikeys/store_form.html", form, title=_("Create store"))


@console_page("apikeys.view_store")
def store_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    store = _found(request, public_id)
    keys = APIKey.objects.filter(api_user__store=store)
    context = {
        "store": store,
        "staff": store.staff.order_by("username"),
        "users": Total.of(store.api_users.order_by(), COUNTED),
        "keys": Total.of(keys.order_by(), COUNTED),
        "enabled": keys.total_in(KeyState.ENABLED),
    }
    return render(request, "apikeys/store_detail.html", context)


@console_page("apikeys.change_store", methods=FORM)
@atomic_post
def store_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    store = _found(request, public_id)
    form = StoreForm(posted(request), record=store, initial=store.snapshot())
    if form.is_valid():
        try:
            store.change(actor=Actor.from_request(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The store %(name)s is saved.") % {"name": store})
            return redirect("store_detail", store.public_id)
    title = _("Edit %(name)s") % {"name": store}
    return form_page(request, "apikeys/store_form.html", form, title=title, store=store)


@console_page("apikeys.change_store", methods=DEED)
def store_switch(request: HttpRequest, public_id: str, deed: str) -> HttpResponse:
    """Disable or enable: one click, which never asks."""
    store, actor = _found(request, public_id), Actor.from_request(request)
    if deed == "disable":
        store.disable(actor=actor)
        text = _("The store %(name)s is disabled: every call with one of its keys is refused.")
    else:
        store.enable(actor=actor)
        text = _("The store %(name)s is enabled.")
    messages.success(request, text % {"name": store})
    return redirect("store_detail", store.public_id)


@console_page("apikeys.change_store", methods=FORM)
@atomic_post
def store_staff(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who sees the store. Superusers only: others could let themselves into any store."""
    if not sees_every_store(request.user):
        raise PermissionDenied(_("Only superusers can choose the staff of a store."))
    store = _found(request, public_id)
    chosen = list(store.staff.values_list("username", flat=True))
    form = StaffForm(posted(request), record=store, initial={"staff": chosen})
    if form.is_valid():
        store.set_staff(form.cleaned_data["staff"], actor=Actor.from_request(request))
        messages.success(request, _("The staff of %(name)s is saved.") % {"name": store})
        return redirect("store_detail", store.public_id)
    title = _("Staff of %(name)s") % {"name": store}
    return form_page(request, "apikeys/store_staff.html", form, title=title, store=store)
