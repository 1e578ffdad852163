"""Web addresses that others gave us: which may be linked to, and which may be called.

A receiver's address is judged twice: here by its spelling, without asking any name server, and
again when it is called, by the addresses that are really connected to (``storefront.outgoing``).
"""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_lazy as _

from apikeys.networks import contains
from apikeys.text import is_plain

LONGEST: Final = 2000
PLAIN: Final = re.compile(r"[!-~]+")
LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
# Names that every machine answers for itself, or that only a network inside knows.
INSIDE: Final = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa")
PORTS: Final = (80, 443)

# What IANA lists as not globally reachable, and what wraps an IPv4 address in an IPv6 one.
SPECIAL_4: Final = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24
    198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
"""
SPECIAL_6: Final = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"
CLOSED_4: Final = tuple(map(ipaddress.IPv4Network, SPECIAL_4.split()))
CLOSED_6: Final = tuple(map(ipaddress.IPv6Network, SPECIAL_6.split()))
OPEN_6: Final = ipaddress.IPv6Network("2000::/3")


def is_public(text: str) -> bool:
    """Whether an address belongs to the internet at large. Everything unusual does not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in CLOSED_4)
    return (
        address.scope_id is None
        and address in OPEN_6
        and not any(address in network for network in CLOSED_6)
    )


def is_allowed_inside(text: str) -> bool:
    """Whether the operator lets receivers be at this address, whatever its kind."""
    return contains(settings.WEBHOOK_ALLOWED_NETWORKS, text)


def split(url: str) -> SplitResult:
    """The parts of an absolute http or https address, or ValueError when it is not plainly one."""
    if len(url) > LONGEST or not PLAIN.fullmatch(url) or "\\" in url:
        raise ValueError("not plain")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not url.startswith(f"{parts.scheme}://"):
        raise ValueError("another scheme")
    if not parts.hostname or "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError("no plain host")
    if parts.netloc.endswith(":") or parts.port == 0:  # .port raises ValueError itself
        raise ValueError("no port")
    return parts


def literal(host: str) -> str | None:
    """The address that a host name plainly is, or None when it is a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def validate_link(url: str) -> None:
    """Validator: an address that a page may link to. Nothing but http and https."""
    try:
        if not is_plain(url):
            raise ValueError("control characters")
        split(iri_to_uri(url) or "")
    except ValueError as error:
        raise ValidationError(
            _("Write a whole address that begins with https://."), code="invalid_url"
        ) from error


def validate_receiver(url: str) -> None:
    """Validator: an address that a webhook may have. Asks no name server.

    With ``WEBHOOK_ALLOWED_NETWORKS`` a name may turn out to lie inside, so that only its address
    can tell whether http, another port or a short name will do; deliveries look again.
    """
    try:
        parts = split(url)
        host = parts.hostname or ""
        _judge_host(host)
    except ValueError as error:
        raise ValidationError(
            _("Write a whole address that begins with https://."), code="invalid_url"
        ) from error
    address = literal(host)
    if parts.fragment:
        raise ValidationError(_("The address must not end with a #fragment."), code="fragment")
    if is_allowed_inside(address) if address else settings.WEBHOOK_ALLOWED_NETWORKS:
        return
    if address and not is_public(address):
        raise ValidationError(_("This address is not public."), code="not_public")
    if not address and (host.rpartition(".")[2].lower() in INSIDE or "." not in host):
        raise ValidationError(_("This name is not public."), code="not_public")
    if parts.scheme != "https":
        raise ValidationError(_("The address must begin with https://."), code="not_https")
    if (parts.port or 443) not in PORTS:
        raise ValidationError(_("Only the ports 80 and 443 can be called."), code="port")


def _judge_host(host: str) -> None:
    """Refuse every spelling of a host but a plain address and a name of plain labels.

    What ends in a number is an address to some libraries (2130706433, 0x7f.1, 127.1) and a name
    to others: it is neither here, unless it is the usual spelling of an address.
    """
    if literal(host):
        return
    labels = host.split(".")
    last = labels[-1].lower()
    if last.isdigit() or last.startswith("0x") or len(host) > 253:
        raise ValueError("neither address nor name")
    if not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("not a name")
