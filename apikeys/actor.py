"""Who did a deed: a console user, an API key, a command and its user, or the system itself."""

import getpass
import sys
from dataclasses import dataclass
from typing import Self, cast

from django.http import HttpRequest

from apikeys import client_ip
from apikeys.judged import JudgedRequest


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who did a deed, as the change record keeps it."""

    kind: str
    name: str
    user_id: int | None = None
    client_ip: str | None = None
    request_id: str = ""

    @classmethod
    def from_request(cls, request: HttpRequest) -> Self:
        """The console user who sent this request, or a stranger, at the address it came from."""
        return cls(
            kind="console",
            name=request.user.get_username() or "somebody",
            user_id=request.user.pk,
            client_ip=client_ip.of_request(request).ip,
            request_id=getattr(request, "request_id", ""),
        )

    @classmethod
    def caller(cls, request: HttpRequest) -> Self:
        """The API key that made this call, once the gate has let it in."""
        key = cast(JudgedRequest, request).api_key
        if key is None:
            raise TypeError("A call without a proven key does no deed.")
        return cls(
            kind="api_key",
            name=f"{key.api_user.username} {key.consumer_key}",
            client_ip=client_ip.of_request(request).ip,
            request_id=getattr(request, "request_id", ""),
        )

    @classmethod
    def command(cls) -> Self:
        """The running management command and the operating-system user who started it."""
        try:
            person = getpass.getuser()
        except (KeyError, OSError):  # a container may run under a number without a name
            person = "unknown"
        name = sys.argv[1] if len(sys.argv) > 1 else "command"
        return cls(kind="command", name=f"{name[:100]} by {person}")

    @classmethod
    def system(cls, name: str) -> Self:
        """A duty that nobody asked for at this moment, such as the worker's daily tasks."""
        return cls(kind="system", name=name)
