"""Signatures of webhook deliveries: how we make them, and how a receiver checks them.

A receiver may copy this file as it stands: it needs nothing but Python.

    verifier = Verifier("whsec_…")
    verifier.check(request.headers, request.body)  # raises NotGenuine

Every delivery is signed three times over the very bytes that are sent:

    X-Coinsnap-Sig, BTCPay-Sig   sha256=<hex HMAC-SHA256 of the body, under the secret as it stands>
    webhook-signature            v1,<base64 HMAC-SHA256 of "<id>.<timestamp>.<body>">

The third is that of Standard Webhooks and the one to check: it covers the id and the time, so that
a delivery that somebody caught cannot be played back later. While a secret is being replaced it
holds a signature under each of the two, parted by a space; the other headers know only one, and
have the new one's.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Final

PREFIX: Final = "whsec_"
TOLERANCE: Final = 300  # seconds that a receiver's clock may differ


class NotGenuine(Exception):
    """Not from the store, changed on the way, or played back."""


def headers(
    *, message_id: str, timestamp: int, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """The headers of one attempt, the newest secret first."""
    whole = hmac.digest(secrets[0].encode(), body, "sha256").hex()
    signatures = [
        standard_signature(secret, message_id=message_id, timestamp=timestamp, body=body)
        for secret in secrets
    ]
    return {
        "X-Coinsnap-Sig": f"sha256={whole}",
        "BTCPay-Sig": f"sha256={whole}",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def standard_signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of Standard Webhooks."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, "sha256")).decode()


def key_of(secret: str) -> bytes:
    """What a secret stands for: ``whsec_`` and base64 for these bytes, anything else for itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


class Verifier:
    """Checks deliveries as a receiver should: signature, then age, then whether it came before."""

    def __init__(self, *secrets: str, tolerance: int = TOLERANCE) -> None:
        self.secrets = secrets
        self.tolerance = tolerance
        self._seen: dict[str, float] = {}

    def check(self, received: Mapping[str, str], body: bytes, *, now: float | None = None) -> str:
        """The id of a genuine delivery that was not here before. Raises ``NotGenuine``."""
        now = time.time() if now is None else now
        sent = {name.lower(): value for name, value in received.items()}
        message_id, timestamp = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise NotGenuine("There is no time.")
        given = sent.get("webhook-signature", "").split(" ")
        expected = [
            standard_signature(secret, message_id=message_id, timestamp=int(timestamp), body=body)
            for secret in self.secrets
        ]
        if not any(
            hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected
        ):
            raise NotGenuine("The signature is another one.")
        if abs(now - int(timestamp)) > self.tolerance:
            raise NotGenuine("It was signed too long ago.")
        # Remembered for twice as long as a delivery is accepted. A receiver of several processes
        # keeps the ids in its database instead, in the transaction of what it does about them.
        self._seen = {known: until for known, until in self._seen.items() if until > now}
        if message_id in self._seen:
            raise NotGenuine("It was here before.")
        self._seen[message_id] = now + 2 * self.tolerance
        return message_id
