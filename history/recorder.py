"""Records what the gate decided, durably, before the answer leaves."""

from django.utils import timezone

from apikeys import client_ip
from apikeys.call import Call
from apikeys.denial import Denied
from apikeys.judged import JudgedRequest
from apikeys.models import APIKey
from apikeys.networks import merge_network
from apikeys.text import storable
from apikeys.tokens import redact
from history.models import CallRecord, UnprovenCalls
from history.models.call import Outcome


def record(request: JudgedRequest, *, status: int) -> None:
    """Keep one decision: a call record once a key is proven, else one more in a merged count.

    Returns when the row is part of the open transaction or, outside of one, committed. Raises
    what the database raises: a call that cannot be recorded must not be answered with success.
    """
    key: APIKey | None = getattr(request, "api_key", None)
    denied: Denied | None = getattr(request, "denial", None)
    if key is not None:
        _keep(request, key, denied, status)
    elif denied is not None:
        _count(request, denied)


def _keep(request: JudgedRequest, key: APIKey, denied: Denied | None, status: int) -> None:
    call, started, answered = _call_of(request), request.call_started, timezone.now()
    CallRecord.objects.create(
        date_added=started,
        date_modified=max(answered, started),
        key_id=key.pk,
        consumer_key=key.consumer_key,
        username=key.api_user.username,
        store_id=key.api_user.store.public_id,
        outcome=Outcome.DENIED if denied else Outcome.ALLOWED,
        reason=denied.reason.value if denied else "",
        detail=_detail(denied) if denied else "",
        ip=client_ip.client_address(call).ip,
        method=_method(call),
        path=_path(request),
        status=status,
        scheme=client_ip.attested_scheme(call),
        duration_ms=max(0, round((answered - started).total_seconds() * 1000)),
        request_id=getattr(request, "request_id", ""),
        user_agent=storable(redact(request.META.get("HTTP_USER_AGENT", "")), 200),
    )


def _count(request: JudgedRequest, denied: Denied) -> None:
    call = _call_of(request)
    address = client_ip.client_address(call).ip
    UnprovenCalls.objects.count_one(
        at=request.call_started,
        answered=timezone.now(),
        network=merge_network(address) if address else "",
        reason=denied.reason.value,
        detail=_detail(denied),
        consumer_key=denied.named.consumer_key,
        store_id=denied.named.store_id,
        method=_method(call),
        path=_path(request),
    )


def _call_of(request: JudgedRequest) -> Call:
    """The call that the gate judged, or that of a page which refused without the gate."""
    return getattr(request, "call", None) or Call.from_request(request)


def _detail(denied: Denied) -> str:
    return storable(redact(denied.detail), 300)


def _method(call: Call) -> str:
    return storable(redact(call.method), 16)


def _path(request: JudgedRequest) -> str:
    return storable(redact(request.path), 300)
