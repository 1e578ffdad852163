"""Session-transfer links that an integrator's own backend signs: written, read and checked.

    /transfer-session?key=<consumer key>&cart=<public cart id>&action=<action>
        &expires=<unix seconds>&nonce=<22 or more base62>[&sub=<id>][&client=<64 hex>]
        [&cart_key_version=<number>]&signature=<64 hex>

The signature is the HMAC-SHA256, keyed with the consumer secret, of the line ``session-transfer``
and a line ``name=percent-encoded value`` for every other parameter, sorted by name and joined by
line feeds. Nothing here looks at the database or at the clock.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Self
from urllib.parse import parse_qsl, quote, urlencode

from apikeys import tokens

PURPOSE: Final = "session-transfer"
PATH: Final = "/transfer-session"

SUBSCRIPTION: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62}[0-9A-Za-z])?")
CLIENT: Final = re.compile(r"[0-9a-f]{64}")
SHAPES: Final = {
    "key": tokens.CONSUMER_KEY,
    "cart": re.compile(r"[0-9A-Za-z]{22}"),
    "action": re.compile(r"[a-z]{1,16}(?:-[a-z]{1,16})?"),
    "expires": re.compile(r"[1-9][0-9]{0,10}"),
    "nonce": re.compile(r"[0-9A-Za-z]{22,64}"),
    "sub": SUBSCRIPTION,
    "client": CLIENT,
    "cart_key_version": re.compile(r"[1-9][0-9]{0,8}"),
    "signature": re.compile(r"[0-9a-f]{64}"),
}
OPTIONAL: Final = frozenset({"sub", "client", "cart_key_version"})
LONGEST_QUERY: Final = 1024


class Unreadable(ValueError):
    """The query is not that of a link; the message says what is wrong with it."""


class Link(NamedTuple):
    """What a link says. Nobody has vouched for it before its signature is proven."""

    key: str
    cart: str
    action: str
    expires: int
    nonce: str
    sub: str
    client: str
    cart_key_version: str
    signature: str

    @classmethod
    def read(cls, query: str) -> Self:
        """The link with this raw query. Raises ``Unreadable``.

        Every parameter is there once and in its one spelling, so that two links with the
        same signature are the same link.
        """
        given = parameters_of(query)
        if unknown := given.keys() - SHAPES.keys():
            raise Unreadable(f"unknown parameters: {', '.join(sorted(unknown))}")
        if missing := SHAPES.keys() - OPTIONAL - given.keys():
            raise Unreadable(f"missing parameters: {', '.join(sorted(missing))}")
        for name, value in given.items():
            if not SHAPES[name].fullmatch(value):
                raise Unreadable(f"{name} has another form than a link's")
        return cls(
            key=given["key"],
            cart=given["cart"],
            action=given["action"],
            expires=int(given["expires"]),
            nonce=given["nonce"],
            sub=given.get("sub", ""),
            client=given.get("client", ""),
            cart_key_version=given.get("cart_key_version", ""),
            signature=given["signature"],
        )

    @property
    def signed_parameters(self) -> dict[str, str]:
        """What the signature covers: every parameter that the link has, but the signature."""
        values = {name: str(value) for name, value in self._asdict().items() if name != "signature"}
        return {name: value for name, value in values.items() if value or name not in OPTIONAL}

    def is_signed_with(self, secret: str) -> bool:
        """Whether the holder of this consumer secret made the link. Constant time."""
        made = signature(secret, self.signed_parameters)
        return hmac.compare_digest(made.encode("ascii"), self.signature.encode("ascii"))


def parameters_of(query: str) -> dict[str, str]:
    """The parameters of a raw query, each of which appears once. Raises ``Unreadable``."""
    if len(query) > LONGEST_QUERY:
        raise Unreadable("the query is too long")
    try:
        pairs = parse_qsl(
            query,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=len(SHAPES),
        )
    except ValueError as error:
        raise Unreadable("the query cannot be read") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise Unreadable("a parameter appears twice")
    return parameters


def text_to_sign(parameters: Mapping[str, str]) -> str:
    """The purpose and then every parameter, sorted by name, one a line."""
    lines = [f"{name}={quote(value, safe='')}" for name, value in sorted(parameters.items())]
    return "\n".join([PURPOSE, *lines])


def signature(secret: str, parameters: Mapping[str, str]) -> str:
    """64 hexadecimal characters that only a holder of the consumer secret can make."""
    text = text_to_sign(parameters).encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def write(base_url: str, secret: str, parameters: Mapping[str, str]) -> str:
    """The whole link, signed."""
    signed = {**parameters, "signature": signature(secret, parameters)}
    return f"{base_url}{PATH}?{urlencode(signed)}"


def client_session_id(ip: str, user_agent: bytes) -> str:
    """What binds a link to one customer: the hash of client IP and user agent."""
    return hashlib.sha256(ip.encode() + b"\n" + user_agent).hexdigest()
