"""The secrets of webhooks: made here or chosen elsewhere, sealed, replaced with an overlap."""

import secrets
from base64 import b64encode
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.actor import Actor
from storefront.models.owned import Owned

SECRET_BYTES: Final = 32
SHORTEST_SECRET: Final = 16
FEWEST_CHARACTERS: Final = 6
LONGEST_SECRET: Final = 128
OVERLAP: Final = timedelta(hours=24)


def new_secret() -> str:
    """256 random bits in the spelling of Standard Webhooks."""
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def validate_secret(secret: str) -> None:
    """Validator: refuse a secret that can be guessed, or that no header could carry."""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValidationError(_("Use visible ASCII characters only."), code="not_plain")
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise ValidationError(
            _("A secret has between %(least)d and %(most)d characters."),
            code="length",
            params={"least": SHORTEST_SECRET, "most": LONGEST_SECRET},
        )
    if len(set(secret)) < FEWEST_CHARACTERS:
        raise ValidationError(_("This secret is too easy to guess."), code="weak")


class Signing(Owned):
    """The secrets that deliveries are signed with."""

    sealed = models.TextField(editable=False)
    # The secret before the last rotation: signs beside the new one until its time is over.
    former_sealed = models.TextField(blank=True, default="", editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def keep_secret(self, secret: str) -> None:
        """Seal a secret as the one to sign with."""
        try:
            validate_secret(secret)
        except ValidationError as error:
            raise ValidationError({"secret": error}) from error
        self.sealed = tokens.seal(self._seal_name, secret)

    def signing_secrets(self) -> list[str]:
        """The secrets to sign with: the current one, and the one before while it still counts.

        Raises ``SealBroken`` when the current one cannot be opened, or was deleted.
        """
        known = [tokens.unseal(self._seal_name, self.sealed)]
        if self.former_until is not None and timezone.now() < self.former_until:
            with suppress(tokens.SealBroken):
                known.append(tokens.unseal(self._seal_name, self.former_sealed))
        return known

    def signs_with(self, secret: str) -> bool:
        """Whether this is the current secret."""
        try:
            return secret == self.signing_secrets()[0]
        except tokens.SealBroken:
            return False

    def replace_secret(self, secret: str, *, overlap: timedelta = OVERLAP) -> datetime:
        """Sign with another secret, and beside it with the one before until the returned moment."""
        ends = timezone.now() + overlap
        self.former_sealed, self.former_until = self.sealed, ends
        self.keep_secret(secret)
        return ends

    @transaction.atomic
    def rotate(self, *, actor: Actor, overlap: timedelta = OVERLAP) -> str:
        """Make a new secret and return it, which happens only this once.

        For ``overlap`` deliveries carry a signature with each of the two.
        """
        self.lock()
        secret = new_secret()
        ends = self.replace_secret(secret, overlap=overlap)
        self.modified("sealed", "former_sealed", "former_until")
        self.note(actor, "rotated", after={"overlap_ends": ends.isoformat()})
        return secret

    @property
    def _seal_name(self) -> str:
        return f"webhook {self.public_id}"
