"""The one error body: RFC 9457, with the members that the shops' own client libraries read."""

import logging
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from rest_framework import exceptions
from rest_framework.response import Response

from apikeys import error_pages, outage
from apikeys.authentication import CHALLENGES, Refusal
from apikeys.denial import DenialReason, Denied
from apikeys.tokens import redact

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
API_PREFIXES = ("/api/", "/wp-json/")
RETRY_AFTER_OUTAGE = 5  # seconds


def is_api(request: HttpRequest) -> bool:
    """Whether the path promises JSON whatever happens."""
    return request.path_info.startswith(API_PREFIXES)


def body(
    request: HttpRequest,
    status: int,
    code: str,
    message: str,
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """The members of the body; ``type`` leads to a help page when the code is a denial."""
    known = code in DenialReason.values
    members: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/console/help/{code}/" if known else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "code": code,
        "message": message,
        "data": {"status": status},
        "request_id": getattr(request, "request_id", ""),
    }
    if errors:
        members["errors"] = errors
    return members


def refusal_headers(denied: Denied) -> dict[str, str]:
    """``WWW-Authenticate`` on 401, ``Retry-After`` where waiting helps."""
    status = denied.reason.status
    if status == 401:
        return {"WWW-Authenticate": ", ".join(CHALLENGES)}
    if status == 429:
        return {"Retry-After": str(denied.retry_after or 1)}
    if status == 503:
        return {"Retry-After": str(denied.retry_after or RETRY_AFTER_OUTAGE)}
    return {}


def response(
    request: HttpRequest,
    status: int,
    code: str,
    message: str,
    *,
    headers: dict[str, str] | None = None,
) -> JsonResponse:
    """The error body as a response, for code outside of REST framework."""
    return JsonResponse(
        body(request, status, code, message),
        status=status,
        content_type=CONTENT_TYPE,
        headers=headers or {},
    )


def of_denial(request: HttpRequest, denied: Denied) -> JsonResponse:
    """The answer to a refused call. Always English: programs read it."""
    with translation.override("en"):
        message = message_of(denied)
    reason = denied.reason
    return response(request, reason.status, reason.value, message, headers=refusal_headers(denied))


def message_of(denied: Denied) -> str:
    if denied.reason is DenialReason.RATE and denied.retry_after:
        return f"Limit reached, retry in {denied.retry_after} s."
    return str(denied.reason.label)


def unavailable(request: HttpRequest) -> JsonResponse:
    """The database cannot be reached, or the call cannot be recorded: nothing was done."""
    return of_denial(request, Denied(DenialReason.HISTORY))


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into the one error body; None for what is our own mistake."""
    request: HttpRequest = context["request"]._request
    headers: dict[str, str] = {}
    errors: list[dict[str, str]] | None = None
    with translation.override("en"):
        match error:
            case Refusal():
                denied = error.denied
                status, code = denied.reason.status, denied.reason.value
                message, headers = message_of(denied), refusal_headers(denied)
            case exceptions.ValidationError():
                errors = list(_flat(error.get_full_details()))
                status, code = 400, "invalid"
                message = _summary(errors)
            case exceptions.APIException():
                status, code, message = _of_api_exception(error)
                headers = _headers(error, context)
            case Http404():
                status, code, message = 404, "not_found", "There is nothing here."
            case PermissionDenied():
                status, code, message = 403, "forbidden", "This is not allowed."
            case RequestDataTooBig():
                status, code, message = 413, "too_large", "The body may have at most 1 MB."
            case TooManyFieldsSent() | SuspiciousOperation() | UnicodeError():
                status, code, message = 400, "malformed_request", "The request cannot be read."
            case OperationalError() | InterfaceError():
                advice = outage.in_words(error)
                logger.exception("During a call: %s", advice, extra={"request": request})
                denied = Denied(DenialReason.HISTORY)
                status, code = 503, denied.reason.value
                message, headers = message_of(denied), refusal_headers(denied)
            case _:
                return None
        members = body(request, status, code, message, errors)
    return Response(members, status=status, headers=headers, content_type=CONTENT_TYPE)


def _of_api_exception(error: exceptions.APIException) -> tuple[int, str, str]:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    match error:
        # REST framework's own sentences repeat what was sent, and a secret may have been.
        case exceptions.MethodNotAllowed():
            message = "This method is not allowed here."
        case exceptions.UnsupportedMediaType():
            message = "Send the body as application/json."
        case _:
            message = redact(str(error.detail))
    return error.status_code, code, message


def _headers(error: exceptions.APIException, context: dict[str, Any]) -> dict[str, str]:
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return headers


def _summary(errors: list[dict[str, str]]) -> str:
    """The first mistake and its field, because most clients show nothing but the message."""
    if not errors:
        return "The request is not valid."
    field, message = errors[0]["field"], errors[0]["message"]
    return f"{field}: {message}" if field else message


def _flat(details: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Every message with the path of its field, from REST framework's nested ones."""
    match details:
        case {"message": str(message), "code": str(code)}:
            yield {"field": redact(field), "code": code, "message": redact(message)}
        case dict():
            for name, inner in details.items():
                shown = "" if name == "non_field_errors" else str(name)
                yield from _flat(inner, ".".join(filter(None, [field, shown])))
        case list():
            for inner in details:
                yield from _flat(inner, field)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A wrong name is told apart: nothing else says to an operator what a proxy should pass on."""
    wrong_name = isinstance(exception, DisallowedHost)
    if not is_api(request):
        return error_pages.page(request, 400, {"wrong_name": wrong_name})
    message = "This server has another name." if wrong_name else "The request cannot be read."
    return response(request, 400, "malformed_request", message)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return error_pages.page(request, 403, {"exception": str(exception)}, knows_person=True)
    return response(request, 403, "forbidden", "This is not allowed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return error_pages.page(request, 404, knows_person=True)
    return response(request, 404, "not_found", "There is nothing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when it was the database that failed, which heals without hands."""
    error = sys.exc_info()[1]
    if is_outage := isinstance(error, OperationalError | InterfaceError):
        logger.error("%s", outage.in_words(error), extra={"request": request})
    if is_api(request):
        if is_outage:
            return unavailable(request)
        return response(request, 500, "internal_error", "Something went wrong on our side.")
    page = error_pages.page(request, 503 if is_outage else 500)
    if is_outage:
        page["Retry-After"] = str(RETRY_AFTER_OUTAGE)
    return page
