"""What may be written as an allowed IP, how it is stored, and which addresses it contains."""

import ipaddress
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apikeys import networks


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/32", "203.0.113.7/32"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("203.0.113.*", "203.0.113.0/24"),
        ("203.0.*.*", "203.0.0.0/16"),
        ("10.*.*.*", "10.0.0.0/8"),
        ("2001:DB8:0:0::1", "2001:db8::1/128"),
        ("2001:db8:1::/48", "2001:db8:1::/48"),
        ("::/0", "::/0"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::FFFF:cb00:7107", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
    ],
)
def test_an_entry_is_stored_in_one_spelling(text, canonical):
    assert networks.parse_entry(text) == canonical
    assert networks.parse_entry(canonical) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        "/24",
        "203.0.113.010",
        "203.113.10",
        "0xCB00710A",
        "3405803786",
        "203.0.113.10\n",
        " 203.0.113.10",
        "203.0.113.10 ",
        "203.0.113.\N{FULLWIDTH DIGIT ONE}",
        "203.0.113.\N{ARABIC-INDIC DIGIT ONE}",
        "203.0.113.0/33",
        "203.0.113.0/024",
        "203.0.113.0/+24",
        "203.0.113.0/-1",
        "203.0.113.0/",
        "203.0.113.0//24",
        "203.0.113.0/24/24",
        "203.0.113.0/255.255.255.0",
        "203.0.113.0/\N{FULLWIDTH DIGIT TWO}4",
        "203.0.113.1-9",
        "203.0.113.1-203.0.113.9",
        "203.0.113.1*",
        "203.0.*.7",
        "203.*",
        "203.0.*",
        "2*",
        "[0-9]+",
        "203.0.113.*/24",
        "2001:db8:*",
        "2001:db8::*",
        "fe80::1%eth0",
        "fe80::1%eth0/64",
        "2001:db8::/129",
        "[2001:db8::1]",
        "::ffff:0.0.0.0/95",
        "example.com",
        "203.0.113.10.evil",
        "<script>alert(1)</script>",
        "\udcff",
        "1" * 51,
        "203.0.113.7" + "0" * 100000,
    ],
)
def test_what_is_not_plainly_an_entry_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$"):
        networks.parse_entry(text)


@pytest.mark.parametrize("text", ["*", "*.*.*.*", "*.*", ".*"])
def test_a_lone_star_points_to_the_any_address_switch(text):
    with pytest.raises(ValueError, match="Any address"):
        networks.parse_entry(text)


@pytest.mark.parametrize(
    ("text", "network", "address"),
    [
        ("203.0.113.10/24", "203.0.113.0/24", "203.0.113.10"),
        ("2001:db8::1/64", "2001:db8::/64", "2001:db8::1"),
        ("::ffff:203.0.113.10/120", "203.0.113.0/24", "203.0.113.10"),
    ],
)
def test_host_bits_are_refused_with_both_ways_to_mend_them(text, network, address):
    with pytest.raises(ValueError, match=rf"Write {network} or {address}\."):
        networks.parse_entry(text)


@given(st.text(alphabet="0123456789abcf.:/*% -", max_size=60) | st.text(max_size=60))
def test_any_text_is_an_entry_or_a_value_error(text):
    try:
        canonical = networks.parse_entry(text)
    except ValueError:
        return
    assert str(ipaddress.ip_network(canonical)) == canonical


@pytest.mark.parametrize(
    ("network", "short", "alternative"),
    [
        ("203.0.113.7/32", "203.0.113.7", ""),
        ("2001:db8::1/128", "2001:db8::1", ""),
        ("203.0.113.0/24", "203.0.113.0/24", "203.0.113.*"),
        ("203.0.0.0/16", "203.0.0.0/16", "203.0.*.*"),
        ("10.0.0.0/8", "10.0.0.0/8", "10.*.*.*"),
        ("203.0.113.64/26", "203.0.113.64/26", ""),
        ("2001:db8::/24", "2001:db8::/24", ""),
        ("2001:db8::/32", "2001:db8::/32", ""),
    ],
)
def test_a_network_is_shown_in_both_spellings(network, short, alternative):
    assert networks.spellings(network) == (short, alternative)


EDGES = ["203.0.113.64/26", "203.0.113.8/31", "203.0.113.10/32"]


@pytest.mark.parametrize(
    ("last", "inside"),
    [
        *((last, True) for last in (64, 127, 8, 9, 10)),
        *((last, False) for last in (63, 128, 7, 11)),
    ],
)
def test_the_edges_of_networks_are_exact(last, inside):
    assert networks.contains(EDGES, f"203.0.113.{last}") is inside


@pytest.mark.parametrize(
    ("network", "ip", "inside"),
    [
        ("0.0.0.0/0", "198.51.100.7", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "2001:db8::1", True),
        ("::/0", "198.51.100.7", False),
        ("::/0", "::ffff:198.51.100.7", False),
        ("203.0.113.7/32", "::ffff:203.0.113.7", True),
        ("203.0.113.7/32", "::ffff:cb00:7107", True),
        ("203.0.113.7/32", "::203.0.113.7", False),
        ("203.0.113.7/32", "64:ff9b::203.0.113.7", False),
        ("203.0.113.7/32", "2002:cb00:7107::", False),
        ("2001:db8:1::/48", "2001:DB8:1:ffff::2", True),
        ("fe80::/64", "fe80::1%eth0", False),
        ("203.0.113.10/24", "203.0.113.10", False),
        ("damaged", "203.0.113.10", False),
        ("*.*.*.*", "203.0.113.10", False),
        ("*", "203.0.113.10", False),
        ("", "", False),
        ("0.0.0.0/0", "", False),
        ("0.0.0.0/0", "203.0.113.010", False),
        ("0.0.0.0/0", "203.0.113.7\n", False),
    ],
)
def test_matching_is_numeric_and_families_never_mix(network, ip, inside):
    assert networks.contains([network], ip) is inside


def test_no_network_contains_no_address():
    assert not networks.contains([], "203.0.113.7")


def test_the_last_of_a_thousand_networks_is_found():
    many = (*(f"10.{n // 256}.{n % 256}.0/24" for n in range(999)), "203.0.113.7/32")
    assert networks.contains(many, "203.0.113.7")
    assert networks.contains(iter(many), "10.3.230.1")
    assert not networks.contains(many, "203.0.113.8")


def bits(address):
    """The address as text of 32 or 128 ones and zeros, made without the code under test."""
    if address.version == 4:
        return "".join(f"{int(octet):08b}" for octet in str(address).split("."))
    return "".join(f"{int(part, 16):016b}" for part in address.exploded.split(":"))


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@st.composite
def close_pairs(draw):
    """A network and an address that shares many of its first bits, or none."""
    address = draw(addresses)
    width = 32 if address.version == 4 else 128
    length = draw(st.integers(0, width))
    network = ipaddress.ip_network((int(address), length), strict=False)
    if draw(st.booleans()):
        return network, draw(addresses)
    flipped = int(address) ^ (1 << draw(st.integers(0, width - 1)))
    return network, type(address)(flipped)


@settings(max_examples=1000)
@given(close_pairs())
def test_matching_agrees_with_comparing_the_bits_one_by_one(pair):
    network, address = pair
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    if network.version == 6 and network.prefixlen >= 96 and network[0].ipv4_mapped:
        network = ipaddress.ip_network((int(network[0].ipv4_mapped), network.prefixlen - 96))
    wanted = (
        network.version == address.version
        and bits(network.network_address)[: network.prefixlen] == bits(address)[: network.prefixlen]
    )
    assert networks.contains([networks.parse_entry(str(network))], str(address)) is wanted


@pytest.mark.parametrize(("family", "width"), [("4", 32), ("6", 128)])
def test_twenty_thousand_random_pairs_agree_with_an_independent_oracle(family, width):
    address_type = {"4": ipaddress.IPv4Address, "6": ipaddress.IPv6Address}[family]
    source = random.Random(27)
    inside = 0
    for _ in range(10_000):
        length = source.randint(0, width)
        start = source.getrandbits(width) >> (width - length) << (width - length)
        value = start ^ source.getrandbits(source.randint(0, width) or 1)
        wanted = start >> (width - length) == value >> (width - length)
        network = f"{address_type(start)}/{length}"
        assert networks.contains([network], str(address_type(value))) is wanted, (network, value)
        inside += wanted
    assert 2_000 < inside < 8_000


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", None),
        ("unknown", None),
        ("203.0.113.010", None),
        ("203.0.113.7/32", None),
        ("fe80::1%eth0", None),
        ("0" * 100000, None),
    ],
)
def test_an_address_has_one_spelling(text, canonical):
    assert networks.canonical_ip(text) == canonical


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("nonsense", ""),
    ],
)
def test_unproven_calls_are_merged_by_network(ip, network):
    assert networks.merge_network(ip) == network


@pytest.mark.parametrize(
    ("ip", "wanted"),
    [
        ("203.0.113.11", "203.0.113.10/32"),
        ("203.0.113.70", "203.0.113.64/26"),
        ("198.51.100.7", None),
        ("2001:db8::7", "2001:db8:1::/48"),
        ("3001::1", None),
        ("nonsense", None),
    ],
)
def test_the_nearest_entry_shares_the_longest_prefix(ip, wanted):
    assert networks.nearest([*EDGES, "2001:db8:1::/48", "damaged"], ip) == wanted


def test_nothing_is_nearest_without_entries():
    assert networks.nearest([], "203.0.113.7") is None


def test_overlaps_and_unusual_networks_are_pointed_out():
    found = networks.remarks(
        [
            "203.0.113.0/24",
            "203.0.113.7/32",
            "203.0.113.64/26",
            "203.0.113.64/26",
            "128.0.0.0/7",
            "192.168.0.0/24",
            "2001::/16",
            "198.51.100.1/32",
            "damaged",
        ]
    )
    assert found == [
        "128.0.0.0/7 is very wide.",
        "192.168.0.0/24 is private: no call from the internet comes from there.",
        "203.0.113.7 is already covered by 203.0.113.0/24.",
        "203.0.113.64/26 is already covered by 203.0.113.0/24.",
        "203.0.113.64/26 is listed twice.",
        "2001::/16 is very wide.",
    ]


def test_private_networks_can_be_left_out_of_the_remarks():
    assert networks.remarks(["192.168.0.0/24"], on_private=False) == []


def test_separate_narrow_networks_need_no_remark():
    assert networks.remarks(["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/48"]) == []
