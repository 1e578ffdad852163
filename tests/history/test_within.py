"""Which calls came from a network: found by an index, and the same ones as when each is asked."""

from ipaddress import ip_address, ip_network

import pytest

from history.models import CallRecord
from history.within import common_beginning
from tests.factories import APIKeyFactory, CallRecordFactory

ADDRESSES = (
    *("10.1.0.1", "10.1.2.3", "10.10.0.1", "10.2.0.1", "100.1.0.1", "192.0.2.7", "192.0.20.7"),
    *("2001:db8::1", "2001:db8:0:1::1", "2001:db8:1::1", "2001:db80::1", "::1", "2001:d::1"),
    *("2001:db8:0:1:1:1:1:1", "0:1::1"),
)
NETWORKS = (
    *("10.1.0.0/16", "10.0.0.0/8", "10.1.2.0/23", "10.1.2.3/32", "192.0.2.0/28", "0.0.0.0/0"),
    *("192.0.0.0/7", "2001:db8::/32", "2001:db8:0:1::/64", "2001:db8::/48", "::/0", "::/64"),
    *("2001:d00::/24", "2001::/16", "2001:db8::1/128", "2001:db8:0:1:1:1:1:1/128"),
)


@pytest.mark.django_db
def test_the_calls_of_a_network_are_those_whose_address_lies_in_it():
    key = APIKeyFactory()
    for address in ADDRESSES:
        CallRecordFactory(key=key, ip=str(ip_address(address)))

    for network in map(ip_network, NETWORKS):
        wanted = {
            str(address)
            for address in map(ip_address, ADDRESSES)
            if address.version == network.version and address in network
        }
        for calls in (
            CallRecord.objects.from_network(str(network)),
            CallRecord.objects.led_by_network(str(network)),
        ):
            assert set(calls.values_list("ip", flat=True)) == wanted, network


@pytest.mark.parametrize(
    ("network", "beginning"),
    [
        ("10.1.0.0/18", "10.1."),
        ("10.0.0.0/7", ""),
        ("2001:db8::/32", "2001:db8:"),
        ("2001:db8:0:1::/64", "2001:db8:"),
        ("2001:db8:a::/47", "2001:db8:"),
        ("::/96", ""),
    ],
)
def test_how_the_addresses_of_a_network_begin(network, beginning):
    assert common_beginning(str(ip_network(network, strict=False))) == beginning
