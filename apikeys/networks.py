"""Addresses and networks: how people write them, how they are stored, and what they contain.

The canonical text of an allowed IP is that of Python's ``ipaddress`` with the length always
written: ``203.0.113.7/32``, ``203.0.113.0/24``, ``2001:db8::/48``. Matching is numeric. An
IPv4-mapped IPv6 address is its IPv4 address; otherwise the two families never mix.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from django.utils.translation import gettext as _

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ENTRY_LENGTH: Final = 50

PREFIX_LENGTH: Final = re.compile(r"0|[1-9][0-9]{0,2}")

MAPPED: Final = 96  # the length of ::ffff:0:0/96, in which IPv6 writes IPv4 addresses
WIDEST: Final = {4: 8, 6: 32}
NEAR: Final = {4: 8, 6: 16}
PRIVATE: Final[tuple[Network, ...]] = (
    *map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")),
    *map(IPv4Network, ("172.16.0.0/12", "192.168.0.0/16")),
    *map(IPv6Network, ("::1/128", "fc00::/7", "fe80::/10")),
)


def parse_entry(text: str) -> str:
    """The canonical network of what a person wrote; otherwise ValueError says how to mend it."""
    if len(text) > ENTRY_LENGTH:
        raise ValueError(_("An entry has at most %(limit)d characters.") % {"limit": ENTRY_LENGTH})
    if text and not text.strip("*."):
        raise ValueError(_("To allow every address, turn on the switch “Any address” instead."))
    written = _written(text)
    if written is None:
        raise ValueError(_complaint(text))
    address, network = written
    if network.network_address != address:
        raise ValueError(
            _("%(text)s is one address inside a network. Write %(network)s or %(address)s.")
            % {"text": text, "network": network, "address": address}
        )
    return str(network)


def looks_like_entry(text: str) -> bool:
    """Whether a person would take ``text`` for an address or a network, even for a wrong one."""
    return canonical_ip(text.partition("/")[0].replace("*", "0")) is not None


def spellings(network: str) -> tuple[str, str]:
    """How a canonical network is shown: its shortest spelling, and its wildcard or nothing."""
    base, _slash, length = network.partition("/")
    if length == ("128" if ":" in base else "32"):
        return base, ""
    if ":" not in base and length in {"8", "16", "24"}:
        fixed = int(length) // 8
        return network, ".".join(base.split(".")[:fixed] + ["*"] * (4 - fixed))
    return network, ""


def canonical_ip(text: str) -> str | None:
    """The one spelling of an address, or None for anything that is not plainly an address."""
    address = _address(text) if len(text) <= ENTRY_LENGTH else None
    return None if address is None else str(address)


def merge_network(ip: str) -> str:
    """The network whose unproven calls are counted as one: an IPv4 address, an IPv6 /64."""
    address = _address(ip)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return "" if address is None else str(address)


def contains(networks: Iterable[str], ip: str) -> bool:
    """Whether an address lies in one of the networks; False for what is not an address.

    What is not an entry, such as a damaged row, contains nothing.
    """
    address = _address(ip)
    if address is None:
        return False
    value = int(address)
    prefixes = _compiled(tuple(networks)).get(address.version, ())
    return any(value >> shift in starts for shift, starts in prefixes)


def enclosing(text: str) -> list[str]:
    """Every network in which an address or network lies, itself included; none for other text."""
    try:
        network = ip_network(parse_entry(text))
    except ValueError:
        return []
    return [str(network.supernet(new_prefix=n)) for n in range(network.prefixlen + 1)]


def nearest(networks: Iterable[str], ip: str) -> str | None:
    """The network that shares most leading bits with an address, if it shares enough to tell."""
    address = _address(ip)
    if address is None:
        return None
    shared = {
        str(network): min(network.prefixlen, _common_bits(network, address))
        for network in _networks(networks)
        if network.version == address.version
    }
    best = max(shared, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] >= NEAR[address.version] else None


def remarks(networks: Iterable[str], *, on_private: bool = True) -> list[str]:
    """What an operator should look at again: sentences on overlaps and on unusual networks."""
    sentences = []
    around: list[Network] = []
    for network in sorted(_networks(networks), key=_position):
        names = {"network": spellings(str(network))[0]}
        while around and not _inside(network, around[-1]):
            around.pop()
        if around and around[-1] == network:
            sentences.append(_("%(network)s is listed twice.") % names)
            continue
        if around:
            outer = {"outer": around[-1]}
            sentences.append(_("%(network)s is already covered by %(outer)s.") % (names | outer))
        if network.prefixlen < WIDEST[network.version]:
            sentences.append(_("%(network)s is very wide.") % names)
        if on_private and any(_inside(network, private) for private in PRIVATE):
            sentences.append(
                _("%(network)s is private: no call from the internet comes from there.") % names
            )
        around.append(network)
    return sentences


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """The address that ``text`` plainly is, or None. IPv4-mapped ones become IPv4."""
    try:
        if ":" not in text:
            return IPv4Address(text)
        address = IPv6Address(text)
    except ValueError:
        return None
    if address.scope_id is not None:
        return None
    return address.ipv4_mapped or address


def _written(text: str) -> tuple[Address, Network] | None:
    """The address and the network around it that ``text`` plainly is, or None."""
    base, slash, length = text.partition("/")
    octets = base.split(".")
    fixed = octets.index("*") if "*" in octets else 4
    if not slash and len(octets) == 4 and fixed > 0 and set(octets[fixed:]) == {"*"}:
        base, slash, length = ".".join(octets[:fixed] + ["0"] * (4 - fixed)), "/", str(8 * fixed)
    address = _address(base)
    if address is None or (slash and not PREFIX_LENGTH.fullmatch(length)):
        return None
    bits = int(length) if slash else 128 if ":" in base else 32
    try:
        if isinstance(address, IPv6Address):
            return address, IPv6Network((int(address), bits), strict=False)
        bits -= MAPPED if ":" in base else 0
        return address, IPv4Network((int(address), bits), strict=False)
    except ValueError:
        return None


def _complaint(text: str) -> str:
    if "*" in text:
        return _("A wildcard stands for whole numbers at the end, as in 203.0.113.* or 10.*.*.*.")
    if "-" in text:
        return _("Write a range as networks, such as 203.0.113.0/28, or as single addresses.")
    return _(
        "“%(text)s” is not an address or a network. "
        "Write it as in 203.0.113.7, 203.0.113.0/24, 203.0.113.* or 2001:db8::/48."
    ) % {"text": text}


def _networks(networks: Iterable[str]) -> Iterator[Network]:
    for text in networks:
        written = _written(text)
        if written is not None and written[0] == written[1].network_address:
            yield written[1]


@lru_cache(maxsize=512)
def _compiled(networks: tuple[str, ...]) -> dict[int, list[tuple[int, set[int]]]]:
    """Per family and prefix length the set of network numbers: a look-up costs one per length."""
    starts: defaultdict[int, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for network in _networks(networks):
        shift = network.max_prefixlen - network.prefixlen
        starts[network.version][shift].add(int(network.network_address) >> shift)
    return {version: list(prefixes.items()) for version, prefixes in starts.items()}


def _position(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def _inside(network: Network, outer: Network) -> bool:
    return (
        network.version == outer.version
        and network.prefixlen >= outer.prefixlen
        and _common_bits(outer, network.network_address) >= outer.prefixlen
    )


def _common_bits(network: Network, address: Address) -> int:
    difference = int(network.network_address) ^ int(address)
    return network.max_prefixlen - difference.bit_length()
