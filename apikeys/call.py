"""One call, as a plain value: everything the gate looks at, and nothing of the web framework."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import punctuation
from typing import Final, Self
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from django.http import HttpRequest

ANY: Final = "any"
"""The resource of a view that is open to every proven key of the store."""

Parameters = tuple[tuple[str, str], ...]
PARAMETER_LIMIT: Final = 1000

PLAIN_NAME: Final = re.compile(r"HTTP_([A-Z0-9_]+)")
ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
PATH_CHARACTERS: Final = "/~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """What a caller sent, as it was sent: signatures are over the raw path and the raw query."""

    method: str
    scheme: str
    host: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    peer: str
    content_type: str
    read_body: Callable[[], bytes]
    resource: str | None = None
    store_id: str | None = None

    def __repr__(self) -> str:
        """Only what cannot hold a secret, because error reports print local variables."""
        return f"<Call {self.method!r} from {self.peer!r} for {self.resource!r}>"

    def header(self, name: str) -> str | None:
        """The value of a header by its lower-case name, or None when it was not sent."""
        for sent, value in self.headers:
            if sent == name:
                return value
        return None

    @classmethod
    def from_request(
        cls, request: HttpRequest, *, resource: str | None = None, store_id: str | None = None
    ) -> Self:
        """The call that a request of Django (or of REST framework) makes."""
        meta = request.META
        path, query = _raw_target(meta)
        return cls(
            method=meta.get("REQUEST_METHOD", ""),
            scheme="https" if meta.get("wsgi.url_scheme") == "https" else "http",
            host=meta.get("HTTP_HOST", ""),
            path=path,
            query=query,
            headers=_headers(meta),
            peer=meta.get("REMOTE_ADDR") or "",
            content_type=meta.get("CONTENT_TYPE") or "",
            read_body=lambda: request.body,
            resource=resource,
            store_id=store_id,
        )


def parameters(encoded: str, *, errors: str = "strict") -> Parameters:
    """The decoded names and values of a raw query or form body, in their order.

    ValueError when they are too many or, unless ``errors`` says otherwise, not UTF-8. Characters
    that ought to be percent-encoded are taken as they are: official clients send raw brackets.
    """
    if not encoded:
        return ()
    if not encoded.isascii():
        encoded = quote(_wire_bytes(encoded), safe=punctuation + " ")
    return tuple(
        parse_qsl(encoded, keep_blank_values=True, errors=errors, max_num_fields=PARAMETER_LIMIT)
    )


def _headers(meta: dict[str, object]) -> tuple[tuple[str, str], ...]:
    """The headers with plain names, without cookies, which are never a credential here.

    A dotted name (``X.API.Key``) stays in ``META`` as it was sent and is not a header of ours.
    """
    return tuple(
        (shape[1].lower().replace("_", "-"), str(value))
        for name, value in meta.items()
        if (shape := PLAIN_NAME.fullmatch(name)) and name != "HTTP_COOKIE"
    )


def _raw_target(meta: dict[str, str]) -> tuple[str, str]:
    """The path and the query as they were sent.

    Servers keep the raw request target under different names and some not at all. It is believed
    only when it says the same as what Django routes by, so that the path that was signed is
    always the path that is served.
    """
    served = (meta.get("SCRIPT_NAME", "") + meta.get("PATH_INFO", "")) or "/"
    query = meta.get("QUERY_STRING", "")
    served_bytes = _wire_bytes(served)
    target = meta.get("RAW_URI") or meta.get("REQUEST_URI") or ""
    raw_path = ORIGIN.sub("", target, count=1).partition("?")[0] or "/"
    if unquote_to_bytes(_wire_bytes(raw_path)) == served_bytes:
        return raw_path, query
    return quote(served_bytes, safe=PATH_CHARACTERS), query


def _wire_bytes(text: str) -> bytes:
    """The bytes behind a text of WSGI, which is Latin-1 by the book, and UTF-8 in some tests."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
