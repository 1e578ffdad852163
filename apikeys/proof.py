"""Proves a credential: whether the secret or the signature is that of the key it names.

A key that does not exist costs the same work as one whose secret is wrong: the same query and,
against a decoy, the same digest or signature.
"""

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apikeys import keyring, signature, tokens
from apikeys.call import Call
from apikeys.credentials import Credential
from apikeys.denial import NOBODY, DenialReason, Denied
from apikeys.models import Secret
from apikeys.signature import SignedRequest

logger = logging.getLogger(__name__)

DECOY_DIGEST: Final = "0" * 64
UNSIGNED_KEY: Final = gettext_lazy(
    "signed, but this key was issued without signing: rotate it with signing on, or send the key "
    "and secret over https"
)


def prove(credential: Credential, call: Call) -> tuple[Secret, str | None]:
    """The secret version that the credential proves, and how its signature was read.

    Secret and signature together must be of one version. Raises ``Denied`` for all else.
    """
    rows = keyring.find(credential.consumer_key)
    found: keyring.Row | None = None
    bare: keyring.Row | None = None
    reading: str | None = None
    detail = _("unknown key") if not rows else _("wrong secret")
    if credential.secret is not None:
        found = bare = _match(rows, credential.secret)
    if credential.signed is not None and (found or credential.secret is None):
        # Beside a secret only that secret may have signed: what the call goes on to say of the
        # version, and the digest that moves to the newest pepper, must be of one and the same.
        signers = [found] if found else rows
        found, reading = _match_signature(signers, credential.signed, call)
        if rows and found is None:
            detail = _("bad signature") if any(row.sealed for row in signers) else str(UNSIGNED_KEY)
    if found is not None:
        secret = found.load()
        names = (secret.api_key.consumer_key, secret.api_key.api_user.username)
        if all(principal in names for principal in credential.principals):
            secret.in_overlap = _in_overlap(rows)
            return secret, reading
        detail = _("the user name beside the secret is not this key's")
    if bare is not None:
        # The secret is right and what came with it is not, as a signature by a replaced secret.
        bare.load().witness()
    denied = Denied(DenialReason.INVALID, detail)
    denied.named = rows[0].named if rows else NOBODY
    raise denied


def _match(rows: list[keyring.Row], secret: str) -> keyring.Row | None:
    found = None
    for row in rows:
        if tokens.matches(secret, row.digest, row.pepper_id):
            found = row
    if not rows:
        tokens.matches(secret, DECOY_DIGEST, tokens.newest_pepper_id())
    return found


def _match_signature(
    rows: list[keyring.Row], signed: SignedRequest, call: Call
) -> tuple[keyring.Row | None, str | None]:
    """The valid version that signed the call, and how its signature was read."""
    for row, secret in signing_secrets(signed.consumer_key, rows):
        reading = signature.verify(secret, signed, call)
        if row is not None and reading:
            return row, reading
    return None, None


def signing_secrets(
    consumer_key: str, rows: list[keyring.Row]
) -> Iterator[tuple[keyring.Row | None, str]]:
    """The secrets with which the key may sign now; a retired one does not count.

    When there is none, a decoy that belongs to no row, so that trying it costs the same work.
    """
    now = timezone.now()
    tried = False
    for row in rows:
        if not row.sealed or (row.retires_at is not None and row.retires_at <= now):
            continue
        try:
            secret = tokens.unseal(consumer_key, row.sealed)
        except tokens.SealBroken:
            logger.error("The sealed secret of %s cannot be opened.", consumer_key)
            continue
        tried = True
        yield row, secret
    if not tried:
        yield None, tokens.unseal(*_decoy(tuple(settings.APIKEYS_SEALING_KEYS)))


def _in_overlap(rows: list[keyring.Row]) -> bool:
    now = timezone.now()
    return any(row.retires_at is not None and row.retires_at > now for row in rows)


@lru_cache(maxsize=2)
def _decoy(sealing_keys: tuple[str, ...]) -> tuple[str, str]:
    minted = tokens.mint()
    return minted.consumer_key, tokens.seal(minted.consumer_key, minted.secret)
