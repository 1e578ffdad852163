"""The gate as a REST framework authentication class."""

from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.http import QueryDict
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.request import Request

from apikeys import gate
from apikeys.call import Call
from apikeys.denial import DenialReason, Denied
from apikeys.judged import JudgedRequest
from apikeys.models import APIKey, APIUser

CHALLENGES = (
    'Basic realm="store API", charset="UTF-8"',
    'Bearer realm="store API"',
    'OAuth realm="store API"',
)


class Refusal(APIException):
    """A denial on its way to the caller; the one error body is made in ``problem``."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(detail=denied.reason.label, code=denied.reason.value)
        self.denied = denied
        self.status_code = denied.reason.status


class APIKeyAuthentication(BaseAuthentication):
    """Let a call in as its API user, with its key as ``request.auth``.

    The view names what it protects: ``resource = "invoices"``, or ``ANY``; the store, if the
    path names one, is its ``store_id``. There is no second class to add and nothing that a view
    can forget: a call without a credential is refused here too, never anonymous.
    """

    def authenticate(self, request: Request) -> tuple[APIUser, APIKey]:
        """Ask the gate. Sets ``api_key`` or ``denial`` on Django's request, for history."""
        http_request = cast(JudgedRequest, request._request)
        view = request.parser_context["view"]
        call = Call.from_request(
            http_request,
            resource=getattr(view, "resource", None),
            store_id=view.kwargs.get("store_id"),
        )
        http_request.call = call
        try:
            admission = gate.admit(call)
        except Denied as denied:
            http_request.denial, http_request.api_key = denied, denied.api_key
            http_request.rate = denied.rate
            raise Refusal(denied) from denied
        http_request.api_key, http_request.rate = admission.api_key, admission.rate
        if call.method != request.method:
            # Django upper-cases "get"; only the method as sent counts, and it is none of ours.
            raise MethodNotAllowed(call.method)
        if admission.collapsed:
            # By its name: the type says that nobody sets it.
            http_request.__dict__["GET"] = _last_of_each(http_request.GET)
        if transaction.get_connection().in_atomic_block:
            # What the view does from here on is undone when it answers with an error, while the
            # spent nonce and the key's last use, written before this point, stay.
            http_request.effect = transaction.savepoint()
        return admission.api_user, admission.api_key

    def authenticate_header(self, request: Request) -> str:
        return ", ".join(CHALLENGES)


class OptionalAPIKeyAuthentication(APIKeyAuthentication):
    """For paths that lead nowhere: a call with a credential is still judged and recorded."""

    def authenticate(self, request: Request) -> tuple[APIUser, APIKey] | None:  # type: ignore[override]
        try:
            return super().authenticate(request)
        except Refusal as refusal:
            if refusal.denied.reason is not DenialReason.MISSING:
                raise
            del cast(JudgedRequest, request._request).denial
            return None


def is_guarded(view: Callable[..., Any]) -> bool:
    """Whether a view of the URL configuration is behind the gate."""
    classes = getattr(getattr(view, "cls", None), "authentication_classes", ())
    return any(issubclass(one, APIKeyAuthentication) for one in classes)


def _last_of_each(query: QueryDict) -> QueryDict:
    """Only the last value of each name: the signature did not cover the ones before."""
    collapsed = QueryDict(mutable=True)
    for name in query:
        collapsed[name] = str(query[name])
    collapsed._mutable = False
    return collapsed
