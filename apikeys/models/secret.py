"""Secrets: the versions of a key's secret, of which only a keyed digest is kept."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self, cast

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.models.known_pepper import KnownPepper
from apikeys.models.revision import Revisioned

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from apikeys.models.api_key import APIKey

MAX_OVERLAP = timedelta(days=30)
# A week without a call: even what runs only on Sundays would have been seen.
QUIET = timedelta(days=7)


class SecretQuerySet(models.QuerySet["Secret"]):
    def add(self, *, key: "APIKey", secret: str, signing: bool) -> "Secret":
        """Keep a new version: always its digest, sealed only if the key may sign."""
        pepper_id = tokens.newest_pepper_id()
        KnownPepper.objects.require(pepper_id)
        newest = self.filter(api_key=key).aggregate(models.Max("version"))["version__max"] or 0
        return self.create(
            api_key=key,
            version=newest + 1,
            digest=tokens.digest(secret, pepper_id),
            pepper_id=pepper_id,
            sealed=tokens.seal(key.consumer_key, secret) if signing else "",
        )

    def valid(self) -> Self:
        """Those that a call can be made with: current, or replaced and still in their overlap."""
        return self.filter(Q(retires_at=None) | Q(retires_at__gt=timezone.now()))

    def sealed(self) -> Self:
        """Those with which calls may be signed; in an index of their own, as they may be few."""
        return self.filter(sealed__gt="")

    def still_presented(self) -> Self:
        """Those that somebody presented after their end, and not long ago."""
        return self.filter(refused_at__gt=timezone.now() - QUIET)

    def forget_sealed(self) -> int:
        """Erase the sealed copies of retired versions: from then on they are digests only."""
        retired = self.sealed().filter(retires_at__lte=timezone.now())
        return retired.update(sealed="")


class Secret(models.Model):
    """One version. Current while ``retires_at`` is null; valid until then; afterwards a witness.

    A retired secret that is still presented means a forgotten server or a leak, so the refused
    calls are counted here and shown on the key, until none came for a week.
    """

    api_key = models.ForeignKey(
        "apikeys.APIKey",
        on_delete=models.CASCADE,
        related_name="secrets",
        verbose_name=_("API key"),
    )
    version = models.PositiveIntegerField(_("version"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    pepper_id = models.PositiveIntegerField(editable=False)
    sealed = models.TextField(blank=True, default="", editable=False)
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    retires_at = models.DateTimeField(_("retires at"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    refused_at = models.DateTimeField(
        _("last presented after retirement"), null=True, blank=True, editable=False
    )
    refused_count = models.PositiveIntegerField(
        _("times presented after retirement"), default=0, editable=False
    )

    # Set by the gate: more than one version of the key is valid at this moment.
    in_overlap = False

    objects = SecretQuerySet.as_manager()

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(fields=["api_key", "version"], name="secret_version_once"),
            models.UniqueConstraint(
                fields=["api_key"], name="secret_one_current", condition=Q(retires_at=None)
            ),
            models.CheckConstraint(
                name="secret_digest_is_whole", condition=Exact(Length("digest"), 64)
            ),
        )
        indexes = (
            models.Index(
                fields=["refused_at"],
                name="secret_refused",
                condition=Q(refused_at__isnull=False),
            ),
            # What a server asks when it starts, and whenever somebody looks whether it is ready.
            models.Index(fields=["id"], name="secret_sealed", condition=Q(sealed__gt="")),
            models.Index(fields=["pepper_id"], name="secret_of_pepper"),
            models.Index(
                fields=["date_added"], name="secret_age", condition=Q(retires_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        names = {"version": self.version, "key": self.api_key.consumer_key}
        return gettext("version %(version)s of %(key)s") % names

    def matches(self, secret: str) -> bool:
        """Whether ``secret`` is this version. Takes the same time for any answer."""
        return tokens.matches(secret, self.digest, self.pepper_id)

    def is_valid(self) -> bool:
        return self.retires_at is None or timezone.now() < self.retires_at

    def witness(self) -> None:
        """It was presented: if it was replaced it is still out there, so leave a warning."""
        if not self.is_valid():
            Secret.objects.filter(pk=self.pk).update(
                refused_at=timezone.now(), refused_count=F("refused_count") + 1
            )

    @property
    def used_at(self) -> datetime | None:
        """When this version was last used, to the minute; None when never.

        While one version is valid alone, its use is the key's use and only the key's row is
        written; while several are, each call is written to its version as well.
        """
        if self.retires_at is not None:
            return self.last_used_at
        others = self.api_key.secrets.exclude(pk=self.pk)
        alone_since = others.aggregate(models.Max("retires_at"))["retires_at__max"]
        used = self.api_key.last_used_at
        if used is None or used < max(filter(None, [alone_since, self.date_added])):
            return self.last_used_at
        return used


class Rotatable(Revisioned):
    """The deeds on a key's secrets."""

    if TYPE_CHECKING:
        consumer_key: models.CharField[str, str]
        secrets: RelatedManager[Secret]

    class Meta:
        abstract = True

    @property
    def current_secret(self) -> Secret:
        return self.secrets.get(retires_at=None)

    def secrets_in_overlap(self) -> models.QuerySet[Secret]:
        """Replaced versions that are still valid."""
        return self.secrets.filter(retires_at__gt=timezone.now())

    @property
    def signing(self) -> bool:
        """Whether the current secret may sign calls (then a sealed copy of it is kept)."""
        return self.secrets.filter(retires_at=None, sealed__gt="").exists()

    @transaction.atomic
    def rotate(
        self,
        *,
        actor: Actor,
        overlap: timedelta = timedelta(0),
        signing: bool | None = None,
        revision: int | None = None,
    ) -> str:
        """Add a new secret version and return it, which happens only this once.

        The version before stays valid for ``overlap``; with none it ends at once. ``signing``
        switches signing on or off; None keeps it as it is.
        """
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            raise ValidationError(_("The overlap is at most 30 days."), code="overlap")
        self.lock_at(revision)
        now = timezone.now()
        before = self.current_secret
        could_sign = bool(before.sealed)
        signing = could_sign if signing is None else signing
        # From now on the key's own last use may be that of another version.
        before.last_used_at = before.used_at
        before.retires_at = now + overlap
        if not overlap:
            before.sealed = ""
        before.save(update_fields=["last_used_at", "retires_at", "sealed"])
        secret = tokens.new_secret(self.consumer_key)
        version = Secret.objects.add(key=cast("APIKey", self), secret=secret, signing=signing)
        self.modified()
        self.note(
            actor,
            "rotated",
            before={"version": before.version, "signing": could_sign},
            after={
                "version": version.version,
                "signing": signing,
                "overlap_ends": before.retires_at.isoformat(),
            },
        )
        return secret

    @transaction.atomic
    def end_overlap(self, *, actor: Actor) -> int:
        """Retire every replaced secret now. Returns how many were still valid."""
        self.lock()
        now = timezone.now()
        ended = self.secrets.filter(retires_at__gt=now).update(retires_at=now, sealed="")
        if ended:
            self.modified()
            self.note(actor, "overlap ended", after={"retired": ended})
        return ended
