"""API users: the list, one of them, and the deeds on it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.forms.people import OwnerForm, UserCreateForm
from apikeys.models import APIKey, APIUser, ChangeRecord, Status
from apikeys.paging import page_of
from apikeys.total import COUNTED, Total, count_beside
from apikeys.views import filters
from apikeys.views.access import DEED, FORM, atomic_post, console_page
from apikeys.views.form_page import form_page, posted

SHOWN_KEYS = 50


def _found(request: HttpRequest, username: str) -> APIUser:
    users = APIUser.objects.visible_to(request.user).select_related("store", "owner")
    return get_object_or_404(users, username=username)


@console_page("apikeys.view_apiuser")
def user_list(request: HttpRequest) -> HttpResponse:
    users = APIUser.objects.visible_to(request.user).select_related("store", "owner")
    if text := filters.text(request):
        users = users.matching(text)
    if status := filters.choice(request, "status", Status.values):
        users = users.filter(status=status)
    users = users.annotate(number_of_keys=count_beside(APIKey.objects.all(), "api_user"))
    context = {
        "page": page_of(users.order_by("username"), request),
        "statuses": Status.choices,
        "filtered": filters.has_filters(request),
    }
    return render(request, "apikeys/user_list.html", context)


@console_page("apikeys.add_apiuser", methods=FORM)
def user_create(request: HttpRequest) -> HttpResponse:
    form = UserCreateForm(posted(request), operator=request.user)
    if form.is_valid():
        try:
            user = APIUser.objects.add(actor=Actor.from_request(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error("username", error.messages)
        else:
            messages.success(request, _("%(name)s is created. Give it a key.") % {"name": user})
            return redirect("user_detail", user.username)
    return form_page(request, "apikeys/user_form.html", form, title=_("Create API user"))


@console_page("apikeys.view_apiuser")
def user_detail(request: HttpRequest, username: str) -> HttpResponse:
    user = _found(request, username)
    keys = user.keys.all()
    context = {
        "api_user": user,
        "keys": keys.for_list()[:SHOWN_KEYS],
        "number": Total.of(keys.order_by(), COUNTED),
        "changes": ChangeRecord.objects.filter(api_user=user)[:10],
    }
    return render(request, "apikeys/user_detail.html", context)


@console_page("apikeys.change_apiuser", methods=DEED)
def user_switch(request: HttpRequest, username: str, deed: str) -> HttpResponse:
    """Disable or enable: one click, which never asks."""
    user, actor = _found(request, username), Actor.from_request(request)
    if deed == "disable":
        user.disable(actor=actor)
        text = _("%(name)s is disabled: every call with one of its keys is refused.")
    else:
        user.enable(actor=actor)
        text = _("%(name)s is enabled.")
    messages.success(request, text % {"name": user})
    return redirect("user_detail", user.username)


@console_page("apikeys.change_apiuser", methods=FORM)
@atomic_post
def user_hand_over(request: HttpRequest, username: str) -> HttpResponse:
    user = _found(request, username)
    initial = {"owner": user.owner.get_username() if user.owner else ""}
    form = OwnerForm(posted(request), operator=request.user, record=user, initial=initial)
    if form.is_valid():
        owner = form.cleaned_data["owner"]
        user.hand_over(actor=Actor.from_request(request), owner=owner)
        messages.success(request, _("The owner of %(name)s is saved.") % {"name": user})
        return redirect("user_detail", user.username)
    title = _("Hand over %(name)s") % {"name": user}
    return form_page(request, "apikeys/user_form.html", form, title=title, api_user=user)


@console_page("apikeys.delete_apiuser", methods=DEED)
def user_delete(request: HttpRequest, username: str) -> HttpResponse:
    """Only one without keys; its name stays in history and in the changes."""
    user = _found(request, username)
    try:
        user.delete(actor=Actor.from_request(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("user_detail", user.username)
    messages.success(request, _("%(name)s is deleted.") % {"name": username})
    return redirect("user_list")
