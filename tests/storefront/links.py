"""Session-transfer links as an integrator's backend signs them."""

import secrets
import time

from django.conf import settings

from storefront import transfer_link


def signed_link(key, cart, *, secret=None, expires=None, nonce=None, base_url=None, **parameters):
    """A whole link for this cart, signed with the key's secret."""
    return transfer_link.write(
        base_url or settings.PUBLIC_URL,
        secret or key.secret,
        {
            "key": key.consumer_key,
            "cart": cart.public_id,
            "action": "cart",
            "expires": str(expires or int(time.time()) + 600),
            "nonce": nonce or secrets.token_hex(16),
        }
        | parameters,
    )
