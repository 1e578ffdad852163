"""The site at /admin/: one login for console and admin."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME, authenticate
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apikeys import people
from apikeys.actor import Actor

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class StoreAdminSite(admin.AdminSite):
    site_title = _("Store API keys")
    site_header = _("Store API keys: administration")
    index_title = _("Administration")
    site_url = "/console/"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Pages are read and posted to; the stock views would answer anything else as if read."""
        return super().admin_view(require_http_methods(["GET", "HEAD", "POST"])(view), cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Leads to the console's login, where guessing is limited, and back."""
        if request.user.is_authenticated and not self.has_permission(request):
            # The login would send them straight back here.
            raise PermissionDenied(_("The administration is for staff only."))
        asked = request.GET.get(REDIRECT_FIELD_NAME, "")
        is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
        target = asked if is_ours else reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(target)
        return redirect_to_login(target)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Keeps that somebody changed their own password as a change, without the password.

        A wrong old one counts like a failed login: whoever found an open session must not guess
        here without end what the login and dangerous deeds ask for.
        """
        if request.method != "POST":
            return super().password_change(request, extra_context)
        person = cast(User, request.user)
        old = request.POST.get("old_password", "")
        authenticate(request, username=person.get_username(), password=old)
        if getattr(request, "axes_locked_out", False):
            raise PermissionDenied  # django-axes turns this into the answer of its own
        with transaction.atomic():
            people.hold()
            if people.read_again(person) is None:
                raise PermissionDenied
            before = people.snapshot(person)
            response = super().password_change(request, extra_context)
            after = people.snapshot(person)
            people.note(Actor.from_request(request), "changed", person, before=before, after=after)
        return response
