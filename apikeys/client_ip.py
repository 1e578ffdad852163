"""Where a call comes from: the peer, or what a trusted proxy says about it, and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apikeys.call import Call
from apikeys.networks import canonical_ip, contains

WITH_PORT: Final = re.compile(r"([0-9.]{7,15}):[0-9]{1,5}")
BRACKETED: Final = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?")
SHOWN_LENGTH: Final = 50

UNSPECIFIED: Final = str(IPv4Address(0))
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
FORWARDING_HEADERS: Final = frozenset({"forwarded", "via", "x-real-ip"})

DIRECT = _("%(peer)s is connected to us directly.")
NO_PEER = _("The server does not know the address of its peer.")
NOT_BELIEVED = _("%(header)s was sent, but %(peer)s is not a trusted proxy.")
SILENT_PROXY = _("%(peer)s is a trusted proxy, but it sent no %(header)s.")
FORWARDED = _("The trusted proxy %(peer)s names it in %(header)s.")
ALL_TRUSTED = _("Every address in %(header)s is a trusted proxy; this is the first of them.")
NOT_AN_ADDRESS = _("The trusted proxy %(peer)s sent %(header)s with “%(entry)s”: not an address.")


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """The caller's address in its one spelling, or None if no valid one was found."""

    ip: str | None
    finding: str | Promise
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def how(self) -> str:
        """How the address was found, or why a header was not believed: a sentence for operators."""
        return str(self.finding) % self.names


def client_address(call: Call) -> ClientAddress:
    """The address that allowed IPs, limits and history go by."""
    return _judged(call.peer, call.header(settings.CLIENT_IP_HEADER.lower()))


def of_request(request: HttpRequest) -> ClientAddress:
    """The same for a request of the console, which is no call."""
    name = "HTTP_" + settings.CLIENT_IP_HEADER.upper().replace("-", "_")
    return _judged(request.META.get("REMOTE_ADDR") or "", request.META.get(name))


def axes_client_ip(request: HttpRequest) -> str:
    """The address by which failed logins are counted.

    Those without a valid address share one counter under the unspecified address: nobody has it,
    so nobody else is locked out with them, and none of them escapes the count.
    """
    return of_request(request).ip or UNSPECIFIED


def unbelieved_header(request: HttpRequest) -> str:
    """The forwarding header that came with a request although no proxy is trusted, or nothing.

    Then every call seems to come from the proxy itself, and allowed IPs cannot tell callers apart.
    """
    if settings.TRUSTED_PROXIES:
        return ""
    names = (name for name in request.headers if _is_forwarding(name.lower()))
    return next(names, "")


def attested_scheme(call: Call) -> str:
    """The scheme the caller used, according to our own connection or to a trusted proxy."""
    if _is_trusted(call.peer):
        said = call.header("x-forwarded-proto")
        if said in {"http", "https"}:
            return said
    return call.scheme


def is_confidential(call: Call) -> bool:
    """Whether nobody on the way could read or change the call: over https, or from here to here."""
    return attested_scheme(call) == "https" or is_plain_loopback(call)


def is_plain_loopback(call: Call) -> bool:
    """Whether a call over http never left this machine.

    The settings must say that we serve plain http on loopback, the peer must be on loopback, and
    nothing may hint at a proxy, which would be a loopback peer with the internet behind it.
    """
    return (
        _is_http_on_loopback(settings.PUBLIC_URL)
        and contains(LOOPBACK, call.peer)
        and not any(_is_forwarding(name) for name, _value in call.headers)
    )


def _judged(peer: str, sent: str | None) -> ClientAddress:
    address = canonical_ip(peer)
    if address is None:
        return ClientAddress(None, NO_PEER)
    names = {"peer": address, "header": settings.CLIENT_IP_HEADER}
    if not _is_trusted(address):
        return ClientAddress(address, DIRECT if sent is None else NOT_BELIEVED, names)
    if sent is None:
        return ClientAddress(address, SILENT_PROXY, names)
    # From the right: each proxy appends the address it saw, so what stands further left than the
    # first address that is not a proxy of ours was written by the caller.
    for entry in reversed(sent.split(",")):
        hop = _without_port(entry.strip(" \t"))
        if hop is None:
            return ClientAddress(None, NOT_AN_ADDRESS, names | {"entry": entry[:SHOWN_LENGTH]})
        if not _is_trusted(hop):
            return ClientAddress(hop, FORWARDED, names)
        address = hop
    return ClientAddress(address, ALL_TRUSTED, names)


def _without_port(entry: str) -> str | None:
    shape = WITH_PORT.fullmatch(entry) or BRACKETED.fullmatch(entry)
    return canonical_ip(shape[1] if shape else entry)


def _is_trusted(ip: str) -> bool:
    proxies = settings.TRUSTED_PROXIES
    return bool(proxies) and contains(proxies, ip)


def _is_forwarding(name: str) -> bool:
    return (
        name in FORWARDING_HEADERS
        or name.startswith("x-forwarded-")
        or name == settings.CLIENT_IP_HEADER.lower()
    )


@lru_cache(maxsize=4)
def _is_http_on_loopback(public_url: str) -> bool:
    try:
        url = urlsplit(public_url)
        host = url.hostname or ""
    except ValueError:
        return False
    return url.scheme == "http" and (host == "localhost" or contains(LOOPBACK, host))
