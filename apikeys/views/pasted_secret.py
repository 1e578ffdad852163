"""Who pastes a secret into a search is led to its key, and no page repeats the secret."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _

from apikeys import tokens

# What the search fields of console and admin are called.
SEARCHES: Final = ("q", "key")


def holds_secret(text: str) -> bool:
    """Whether the text contains what must not go into an address."""
    return tokens.redact(text) != text


def without_secret(request: HttpRequest) -> HttpResponseRedirect | None:
    """To the same page at an address without the secret; None when there is none in it.

    A secret that was cut off or mistyped names no key. What is left of the text then finds
    nothing: without any condition, a download would take along every call.
    """
    query = request.GET.copy()
    for name in SEARCHES:
        if holds_secret(text := request.GET.get(name, "")):
            query[name] = tokens.consumer_key_of(text.strip()) or tokens.redact(text)
    if query == request.GET:
        return None
    messages.warning(
        request,
        _(
            "The address of this page contained a secret. It was not kept, but the browser's "
            "history has it: rotate the key. The search for keys sends secrets safely."
        ),
    )
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
