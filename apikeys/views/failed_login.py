"""Lists failed logins among the changes: whose name was tried, when, and from where."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from apikeys import ratelimit
from apikeys.actor import Actor
from apikeys.client_ip import axes_client_ip
from apikeys.models import ChangeRecord
from apikeys.networks import merge_network


def _note(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any
) -> None:
    """Keep a failed login or a wrong password before a dangerous deed, within bounds.

    A name that nobody has is not kept: people type their password into the wrong field.
    """
    if request is None:
        return
    verdict = ratelimit.hit_login_record(merge_network(axes_client_ip(request)))
    if not verdict.allowed:
        return
    username = credentials.get(get_user_model().USERNAME_FIELD) or ""
    is_known = get_user_model().objects.filter(username=username).exists()
    ChangeRecord.objects.keep(
        Actor.from_request(request),
        "login failed",
        kind=ChangeRecord.Kind.CONSOLE,
        name=f"user {username}" if is_known else "a user that does not exist",
        after={} if verdict.remaining else {"further_ones": "counted, but not kept one by one"},
    )


user_login_failed.connect(_note, dispatch_uid="failed_login")
