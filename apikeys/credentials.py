"""Reads the one credential that a call carries, in any of the forms the shops' clients use.

    Authorization: Basic base64(consumer key or username:secret)
    Authorization: Bearer secret, Authorization: token secret
    Authorization: OAuth ..., or the same parameters in the query or in a form
    X-API-Key: secret
    ?consumer_key=...&consumer_secret=secret

Nothing is trimmed, folded or guessed: a text that is not exactly one of these is refused, and a
refused credential never leaves room for another one of the same call.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.utils.translation import gettext as _

from apikeys import oauth, tokens
from apikeys.call import Call, Parameters, parameters
from apikeys.client_ip import is_confidential
from apikeys.denial import DenialReason, Denied
from apikeys.signature import SignedRequest

HEADER_LIMIT: Final = 8 * 1024
CREDENTIAL_LIMIT: Final = 512
QUERY: Final = "the query"
BARE_SCHEMES: Final = frozenset({"bearer", "token"})


class Bare(NamedTuple):
    """A secret as it stands in one carrier, with the user name beside it, if there is one."""

    carrier: str
    secret: str
    principal: str | None = None

    def __repr__(self) -> str:
        return f"<Bare secret in {self.carrier}>"

    def contradicts(self, consumer_key: str) -> bool:
        """Whether the name beside the secret cannot be right, whatever the key's username is."""
        if self.principal is None or self.principal == consumer_key:
            return False
        return self.carrier == QUERY or tokens.is_consumer_key(self.principal)


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What a caller presented: a secret, a signature, or both for one and the same key.

    Everything in it must prove: ``secret`` by its digest, ``signed`` by its signature, and each
    of ``principals`` by being exactly the key's consumer key or its API user's username.
    """

    consumer_key: str
    """The key that is claimed; nothing is proven yet."""
    secret: str | None
    signed: SignedRequest | None
    principals: tuple[str, ...]
    carriers: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Credential for {self.consumer_key!r} in {' and '.join(self.carriers)}>"


def read(call: Call) -> Credential:
    """The one credential of the call, or ``Denied``; whatever is sent, it raises nothing else.

    Needs no look-up: a secret says itself whether it was typed right and to which key it belongs.
    A request that is too much to be read at all raises what Django raises: for its body, such as
    "too large", and for more than 1,000 parameters in its query.
    """
    query = _query(call)
    scheme, value = _authorization(call)
    carried = (
        _from_authorization(scheme, value),
        _from_api_key_header(call),
        _from_query(query),
    )
    bare = [found for found in carried if found is not None]
    signed = oauth.read(call, header=value if scheme == "oauth" else None, query=query)
    carriers = tuple(found.carrier for found in bare)
    if signed is not None:
        carriers += (f"OAuth {signed.place}",)
    if not carriers:
        raise Denied(DenialReason.MISSING, _("no credential was sent"))
    if len({found.secret for found in bare}) > 1:
        raise _ambiguous(carriers)
    consumer_key = _claimed_key(bare, signed, carriers)
    if bare and not (settings.ALLOW_INSECURE_TRANSPORT or is_confidential(call)):
        raise Denied(
            DenialReason.INSECURE,
            _("a secret over http, in %(carrier)s") % {"carrier": carriers[0]},
        )
    if consumer_key is None:
        raise Denied(
            DenialReason.INVALID,
            _("%(carrier)s: not of our making, or mistyped") % {"carrier": carriers[0]},
        )
    if any(found.contradicts(consumer_key) for found in bare):
        raise Denied(DenialReason.INVALID, _("consumer key and secret are of different keys"))
    if signed is not None:
        oauth.check_body(signed, call)
    return Credential(
        consumer_key=consumer_key,
        secret=bare[0].secret if bare else None,
        signed=signed,
        principals=tuple(found.principal for found in bare if found.principal is not None),
        carriers=carriers,
    )


def _claimed_key(
    bare: list[Bare], signed: SignedRequest | None, carriers: tuple[str, ...]
) -> str | None:
    """The key that all parts claim, or None when that cannot be a key of ours."""
    claims = set()
    if bare:
        claims.add(tokens.consumer_key_of(bare[0].secret))
    if signed is not None:
        named = signed.consumer_key
        claims.add(named if tokens.is_consumer_key(named) else None)
    if len(claims) > 1:
        raise _ambiguous(carriers)
    return claims.pop()


def _authorization(call: Call) -> tuple[str, str]:
    """The scheme of the Authorization header in lower case, and what follows its one space."""
    text = call.header("authorization")
    if text is None:
        return "", ""
    if len(text) > HEADER_LIMIT or not text.isascii():
        raise _malformed("Authorization", _("too long, or not ASCII"))
    scheme, _space, value = text.partition(" ")
    if scheme.lower() not in {"basic", "oauth", *BARE_SCHEMES}:
        raise _malformed("Authorization", _("unknown scheme"))
    if not value:
        raise _malformed("Authorization", _("no value after the scheme"))
    return scheme.lower(), value


def _from_authorization(scheme: str, value: str) -> Bare | None:
    if scheme == "basic":
        return _from_basic(value)
    if scheme in BARE_SCHEMES:
        carrier = f"Authorization: {scheme.capitalize()}"
        return Bare(carrier, _plain_secret(carrier, value))
    return None


def _from_basic(value: str) -> Bare:
    carrier = "Authorization: Basic"
    _refuse_joined(carrier, value)
    try:
        raw = b64decode(value, validate=True)
        text = raw.decode("utf-8")
    except ValueError:
        raise _malformed(carrier, _("not base64 of UTF-8")) from None
    # Base64 has spare bits at its end; only one spelling of them is a credential.
    if b64encode(raw).decode("ascii") != value or len(raw) > CREDENTIAL_LIMIT:
        raise _malformed(carrier, _("not canonical base64, or too long"))
    principal, colon, secret = text.partition(":")
    if not (principal and colon and secret):
        raise _malformed(carrier, _("user name or secret is blank"))
    return Bare(carrier, secret, principal)


def _from_api_key_header(call: Call) -> Bare | None:
    value = call.header("x-api-key")
    return None if value is None else Bare("X-API-Key", _plain_secret("X-API-Key", value))


def _plain_secret(carrier: str, value: str) -> str:
    _refuse_joined(carrier, value)
    if not value or len(value) > CREDENTIAL_LIMIT or not value.isascii():
        raise _malformed(carrier, _("blank, too long, or not ASCII"))
    return value


def _refuse_joined(carrier: str, value: str) -> None:
    """No credential has a comma; servers put one between the values of repeated headers."""
    if "," in value:
        raise Denied(
            DenialReason.AMBIGUOUS, _("%(carrier)s: several values") % {"carrier": carrier}
        )


def _query(call: Call) -> Parameters:
    """The parameters of the query; what is not UTF-8 in it is left to the view, if unsigned."""
    try:
        return parameters(call.query, errors="replace")
    except ValueError as error:
        raise TooManyFieldsSent("The query has too many parameters.") from error


def _from_query(query: Parameters) -> Bare | None:
    keys = [value for name, value in query if name == "consumer_key"]
    secrets = [value for name, value in query if name == "consumer_secret"]
    if not keys and not secrets:
        return None
    if len(keys) > 1 or len(secrets) > 1:
        twice = _("%(carrier)s: consumer_key or consumer_secret twice")
        raise Denied(DenialReason.AMBIGUOUS, twice % {"carrier": QUERY})
    if not settings.ALLOW_QUERY_CREDENTIALS:
        raise _malformed(QUERY, _("credentials in the query are switched off"))
    if not (keys and secrets and keys[0] and secrets[0]):
        raise _malformed(QUERY, _("consumer_key or consumer_secret is missing or blank"))
    if len(keys[0].encode()) + len(secrets[0].encode()) > CREDENTIAL_LIMIT:
        raise _malformed(QUERY, _("too long"))
    return Bare(QUERY, secrets[0], keys[0])


def _malformed(carrier: str, part: str) -> Denied:
    return Denied(DenialReason.MALFORMED, f"{carrier}: {part}")


def _ambiguous(carriers: tuple[str, ...]) -> Denied:
    sentence = _("different credentials in %(carriers)s")
    return Denied(DenialReason.AMBIGUOUS, sentence % {"carriers": ", ".join(carriers)})
