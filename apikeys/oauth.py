"""Reads the one OAuth 1.0a signature (RFC 5849) that a call may carry, and judges its body."""

import re
from base64 import b64encode
from hashlib import sha1, sha256
from typing import Final
from urllib.parse import unquote

from django.conf import settings
from django.utils.translation import gettext as _

from apikeys.call import Call, Parameters, parameters
from apikeys.client_ip import is_confidential
from apikeys.denial import DenialReason, Denied
from apikeys.signature import DIGESTS, SignedRequest

FORM: Final = "application/x-www-form-urlencoded"
PREFIX: Final = "oauth_"

# RFC 5849 3.5.1: pairs of a name and a quoted, percent-encoded value, with commas between them.
PAIR: Final = re.compile(r'[ \t]*([A-Za-z_]+)="([^"]*)"[ \t]*(,|\Z)')
SECOND_SCHEME: Final = re.compile(r"[ \t]*[A-Za-z][A-Za-z0-9-]*(?:[ \t]|\Z)")
BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

REQUIRED: Final = {
    "oauth_consumer_key": re.compile(r"[!-~]{1,512}"),
    "oauth_signature_method": re.compile("|".join(DIGESTS)),
    "oauth_signature": re.compile(r"[ -~]{1,512}"),
    # A negative number is plain enough to be told that it is stale.
    "oauth_timestamp": re.compile(r"0|-?[1-9][0-9]{0,11}"),
    "oauth_nonce": re.compile(r"[ -~]{1,255}"),
}
OPTIONAL: Final = {
    "oauth_version": re.compile(r"1\.0"),
    "oauth_token": re.compile(r""),
    "oauth_body_hash": re.compile(r"[0-9A-Za-z+/]{27}=|[0-9A-Za-z+/]{43}="),
}


def read(call: Call, *, header: str | None, query: Parameters) -> SignedRequest | None:
    """The signature that the call carries in its OAuth header, query or form, or None.

    Raises ``Denied`` when there is more than one, or one that cannot be read.
    """
    form = _form(call)
    sources = {
        "header": () if header is None else _header_parameters(header),
        "query": query,
        "form": _leniently(form or ""),
    }
    places = [place for place, pairs in sources.items() if any(map(_is_protocol, pairs))]
    if header is not None and "header" not in places:
        raise Denied(DenialReason.MALFORMED, _("the OAuth header is without OAuth parameters"))
    if len(places) > 1:
        sentence = _("OAuth parameters in several places: %(places)s")
        raise Denied(DenialReason.AMBIGUOUS, sentence % {"places": ", ".join(places)})
    if not places:
        return None
    place = places[0]
    try:
        sources |= {"query": parameters(call.query), "form": parameters(form or "")}
    except ValueError:
        raise Denied(
            DenialReason.MALFORMED, _("a signed query or form that is not UTF-8")
        ) from None
    protocol = _protocol_parameters(sources[place], place)
    signature = protocol["oauth_signature"]
    return SignedRequest(
        consumer_key=protocol["oauth_consumer_key"],
        method=protocol["oauth_signature_method"],
        timestamp=int(protocol["oauth_timestamp"]),
        nonce=protocol["oauth_nonce"],
        # Some clients leave the + of base64 as it is, and a query or form turns it into a space.
        signature=signature if place == "header" else signature.replace(" ", "+"),
        body_hash=protocol.get("oauth_body_hash"),
        place=place,
        header=sources["header"],
        query=sources["query"],
        form=None if form is None else sources["form"],
    )


def check_body(signed: SignedRequest, call: Call) -> None:
    """Refuse a body that is not the one that was signed, or that could be another one.

    A form is part of the signature. Any other body can be covered by ``oauth_body_hash``, which
    is checked wherever it is sent; over http, where anybody on the way could change the body, it
    must be sent. SHA-1 is accepted beside SHA-256: oauthlib sends it with either method, and what
    would break it here is a second preimage, not a collision.
    """
    if signed.body_hash is not None:
        body = call.read_body()
        hashes = (sha1(body).digest(), sha256(body).digest())  # noqa: S324
        if signed.body_hash not in {b64encode(digest).decode("ascii") for digest in hashes}:
            raise Denied(DenialReason.INVALID, _("the body is not the one of oauth_body_hash"))
        return
    may_be_unsigned = settings.ALLOW_UNSIGNED_BODIES or is_confidential(call)
    if signed.form is None and not may_be_unsigned and call.read_body():
        raise Denied(
            DenialReason.INSECURE,
            _("the body is not signed: sign its oauth_body_hash, or use https"),
        )


def _is_protocol(pair: tuple[str, str]) -> bool:
    return pair[0].startswith(PREFIX)


def _header_parameters(text: str) -> Parameters:
    """The parameters of an OAuth header without its realm, read to the last character."""
    pairs = []
    position = 0
    separator = ","
    while separator:
        pair = PAIR.match(text, position)
        if pair is None:
            # Servers join repeated headers with a comma.
            joined = position and SECOND_SCHEME.match(text, position)
            reason = DenialReason.AMBIGUOUS if joined else DenialReason.MALFORMED
            raise Denied(reason, _("the OAuth header is not a list of quoted parameters"))
        name, value, separator = pair.groups()
        if name.lower() != "realm":
            pairs.append((name, _unquoted(name, value)))
        position = pair.end()
    return tuple(pairs)


def _unquoted(name: str, value: str) -> str:
    if not name.startswith(PREFIX) or BROKEN_ESCAPE.search(value):
        raise Denied(
            DenialReason.MALFORMED, _("the OAuth header has a parameter that is not OAuth's")
        )
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise Denied(DenialReason.MALFORMED, _("the OAuth header is not UTF-8")) from None


def _form(call: Call) -> str | None:
    """The body if it is a form, still encoded."""
    if call.content_type.partition(";")[0].strip(" \t").lower() != FORM:
        return None
    return call.read_body().decode("latin-1")


def _leniently(form: str) -> Parameters:
    """The parameters of a form that may be none of ours to judge: it need not be signed."""
    try:
        return parameters(form, errors="replace")
    except ValueError:
        return ()


def _protocol_parameters(pairs: Parameters, place: str) -> dict[str, str]:
    """The OAuth parameters by name: each once, the required ones there, all of them plain."""
    protocol = dict(filter(_is_protocol, pairs))
    if len(protocol) != sum(map(_is_protocol, pairs)):
        twice = _("an OAuth parameter is twice in the %(place)s")
        raise Denied(DenialReason.AMBIGUOUS, twice % {"place": place})
    for name in REQUIRED:
        if name not in protocol:
            missing = _("%(name)s is missing in the %(place)s")
            raise Denied(DenialReason.MALFORMED, missing % {"name": name, "place": place})
    for name, shape in (REQUIRED | OPTIONAL).items():
        if name in protocol and not shape.fullmatch(protocol[name]):
            unreadable = _("%(name)s in the %(place)s cannot be read")
            raise Denied(DenialReason.MALFORMED, unreadable % {"name": name, "place": place})
    return protocol
