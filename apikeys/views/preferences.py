"""Theme, time zone and rows per page, kept in cookies of the browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from apikeys.forms.preferences import PreferencesForm
from apikeys.preferences import LIFETIME, Preferences, cookie
from apikeys.views.form_page import posted


def safe_next(request: HttpRequest, default: str = "/console/") -> str:
    """Where to go on: the page that the request names, if it is one of ours."""
    url = request.POST.get("next") or request.GET.get("next") or default
    ours = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if ours else default


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """The page, and what the theme switch in the header sends to. Open to everybody."""
    chosen = Preferences.of(request)
    initial = {"theme": chosen.theme, "zone": chosen.zone, "per_page": chosen.per_page}
    form = PreferencesForm(posted(request), initial=initial)
    if not form.is_valid():
        context = {"form": form, "next": safe_next(request)}
        return render(request, "apikeys/preferences.html", context)
    response = HttpResponseRedirect(safe_next(request))
    for name in form.fields.keys() & request.POST.keys():
        response.set_cookie(
            cookie(name),
            str(form.cleaned_data[name]),
            max_age=LIFETIME,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return response
