"""Help: a public page for every denial reason, and some topics. They name no shop."""

from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apikeys.denial import DenialReason

TOPICS: Final = {
    "works-in-testing-but-not-in-production": _("It works in testing but not in production"),
    "unexpected-calls": _("The history shows calls that nobody expected"),
    "key-exposure": _("A key has leaked"),
    "keeping-keys-safe": _("Keeping keys safe"),
    "cannot-delete": _("A key or an API user cannot be deleted"),
}


@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "apikeys/help_index.html", {"topics": TOPICS, "reasons": DenialReason})


@require_safe
def help_topic(request: HttpRequest, topic: str) -> HttpResponse:
    """The page that the ``type`` of an error body leads to, or a topic."""
    context: dict[str, Any] = {"signature_window": settings.SIGNATURE_WINDOW}
    if topic in TOPICS:
        context["title"] = TOPICS[topic]
    elif topic in DenialReason.values:
        context["reason"] = DenialReason(topic)
        context["title"] = context["reason"].label
    else:
        raise Http404
    return render(request, f"apikeys/help/{topic}.html", context)
