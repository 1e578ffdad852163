"""System checks: settings of the shop that could silently weaken it."""

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from storefront.web_address import CLOSED_4, CLOSED_6, OPEN_6

METADATA = ipaddress.IPv4Network("169.254.169.254/32")


@register(Tags.security)
def check_allowed_networks(**kwargs: Any) -> list[CheckMessage]:
    """Receivers inside are an exception for a few networks, and never the cloud's own service."""
    messages: list[CheckMessage] = []
    for text in settings.WEBHOOK_ALLOWED_NETWORKS:
        network = ipaddress.ip_network(text)
        if isinstance(network, ipaddress.IPv4Network) and network.supernet_of(METADATA):
            messages.append(
                Warning(
                    f"WEBHOOK_ALLOWED_NETWORKS contains {text}, where clouds hand out secrets.",
                    hint="Name only the networks in which there really are receivers.",
                    id="storefront.W001",
                )
            )
        elif not _is_inside(network):
            messages.append(
                Warning(
                    f"WEBHOOK_ALLOWED_NETWORKS contains {text}, which is on the internet.",
                    hint="Receivers there need no exception: it only lifts https and the ports.",
                    id="storefront.W002",
                )
            )
    return messages


def _is_inside(network: Any) -> bool:
    if network.version == 4:
        return any(network.subnet_of(closed) for closed in CLOSED_4)
    return not network.overlaps(OPEN_6) or any(network.subnet_of(one) for one in CLOSED_6)
