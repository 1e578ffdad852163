"""What the text of a setting means. A complaint names the setting and never repeats its value."""

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from apikeys import ratelimit

PEPPER = re.compile(r"([1-9][0-9]{0,4}):((?:[0-9a-fA-F]{2})+)")
HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
REDIS_SCHEMES = ("redis", "rediss", "redis+unix")
MAPPED = 96  # the length of ::ffff:0:0/96, in which IPv6 writes IPv4 addresses
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class PublicURL(NamedTuple):
    """The address by which people and callers reach this server, without a slash at its end."""

    url: str
    host: str
    is_https: bool
    is_loopback: bool


def public_url(text: str) -> PublicURL:
    """Scheme, host and port only: every link we hand out is this and a path."""
    complaint = ImproperlyConfigured(
        "PUBLIC_URL must be a scheme and a host, such as https://keys.example.com, and no more."
    )
    try:
        parts = urlsplit(text.rstrip("/"))
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise complaint from error
    wanted = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc
    if not wanted or parts.path or parts.query or parts.fragment:
        raise complaint
    return PublicURL(
        url=f"{parts.scheme}://{parts.netloc.lower()}",
        host=f"[{host}]" if ":" in host else host,
        is_https=parts.scheme == "https",
        is_loopback=is_loopback(host),
    )


def plain_url(host: str, port: int) -> str:
    """The address of a server with nothing in front of it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def peppers(parts: Iterable[str]) -> dict[int, str]:
    """Each ``2:<hex>``, newest first, as pepper by id."""
    found: dict[int, str] = {}
    for part in parts:
        match = PEPPER.fullmatch(part)
        if not match or int(match[1]) in found:
            raise ImproperlyConfigured(
                "APIKEYS_PEPPERS must read 2:<hex>,1:<hex> with every number once, newest first."
            )
        found[int(match[1])] = match[2].lower()
    return found


def sealing_keys(parts: Iterable[str]) -> tuple[str, ...]:
    """Fernet keys, newest first."""
    keys = tuple(parts)
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                "APIKEYS_SEALING_KEYS must be Fernet keys separated by commas; make one with "
                'python -c "from cryptography.fernet import Fernet; '
                'print(Fernet.generate_key().decode())".'
            ) from error
    return keys


def networks(name: str, parts: Iterable[str]) -> tuple[str, ...]:
    """Addresses and networks in one spelling; IPv4 ones that are written as IPv6 are IPv4."""
    try:
        return tuple(str(_unmapped(ipaddress.ip_network(part))) for part in parts)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must be addresses or networks separated by commas, such as "
            "10.0.0.0/8,2001:db8::1, with no bits set behind the mask."
        ) from error


def _unmapped(network: Network) -> Network:
    """The gate takes ``::ffff:10.0.0.0/104`` for 10.0.0.0/8, and so must whoever judges it."""
    mapped = None if network.version == 4 else network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < MAPPED:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - MAPPED))


def header(name: str, text: str) -> str:
    """The name of a header. With an underscore or a space in it, none would ever be found."""
    if not HEADER.fullmatch(text):
        raise ImproperlyConfigured(
            f"{name} must be the name of a header, such as X-Forwarded-For: letters, digits and "
            "hyphens."
        )
    return text


def redis_url(text: str) -> str:
    """The address of a Redis, or nothing. Any other text would fail at every call."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in REDIS_SCHEMES and parts.port != 0
    except ValueError:
        is_address = False
    if text and not is_address:
        raise ImproperlyConfigured("REDIS_URL must read redis://host:6379/0 (or rediss://).")
    return text


def zone(name: str, text: str) -> str:
    """A time zone by its name."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ImproperlyConfigured(
            f"{name} must be the name of a time zone, such as UTC or Europe/Berlin."
        ) from error


def rate(name: str, text: str) -> str:
    """A limit such as ``600/minute``, or ``none``: one that started must not fail every call."""
    try:
        ratelimit.parse(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error
    return text
