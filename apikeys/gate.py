"""The gate: the one decision about a call, whoever asks for it."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys import client_ip, credentials, ratelimit, signature, tokens
from apikeys.call import Call
from apikeys.credentials import Credential
from apikeys.denial import DenialReason, Denied
from apikeys.mention import named_by
from apikeys.models import APIKey, APIUser, KnownPepper, Secret, SpentNonce, Status
from apikeys.networks import merge_network
from apikeys.proof import prove
from apikeys.ratelimit import Verdict
from apikeys.rules import RULES, Facts

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
        if credential is None:
            denied.named = named_by(call)
        raise limited(denied, call, credential.consumer_key if credential else "") from denied
    try:
        _spend(credential, secret)
        secret.witness()
        facts = Facts.of_call(secret, call)
        for _name, rule in RULES:
            rule(facts)
        rate = _take(secret.api_key)
        _touch(credential, secret)
    except Denied as denied:
        denied.api_key = secret.api_key
        raise
    return Admission(secret, rate, collapsed=reading == signature.COLLAPSED)


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
    over: list[int] = []
    for subject in subjects:
        # What the address is held off for uses up nothing of the key: of two attempts at once the
        # one over the first limit would push the other one over the second.
        verdict = ratelimit.hit_failure(subject, count=not over)
        if verdict and not verdict.allowed:
            over.append(verdict.reset)
    if not over:
        return denied
    too_many = Denied(
        DenialReason.RATE,
        _("too many failed attempts; this one: %(code)s, %(detail)s")
        % {"code": denied.reason.value, "detail": denied.detail},
        retry_after=max(over),
    )
    too_many.named = denied.named
    return too_many


def _spend(credential: Credential, secret: Secret) -> None:
    """Accept a signed call once, and only near the server's time. Unsigned calls pass."""
    signed = credential.signed
    if signed is None:
        return
    signature.check_timestamp(signed)
    if not SpentNonce.objects.spend(
        consumer_key=secret.api_key.consumer_key, timestamp=signed.timestamp, nonce=signed.nonce
    ):
        raise Denied(DenialReason.REPLAYED, _("the nonce was used before with this timestamp"))


def _take(key: APIKey) -> Verdict | None:
    rate = ratelimit.of_key(key.rate_limit)
    if rate is None:
        return None
    verdict = ratelimit.hit_key(key.consumer_key, rate)
    if not verdict.allowed:
        denied = Denied(
            DenialReason.RATE,
            _("the limit of %(amount)s in %(seconds)s s is used up")
            % {"amount": rate.amount, "seconds": rate.seconds},
            retry_after=verdict.reset,
        )
        denied.rate = verdict
        raise denied
    return verdict


def _touch(credential: Credential, secret: Secret) -> None:
    """Note when the key was last used, at most once a minute, and move to the newest pepper.

    The version's own row is written only while several versions are valid (see ``Secret.used_at``).
    """
    key, now = secret.api_key, timezone.now()
    last = key.last_used_at
    due = last is None or now - last >= TOUCH_EVERY or last < secret.date_added
    # Decided by the row itself: the deed that disables unused keys either sees this use, or was
    # first, and then the call is refused instead of being the last one that was let in.
    enabled = APIKey.objects.filter(pk=key.pk, status=Status.ENABLED)
    if due and not enabled.update(last_used_at=now):
        raise Denied(DenialReason.KEY_DISABLED, _("disabled while the call was judged"))
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
