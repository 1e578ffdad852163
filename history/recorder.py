"""Write down what the gate decided, durably, before the answer leaves."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from apikeys import client_ip
from apikeys.call import Call
from apikeys.denial import Denied
from apikeys.networks import merge_network
from apikeys.text import storable
from apikeys.tokens import redact
from history.models import CallRecord, UnprovenCalls
from history.models.call import Outcome


def record(request: HttpRequest, *, status: int, started: datetime) -> None:
    """Keep one decision: a call record once a key is proven, else one more in a merged count.

    Returns when the row is part of the open transaction or, outside of one, committed. Raises
    what the database raises: a call that cannot be recorded must not be answered with success.
    """
    denied: Denied | None = getattr(request, "denial", None)
    key = getattr(request, "api_key", None)
    call: Call = getattr(request, "call", None) or Call.from_request(request)
    address = client_ip.client_address(call).ip
    answered = timezone.now()
    path = storable(redact(request.path), 300)
    method = storable(redact(call.method), 16)
    if key is None:
        if denied is None:
            return
        UnprovenCalls.objects.count_one(
            at=started,
            answered=answered,
            network=merge_network(address) if address else "",
            reason=denied.reason.value,
            consumer_key=denied.named,
            method=method,
            path=path,
        )
        return
    CallRecord.objects.create(
        date_added=started,
        date_modified=max(answered, started),
        key_id=key.pk,
        consumer_key=key.consumer_key,
        username=key.api_user.username,
        store_id=key.api_user.store.public_id,
        outcome=Outcome.DENIED if denied else Outcome.ALLOWED,
        reason=denied.reason.value if denied else "",
        detail=storable(redact(denied.detail), 300) if denied else "",
        ip=address,
        method=method,
        path=path,
        status=status,
        scheme=client_ip.attested_scheme(call),
        duration_ms=max(0, round((answered - started).total_seconds() * 1000)),
        request_id=getattr(request, "request_id", ""),
        user_agent=storable(redact(request.META.get("HTTP_USER_AGENT", "")), 200),
    )
