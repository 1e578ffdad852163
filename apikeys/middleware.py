"""What every request and every answer carries: an id, and headers that follow from the call."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DataError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from apikeys import client_ip, error_pages, problem
from apikeys.call import Call
from apikeys.judged import JudgedRequest
from apikeys.networks import contains
from apikeys.preferences import Preferences
from apikeys.ratelimit import Verdict

CONSOLE = "/console/"
CONSOLE_PREFIXES = (CONSOLE, "/admin/")
# Shorter than whatever could be a credential.
PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{8,39}", re.ASCII)
Handler = Callable[[HttpRequest], HttpResponse]


class HeadMiddleware:
    """Answers to HEAD have the headers of those to GET, and no body.

    The server would drop the body too, but complain with a line for every HEAD.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "HEAD":
            return response
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        elif isinstance(response, HttpResponse) and response.content:
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response


class AttestedSchemeMiddleware:
    """Let Django see the scheme that the caller used, which only a trusted proxy may name.

    The redirect to https, HSTS and the origin check of forms follow from it.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXIES:
            scheme = client_ip.attested_scheme(Call.from_request(request))
            request.META["wsgi.url_scheme"] = scheme
        return self.get_response(request)


class RequestIDMiddleware:
    """Give every request an id that the answer, the error body and history share.

    A trusted proxy may bring its own; from anybody else it would let strangers forge the trail.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: JudgedRequest) -> HttpResponse:
        request_id = secrets.token_hex(12)
        offered = request.headers.get("X-Request-ID", "")
        peer = request.META.get("REMOTE_ADDR") or ""
        if offered and PLAIN_ID.fullmatch(offered) and contains(settings.TRUSTED_PROXIES, peer):
            request_id = offered
        request.request_id = request_id
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class ConsoleSessionMiddleware(SessionMiddleware):
    """Sessions of console users, which only the console and the admin read and write.

    Everywhere else, on API calls and on a shopper's pages, the request has an empty session that
    nobody keeps: an operator who looks at a cart stays logged in and is nobody there.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(CONSOLE_PREFIXES):
            super().process_request(request)
        else:
            request.session = self.SessionStore()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        # With a database that does not answer, saving would wait for it a second time.
        if request.path_info.startswith(CONSOLE_PREFIXES) and response.status_code != 503:
            response = super().process_response(request, response)
        return response


class CallHeadersMiddleware:
    """Answers to a call are nobody else's: never cached, and they say what is left of the limit."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if hasattr(request, "call"):
            response["Cache-Control"] = "no-store"
            patch_vary_headers(response, ["Authorization", "X-API-Key"])
            verdict: Verdict | None = getattr(request, "rate", None)
            if verdict is not None:
                _add_rate_limit(response, verdict)
        return response


def _add_rate_limit(response: HttpResponse, verdict: Verdict) -> None:
    """The fields of the IETF draft (draft-ietf-httpapi-ratelimit-headers), kept in one place."""
    response["RateLimit-Policy"] = f'"default";q={verdict.rate.amount};w={verdict.rate.seconds}'
    response["RateLimit"] = f'"default";r={verdict.remaining};t={verdict.reset}'


class ConsoleMiddleware:
    """Pages of console and admin, errors included, are kept by no cache.

    The console shows times in the operator's zone.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(CONSOLE_PREFIXES):
            return self.get_response(request)
        is_console = request.path_info.startswith(CONSOLE)
        zone = Preferences.of(request).zone if is_console else ""
        with timezone.override(zone or None):
            response = self.get_response(request)
            if response.status_code == 405:
                response = error_pages.method_not_allowed(request, response)
        add_never_cache_headers(response)
        patch_vary_headers(response, ["Cookie"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Refuse what the database cannot even compare; a form need not look for it.

        That is a NUL on PostgreSQL, or a number of more than 64 bits, which SQLite's driver
        complains of by itself. The deeds are transactions, so nothing is half done.
        """
        if isinstance(error, DataError | OverflowError) and request.path_info.startswith(
            CONSOLE_PREFIXES
        ):
            return problem.bad_request(request, error)
        return None
