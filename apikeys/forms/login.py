"""The login of console users."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_login_failed
from django.utils.translation import gettext_lazy as _

from apikeys.models.scope import is_console_user


class LoginForm(AuthenticationForm):
    """The console's login. Who is no console user reads the same as after a wrong password."""

    error_messages = {  # noqa: RUF012 - Django's own attribute
        "invalid_login": _("The username or the password is wrong."),
        "inactive": _("The username or the password is wrong."),
    }

    def confirm_login_allowed(self, user: Any) -> None:
        if not is_console_user(user):
            # Counted like a wrong password: who is locked out and who is not would tell otherwise
            # that the password of, say, a shopper was right.
            named = {"username": self.cleaned_data["username"]}
            user_login_failed.send(__name__, credentials=named, request=self.request)
            raise self.get_invalid_login_error()
