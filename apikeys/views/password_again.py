"""The password again before a dangerous deed, at most once in 15 minutes.

A session that somebody left open, or that was stolen, must not be enough to take a writing key
away or to break the one in use. Logging in counts as typing the password.
"""

import time
from typing import Any, Final

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.translation import gettext as _

STAMP: Final = "password_typed_at"
LASTS: Final = 15 * 60


def remember(request: HttpRequest) -> None:
    request.session[STAMP] = int(time.time())


def _logged_in(sender: Any, request: HttpRequest, **more: Any) -> None:
    remember(request)


user_logged_in.connect(_logged_in, dispatch_uid="password_typed_at")


def is_due(request: HttpRequest) -> bool:
    """Whether the password must be typed before the deed."""
    typed_at = request.session.get(STAMP, 0)
    return not 0 <= time.time() - typed_at < LASTS


def error_in(request: HttpRequest) -> str:
    """Check the password that came with the form; blank when it is right or none is due.

    A wrong one counts for django-axes like a failed login, so that it cannot be guessed here.
    """
    if not is_due(request):
        return ""
    password = request.POST.get("password", "")
    if not password:
        return _("Type your password.")
    if authenticate(request, username=request.user.get_username(), password=password) is None:
        return _("The password is wrong.")
    remember(request)
    return ""
