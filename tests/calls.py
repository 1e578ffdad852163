"""Calls as integrations send them: one key, one carrier, through Django's test client."""

import base64
from urllib.parse import urlencode

from history.models import CallRecord, UnprovenCalls

WHOAMI = "/api/v1/whoami"


def basic(user, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def credential(key, *, secret=None, carrier="basic"):
    """The headers and the query in which ``carrier`` brings the key's credential."""
    secret = key.secret if secret is None else secret
    match carrier:
        case "basic":
            return basic(key.consumer_key, secret), {}
        case "username":
            return basic(key.api_user.username, secret), {}
        case "query":
            return {}, {"consumer_key": key.consumer_key, "consumer_secret": secret}
        case "x-api-key":
            return {"X-API-Key": secret}, {}
        case "bearer":
            return {"Authorization": f"Bearer {secret}"}, {}
        case "token":
            return {"Authorization": f"token {secret}"}, {}
    raise ValueError(f"Unknown carrier {carrier}")


def send(
    client,
    key=None,
    path=WHOAMI,
    *,
    method="GET",
    secret=None,
    carrier="basic",
    headers=None,
    data="",
    content_type="application/json",
    secure=True,
    **environ,
):
    """Send one call over https; without a key it carries no credential.

    ``environ`` are WSGI variables, such as ``REMOTE_ADDR="198.51.100.9"``.
    """
    sent, query = credential(key, secret=secret, carrier=carrier) if key else ({}, {})
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query)
    return client.generic(
        method,
        path,
        data,
        content_type=content_type,
        headers=sent | (headers or {}),
        secure=secure,
        **environ,
    )


def the_record(**expected):
    """The only row of the call history, after checking these of its fields."""
    record = CallRecord.objects.get()
    assert not UnprovenCalls.objects.exists()
    found = {name: getattr(record, name) for name in expected}
    assert found == expected
    return record


def the_unproven(**expected):
    """The only row of merged counts, after checking these of its fields."""
    row = UnprovenCalls.objects.get()
    assert not CallRecord.objects.exists()
    found = {name: getattr(row, name) for name in expected}
    assert found == expected
    return row
