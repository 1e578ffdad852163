"""Which peppers this database was filled with, so that another one in their place is noticed."""

from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.translation import gettext_lazy as _

from apikeys import tokens

SENTINEL: Final = "which pepper is this?"


class KnownPepperQuerySet(models.QuerySet["KnownPepper"]):
    def is_known(self, pepper_id: int) -> bool:
        """Whether this number means the pepper that it always meant; a new one is noted."""
        digest = tokens.digest(SENTINEL, pepper_id)
        known, _made = self.get_or_create(pepper_id=pepper_id, defaults={"digest": digest})
        return known.is_in_place

    def require(self, pepper_id: int) -> None:
        """Nothing may be kept under a pepper that is not the one that others are kept under."""
        if not self.is_known(pepper_id):
            raise ImproperlyConfigured(
                f"Pepper {pepper_id} in APIKEYS_PEPPERS is not the one this database knows: put "
                "that one back, or give the new one a number that was never used."
            )


class KnownPepper(models.Model):
    """That a pepper was used: the digest of a text that everybody knows.

    Whoever has stolen the database could check a guess of the pepper with it, as they could with
    the digest of a key of their own; a pepper has 256 random bits, so there is nothing to guess.
    The text is no secret by its form, so this digest proves no call.
    """

    pepper_id = models.PositiveIntegerField(primary_key=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)

    objects = KnownPepperQuerySet.as_manager()

    class Meta:
        verbose_name = _("known pepper")
        verbose_name_plural = _("known peppers")

    def __str__(self) -> str:
        return f"pepper {self.pepper_id}"

    @property
    def is_in_place(self) -> bool:
        """Whether the settings hold this very pepper under its number."""
        return tokens.matches(SENTINEL, self.digest, self.pepper_id)
