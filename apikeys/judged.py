"""What the gate and our middleware set on Django's request, with its types."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from apikeys.call import Call
    from apikeys.denial import Denied
    from apikeys.models import APIKey
    from apikeys.ratelimit import Verdict


class JudgedRequest(HttpRequest):
    """Django's request with these attributes; a type only, which is never instantiated.

    Each is there from the step that finds it; code that may run earlier asks with ``getattr``.
    """

    request_id: str
    call: "Call"
    api_key: "APIKey | None"
    """The key, once its secret is proven; also when the call was refused after that."""
    denial: "Denied"
    """Why the call was refused. Any view may set it, and history records it."""
    rate: "Verdict | None"
    effect: str
    """The savepoint at which the view's work begins, where it may have to be undone."""
    call_started: datetime
    call_recorded: bool
