"""The gate: the one decision about a call, whoever asks for it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from apikeys import client_ip, credentials, keyring, ratelimit, signature, tokens
from apikeys.call import Call
from apikeys.credentials import Credential
from apikeys.denial import DenialReason, Denied
from apikeys.models import APIKey, APIUser, KnownPepper, Secret, SpentNonce, Status
from apikeys.networks import merge_network
from apikeys.ratelimit import Verdict
from apikeys.rules import RULES, Facts
from apikeys.signature import SignedRequest

logger = logging.getLogger(__name__)

TOUCH_EVERY = timedelta(minutes=1)
COUNTED_FAILURES = frozenset(
    {
        DenialReason.INVALID,
        DenialReason.MALFORMED,
        DenialReason.AMBIGUOUS,
        # A session-transfer link that nobody vouches for.
        DenialReason.TRANSFER,
    }
)
DECOY_DIGEST = "0" * 64
UNSIGNED_KEY = (
    "signed, but this key was issued without signing: rotate it with signing on, or send the key "
    "and secret over https"
)


@dataclass(frozen=True, slots=True)
class Admission:
    """A call was let in: with which key, and what is left of its limit."""

    secret: Secret
    rate: Verdict | None
    collapsed: bool
    """The signature covered only the last of repeated parameters: read them last-wins."""

    @property
    def api_key(self) -> APIKey:
        return self.secret.api_key

    @property
    def api_user(self) -> APIUser:
        return self.secret.api_key.api_user


def admit(call: Call) -> Admission:
    """Let the call in, or raise ``Denied`` with the one reason.

    In order: read, find, prove; then status, time, address, level, resource, store, limit. Until
    the secret is proven every refusal reads the same; afterwards the caller owns the key and is
    told exactly why it may not be used.
    """
    credential: Credential | None = None
    try:
        credential = credentials.read(call)
        secret, reading = prove(credential, call)
    except Denied as denied:
        raise limited(denied, call, credential.consumer_key if credential else "") from denied
    try:
        _spend(credential, secret)
        _witness(secret)
        facts = Facts.of_call(secret, call)
        for _name, rule in RULES:
            rule(facts)
        rate = _take(secret.api_key)
        _touch(credential, secret)
    except Denied as denied:
        denied.api_key = secret.api_key
        raise
    return Admission(secret, rate, collapsed=reading == signature.COLLAPSED)


def prove(credential: Credential, call: Call) -> tuple[Secret, str | None]:
    """The secret version that the credential proves, and how its signature was read.

    A key that does not exist costs the same work as one whose secret is wrong: the same query
    and, against a decoy, the same digest or signature.
    """
    rows = keyring.find(credential.consumer_key)
    found: keyring.Row | None = None
    reading: str | None = None
    detail = "unknown key" if not rows else "wrong secret"
    if credential.secret is not None:
        found = _match(rows, credential.secret)
    if credential.signed is not None and (found or credential.secret is None):
        signer, reading = _match_signature(rows, credential.signed, call)
        if rows and signer is None:
            detail = "bad signature" if any(row.sealed for row in rows) else UNSIGNED_KEY
        found = signer
    if found is not None:
        secret = found.load()
        names = (secret.api_key.consumer_key, secret.api_key.api_user.username)
        if all(principal in names for principal in credential.principals):
            secret.in_overlap = _in_overlap(rows)
            return secret, reading
        detail = "the user name beside the secret is not this key's"
    denied = Denied(DenialReason.INVALID, detail)
    denied.named = credential.consumer_key if rows else ""
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


def limited(denied: Denied, call: Call, claimed: str) -> Denied:
    """Count a failed attempt of its address and on the key it names; too many read as 429.

    Only the unproven are counted and only they are held off, so nobody can lock out the holder
    of the right secret. The key is counted by its name whether it exists or not.
    """
    if denied.reason not in COUNTED_FAILURES:
        return denied
    address = client_ip.client_address(call).ip
    subjects = [f"address:{merge_network(address) if address else 'unknown'}"]
    if claimed:
        subjects.append(f"key:{claimed}")
    verdicts = [ratelimit.hit_failure(subject) for subject in subjects]
    over = [verdict.reset for verdict in verdicts if verdict and not verdict.allowed]
    if not over:
        return denied
    limited = Denied(
        DenialReason.RATE,
        f"too many failed attempts; this one: {denied.reason.value} {denied.detail}".strip(),
        retry_after=max(over),
    )
    limited.named = denied.named
    return limited


def _spend(credential: Credential, secret: Secret) -> None:
    """Accept a signed call once, and only near the server's time. Unsigned calls pass."""
    signed = credential.signed
    if signed is None:
        return
    signature.check_timestamp(signed)
    if not SpentNonce.objects.spend(
        consumer_key=secret.api_key.consumer_key, timestamp=signed.timestamp, nonce=signed.nonce
    ):
        raise Denied(DenialReason.REPLAYED, "the nonce was used before with this timestamp")


def _witness(secret: Secret) -> None:
    """A secret that was replaced is still out there: leave a warning on the key."""
    if not secret.is_valid():
        Secret.objects.filter(pk=secret.pk).update(
            refused_at=timezone.now(), refused_count=F("refused_count") + 1
        )


def _take(key: APIKey) -> Verdict | None:
    rate = ratelimit.of_key(key.rate_limit)
    if rate is None:
        return None
    verdict = ratelimit.hit_key(key.consumer_key, rate)
    if not verdict.allowed:
        denied = Denied(
            DenialReason.RATE,
            f"{rate.amount} calls in {rate.seconds} s were used up",
            retry_after=verdict.reset,
        )
        denied.rate = verdict
        raise denied
    return verdict


def _touch(credential: Credential, secret: Secret) -> None:
    """Keep when the key was last used, at most once a minute, and move to the newest pepper.

    The version's own row is written only while several versions are valid (see ``Secret.used_at``).
    """
    key, now = secret.api_key, timezone.now()
    last = key.last_used_at
    due = last is None or now - last >= TOUCH_EVERY or last < secret.date_added
    # Decided by the row itself: the deed that disables unused keys either sees this use, or was
    # first, and then the call is refused instead of being the last one that was let in.
    enabled = APIKey.objects.filter(pk=key.pk, status=Status.ENABLED)
    if due and not enabled.update(last_used_at=now):
        raise Denied(DenialReason.KEY_DISABLED, "disabled while the call was judged")
    if secret.in_overlap and (not secret.last_used_at or now - secret.last_used_at >= TOUCH_EVERY):
        Secret.objects.filter(pk=secret.pk).update(last_used_at=now)
    newest = tokens.newest_pepper_id()
    if (
        credential.secret is not None
        and secret.pepper_id != newest
        and KnownPepper.objects.is_known(newest)
    ):
        Secret.objects.filter(pk=secret.pk, pepper_id=secret.pepper_id).update(
            digest=tokens.digest(credential.secret, newest), pepper_id=newest
        )
