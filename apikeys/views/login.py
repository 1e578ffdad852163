"""Log in, log out, and the page for those who guessed too often."""

from typing import Any

from axes.helpers import get_cool_off
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apikeys import ratelimit
from apikeys.client_ip import axes_client_ip
from apikeys.forms.login import LoginForm
from apikeys.models.scope import is_console_user
from apikeys.networks import merge_network
from apikeys.views.access import DEED, console_page


class Login(views.LoginView):
    """Rotates the session; ``next`` stays on our origin.

    Guessing one user's password is limited by django-axes, trying many names by address.
    """

    template_name = "apikeys/login.html"
    authentication_form = LoginForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Somebody who is logged in elsewhere but may not use the console would go in circles.
        self.redirect_authenticated_user = is_console_user(request.user)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        verdict = ratelimit.look_at_logins(_network(request))
        if verdict and not verdict.allowed:
            # Before any password is looked at: the right one must read like a wrong one.
            return _too_many(request, verdict.reset)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        ratelimit.hit_login(_network(self.request))
        return super().form_invalid(form)


class Logout(views.LogoutView):
    """Ends the session, by POST only."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        messages.success(request, _("You are logged out."))
        return response


@console_page(methods=DEED)
def stay_logged_in(request: HttpRequest) -> HttpResponse:
    """What a page asks for instead of being left: like every request it begins the hour anew."""
    return HttpResponse(status=204)


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The answer to further guesses: when to try again, and nothing about the name."""
    cool_off = get_cool_off(request)
    return _too_many(request, int(cool_off.total_seconds()) if cool_off else 0, starts_again=True)


def _too_many(request: HttpRequest, seconds: int, *, starts_again: bool = False) -> HttpResponse:
    context = {
        "minutes": -(-seconds // 60),
        "starts_again": starts_again,
        "next": request.POST.get("next", ""),  # judged when somebody has logged in
    }
    page = render(request, "apikeys/login_locked.html", context, status=429)
    page["Retry-After"] = str(seconds)
    return page


def _network(request: HttpRequest) -> str:
    """What counts as one address; those without a valid one share a count, as with axes."""
    return merge_network(axes_client_ip(request))
