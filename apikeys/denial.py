"""Why a call was refused: one closed list of reasons, one exception."""

from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from apikeys.models import APIKey
    from apikeys.ratelimit import Verdict


class DenialReason(models.TextChoices):
    """The value is the code that callers and history see; the label is what the caller is told.

    Before the secret is proven the labels say nothing about the key; afterwards exactly why.
    """

    MISSING = "missing_credentials", _("An API key is required.")
    MALFORMED = "malformed_credentials", _("The credential could not be read.")
    AMBIGUOUS = "ambiguous_credentials", _("Send one credential.")
    INSECURE = "insecure_transport", _("Use https, or sign the request.")
    INVALID = "invalid_credentials", _("The key or secret is not valid.")
    STALE = "stale_timestamp", _("The timestamp is too far from the server's time.")
    REPLAYED = "replayed_nonce", _("This signed request was already used.")
    KEY_DISABLED = "key_disabled", _("The key is disabled.")
    USER_DISABLED = "user_disabled", _("The API user is disabled.")
    STORE_DISABLED = "store_disabled", _("The store is disabled.")
    KEY_EXPIRED = "key_expired", _("The key has expired.")
    SECRET_RETIRED = "secret_retired", _("This secret was replaced by a newer one.")
    IP = "ip_not_allowed", _("This address may not use the key.")
    METHOD = "method_not_permitted", _("The key's permission level does not cover this method.")
    RESOURCE = "resource_not_permitted", _("The key may not use this resource.")
    STORE = "store_not_permitted", _("The key may not use this store.")
    CART = "cart_not_permitted", _("The cart key is not valid for this cart.")
    TRANSFER = "transfer_refused", _("This link is not valid any more.")
    RATE = "rate_limited", _("Limit reached, retry later.")
    HISTORY = "history_unavailable", _("Temporarily unavailable.")

    @property
    def status(self) -> int:
        """The HTTP status: 401 who are you, 403 not allowed, 429 slow down, 503 not recorded."""
        if self in FORBIDDEN:
            return 403
        return {DenialReason.RATE: 429, DenialReason.HISTORY: 503}.get(self, 401)

    @classmethod
    def in_words(cls, code: str) -> str:
        """The label of a reason that was recorded; any other text as it is."""
        return str(cls(code).label) if code in cls else code

    @property
    def proven(self) -> bool:
        """Whether this reason is only ever given to a caller that proved its secret."""
        return self not in UNPROVEN


FORBIDDEN = frozenset(
    {
        DenialReason.IP,
        DenialReason.METHOD,
        DenialReason.RESOURCE,
        DenialReason.STORE,
        DenialReason.CART,
        DenialReason.TRANSFER,
    }
)
UNPROVEN = frozenset(
    {
        DenialReason.MISSING,
        DenialReason.MALFORMED,
        DenialReason.AMBIGUOUS,
        DenialReason.INSECURE,
        DenialReason.INVALID,
    }
)


class Named(NamedTuple):
    """An existing key that a call named without proving it, and the Store ID of its store."""

    consumer_key: str
    store_id: str


NOBODY: Final = Named("", "")


class Denied(Exception):
    """A call was refused, for exactly one reason.

    ``detail`` is for the operator only and never reaches the caller; ``retry_after`` is whole
    seconds and goes into the answer's ``Retry-After``. The gate adds ``api_key`` once the secret
    is proven, and before that in ``named`` the existing key that was named.
    """

    api_key: "APIKey | None" = None
    named: Named = NOBODY
    rate: "Verdict | None" = None

    def __init__(
        self, reason: DenialReason, detail: str = "", *, retry_after: int | None = None
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
