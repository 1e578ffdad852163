"""The one page that ever shows a secret, rendered straight into the answer to its making."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apikeys.models import APIKey


def issued(
    request: HttpRequest, key: APIKey, secret: str, *, rotated: bool = False
) -> HttpResponse:
    """Show the secret of a key that was just issued or rotated. No cache keeps this answer."""
    context = {
        "key": key,
        "secret": secret,
        "store": key.api_user.store,
        "rotated": rotated,
        "base_url": settings.PUBLIC_URL,
        "retiring": key.secrets.exclude(retires_at=None).first() if rotated else None,
    }
    response = render(request, "apikeys/key_issued.html", context)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
