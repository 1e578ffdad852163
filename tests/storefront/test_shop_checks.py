"""System checks of the shop's settings."""

import pytest

from storefront.checks import check_allowed_networks


@pytest.mark.parametrize(
    ("networks", "ids"),
    [
        ((), []),
        (("10.0.0.0/8", "192.168.1.7/32", "fc00::/7", "127.0.0.0/8"), []),
        (("169.254.0.0/16",), ["storefront.W001"]),
        (("0.0.0.0/0",), ["storefront.W001"]),
        (("8.8.8.0/24", "2606:4700::/32", "::/0"), ["storefront.W002"] * 3),
    ],
)
def test_too_wide_networks_are_pointed_out(settings, networks, ids):
    settings.WEBHOOK_ALLOWED_NETWORKS = networks

    assert [message.id for message in check_allowed_networks()] == ids
