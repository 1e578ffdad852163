"""OAuth 1.0a signatures (RFC 5849, one-legged): what was signed, and whether it was by this key."""

import hmac
import re
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from oauthlib.oauth1.rfc5849.signature import (
    base_string_uri,
    normalize_parameters,
    signature_base_string,
)
from oauthlib.oauth1.rfc5849.utils import escape

from apikeys.call import Call, Parameters
from apikeys.client_ip import attested_scheme
from apikeys.denial import DenialReason, Denied

RFC: Final = "rfc"
COLLAPSED: Final = "collapsed"

DIGESTS: Final = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, repr=False)
class SignedRequest:
    """The protocol parameters of one signed call, and everything beside them that was signed."""

    consumer_key: str
    method: str
    timestamp: int
    nonce: str
    signature: str
    body_hash: str | None
    place: str
    """Where the protocol parameters were: the header, the query or the form."""
    header: Parameters
    query: Parameters
    form: Parameters | None
    """The parameters of a form body; None when the body, if any, is something else."""

    def __repr__(self) -> str:
        """Without the consumer key too: a confused caller may have put its secret there."""
        return f"<SignedRequest {self.method} in the {self.place}>"


def base_strings(signed: SignedRequest, call: Call) -> list[tuple[str, str]]:
    """What the caller may have signed, each with the name of the reading.

    The first reading is RFC 5849's: all parameters as sent. The official WooCommerce clients sign
    each parameter once and send it twice, so if names repeat there is a second reading, in which
    each name has its last value. Names are collapsed within the query and within the form, never
    between them, because a view reads the two apart.
    """
    uris = _uris(call)
    if not uris or not call.method.isascii():
        return []
    sources = (signed.header, signed.query, signed.form or ())
    as_sent = [pair for source in sources for pair in source]
    collapsed = [pair for source in sources for pair in dict(source).items()]
    readings = {RFC: _normalized(as_sent)}
    if len(collapsed) < len(as_sent):
        readings[COLLAPSED] = _normalized(collapsed)
    return [
        # The stubs know only the usual methods.
        (reading, signature_base_string(call.method, uri, normalized))  # type: ignore[arg-type]
        for reading, normalized in readings.items()
        for uri in uris
    ]


def verify(secret: str, signed: SignedRequest, call: Call) -> str | None:
    """The reading under which ``secret`` signed the call (``RFC`` or ``COLLAPSED``), or None.

    After ``COLLAPSED`` only the last of repeated parameters is signed, and only it may be read.
    Signatures are compared in base64, so that only its one canonical spelling counts.
    """
    key = f"{escape(secret)}&".encode("ascii")
    given = signed.signature.encode("utf-8", "surrogatepass")
    for reading, text in base_strings(signed, call):
        made = hmac.digest(key, text.encode("ascii"), DIGESTS[signed.method])
        if hmac.compare_digest(b64encode(made), given):
            return reading
    return None


def check_timestamp(signed: SignedRequest) -> None:
    """Refuse a call that was signed too long ago, or by a clock too far ahead."""
    behind = time.time() - signed.timestamp
    if abs(behind) > settings.SIGNATURE_WINDOW:
        late = _("the caller's clock is %(seconds)s s behind the server's")
        early = _("the caller's clock is %(seconds)s s ahead of the server's")
        sentence = late if behind > 0 else early
        raise Denied(DenialReason.STALE, sentence % {"seconds": f"{abs(behind):.0f}"})


def _normalized(pairs: list[tuple[str, str]]) -> str:
    signed = [pair for pair in pairs if pair[0] != "oauth_signature"]
    return normalize_parameters(signed)  # type: ignore[arg-type]  # the stubs know only dicts


def _uris(call: Call) -> list[str]:
    """The spellings of scheme, host and path under which clients sign one and the same address.

    RFC 5849 has the host in lower case and without the default port. The WooCommerce clients
    sign the host as typed, default port included, while their HTTP libraries leave that out of
    the Host header. All of them sign the path as it is sent.
    """
    shape = HOST.fullmatch(call.host)
    if shape is None or not call.path.isascii():
        return []
    scheme = attested_scheme(call)
    try:
        canonical = base_string_uri(f"{scheme}://{call.host}/").removesuffix("/")
    except ValueError:  # a port out of range, or brackets around no address
        return []
    typed = f"{scheme}://{call.host}"
    spellings = [canonical, typed]
    if not shape["port"]:
        spellings.append(f"{typed}:{DEFAULT_PORTS[scheme]}")
    return [spelling + call.path for spelling in dict.fromkeys(spellings)]
