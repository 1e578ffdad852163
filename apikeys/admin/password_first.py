"""The password before a whole page of the admin, for pages with a form that is not ours."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apikeys.views import password_again


def question(request: HttpRequest, site: AdminSite) -> HttpResponse | None:
    """A page that asks for the password, which leads back to this one; None when none is due.

    Asked before the form is opened: what somebody typed there, new passwords among it, could not
    be carried through the question. Call it outside of a transaction, which would forget a wrong
    guess.
    """
    if not password_again.is_due(request):
        return None
    error = ""
    if request.method == "POST":
        error = password_again.error_in(request)
        if not error:
            return HttpResponseRedirect(request.get_full_path())
    context = site.each_context(request) | {"title": _("Your password"), "error": error}
    return TemplateResponse(
        request, "apikeys/admin/password_first.html", context, status=400 if error else 200
    )
