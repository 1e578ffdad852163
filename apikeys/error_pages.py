"""Pages for people about what went wrong. Programs get the body of ``problem``."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers


def page(
    request: HttpRequest,
    status: int,
    context: dict[str, Any] | None = None,
    *,
    name: str = "",
    knows_person: bool = False,
) -> HttpResponse:
    """A page for people, with the id under which the server's log tells more; kept by no cache.

    ``knows_person`` shows the navigation of who is logged in. That asks the database, which may
    be what is broken.
    """
    request_id = getattr(request, "request_id", "")
    text = loader.render_to_string(
        f"{name or status}.html",
        {"request_id": request_id, **(context or {})},
        request if knows_person else None,
    )
    answer = HttpResponse(text, status=status)
    add_never_cache_headers(answer)
    return answer


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form without its CSRF value, or of another origin."""
    return page(request, 403, name="403_csrf", knows_person=True)


def method_not_allowed(request: HttpRequest, bare: HttpResponse) -> HttpResponse:
    """A page in place of Django's blank one, for who opens the address of a button."""
    answer = page(request, 405, knows_person=True)
    answer["Allow"] = bare["Allow"]
    return answer
