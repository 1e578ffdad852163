"""Create a key: the form, a second look at a dangerous one, and the secret, once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from apikeys import client_ip
from apikeys.actor import Actor
from apikeys.forms.addresses import with_line
from apikeys.forms.key_create import KeyCreateForm
from apikeys.forms.submitted import AlreadySubmitted
from apikeys.models import Permission
from apikeys.views import password_again
from apikeys.views.access import FORM, console_page
from apikeys.views.form_page import form_page
from apikeys.views.issued import issued


@sensitive_post_parameters("password")
@sensitive_variables("secret")
@console_page("apikeys.add_apikey", methods=FORM)
def key_create(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        initial = {"username": request.GET.get("user", "")[:64]}
        return _show(request, KeyCreateForm(operator=request.user, initial=initial))
    if "add_my_ip" in request.POST:
        return _show(request, _with_my_ip(request))
    form = KeyCreateForm(request.POST, operator=request.user)
    if not form.is_valid() or "back" in request.POST:
        return _show(request, form)
    if (question := _second_look(request, form)) is not None:
        return question
    try:
        made = form.issue(actor=Actor.from_request(request))
    except AlreadySubmitted as repeated:
        context = {"key": repeated.made}
        return render(request, "apikeys/key_already_issued.html", context, status=409)
    if made is None:
        return _show(request, form)
    key, secret = made
    return issued(request, key, secret)


def _show(request: HttpRequest, form: KeyCreateForm) -> HttpResponse:
    mine = client_ip.of_request(request)
    return form_page(request, "apikeys/key_create.html", form, mine=mine)


def _with_my_ip(request: HttpRequest) -> KeyCreateForm:
    """The form as it was typed, with one address more, not yet judged."""
    data = request.POST.copy()
    address = client_ip.of_request(request).ip
    if address is not None:
        data["allowed_ips"] = with_line(data.get("allowed_ips", ""), address)
        data.pop("any_ip", None)
    form = KeyCreateForm(data, operator=request.user)
    form.full_clean()
    form.errors.clear()
    return form


def _second_look(request: HttpRequest, form: KeyCreateForm) -> HttpResponse | None:
    """A summary of a doubtful key, and the password before a writing one; None if not needed."""
    confirmed = "confirmed" in request.POST
    is_due = form.cleaned_data["permission"] != Permission.READ and password_again.is_due(request)
    if not (form.is_wide or form.doubts or is_due):
        return None
    error = password_again.error_in(request) if confirmed and is_due else ""
    if confirmed and not error:
        return None
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name in form.fields
        for value in values
    ]
    context = {"form": form, "kept": kept, "is_due": is_due, "error": error}
    return render(request, "apikeys/key_confirm.html", context, status=400 if error else 200)
