"""What every template of the console can use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apikeys import client_ip
from apikeys.preferences import THEMES, Preferences


def console(request: HttpRequest) -> dict[str, Any]:
    """The operator's preferences, and whether somebody else's forwarding headers arrive."""
    return {
        "preferences": Preferences.of(request),
        "themes": THEMES.items(),
        "public_url": settings.PUBLIC_URL,
        "unbelieved_header": client_ip.unbelieved_header(request),
    }
