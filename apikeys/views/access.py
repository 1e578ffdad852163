"""Who may open a page of the console, and who may do a deed there."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apikeys.models import APIKey
from apikeys.models.scope import is_console_user
from apikeys.views.pasted_secret import without_secret

View = Callable[..., HttpResponseBase]
PAGE: Final = ("GET", "HEAD")
FORM: Final = ("GET", "HEAD", "POST")
DEED: Final = ("POST",)


def require(request: HttpRequest, permission: str) -> None:
    """Refuse with a page that names the permission, unless the user has it."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)


def console_page(
    permission: str = "", *, methods: tuple[str, ...] = PAGE
) -> Callable[[View], View]:
    """Open a view to console users, who must have the named permission if there is one.

    A stranger is led to the login and back; a user without the permission gets a 403 that says
    which one is missing.
    """

    def decorate(view: View) -> View:
        @require_http_methods(list(methods))
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                # Of a deed there is no page to come back to.
                back = request.get_full_path() if "GET" in methods else "/console/"
                login = redirect_to_login(back).url
                return redirect(login if request.method in PAGE else f"{login}&unsent=yes")
            if not is_console_user(request.user):
                raise PermissionDenied(_("The console is for staff only."))
            if permission:
                require(request, permission)
            if request.method in PAGE and (elsewhere := without_secret(request)) is not None:
                return elsewhere
            try:
                return view(request, *args, **kwargs)
            except ObjectDoesNotExist as error:
                # Somebody else deleted it after this page had found it.
                raise Http404 from error

        return guarded

    return decorate


def atomic_post(view: View) -> View:
    """Make sending a form one transaction, in which it may lock the record that it is about.

    Showing it takes none: on SQLite each one holds the only lock for writing.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            return view(request, *args, **kwargs)

    return wrapped


def key_page(permission: str, *, methods: tuple[str, ...] = PAGE) -> Callable[[View], View]:
    """The same for a page about one key, which the view is given instead of its consumer key.

    A key of another store answers like one that does not exist.
    """

    def decorate(view: View) -> View:
        @console_page(permission, methods=methods)
        @wraps(view)
        def found(request: HttpRequest, consumer_key: str, **kwargs: Any) -> HttpResponseBase:
            keys = APIKey.objects.visible_to(request.user).select_related(
                "api_user__store", "api_user__owner"
            )
            return view(request, get_object_or_404(keys, consumer_key=consumer_key), **kwargs)

        return found

    return decorate
