"""Enabled or disabled, since when, and the two deeds that switch it."""

from typing import ClassVar

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models.changeable import Changeable


class Status(models.TextChoices):
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")


class Switchable(Changeable):
    """A record that can be switched off at once and on again; both deeds are kept as changes."""

    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ENABLED)
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="%(class)s_disabled_at_follows_status",
                condition=Q(status=Status.ENABLED, disabled_at=None)
                | Q(status=Status.DISABLED, disabled_at__isnull=False),
            ),
        )

    @property
    def is_enabled(self) -> bool:
        return self.status == Status.ENABLED

    def disable(self, *, actor: Actor, reason: str = "") -> bool:
        """Refuse every call that begins from now on. Disabling twice keeps the first moment.

        Returns whether anything changed.
        """
        return self._switch(Status.DISABLED, actor=actor, reason=reason)

    def enable(self, *, actor: Actor, reason: str = "") -> bool:
        """Let calls in again. Returns whether anything changed."""
        return self._switch(Status.ENABLED, actor=actor, reason=reason)

    @transaction.atomic
    def _switch(self, status: Status, *, actor: Actor, reason: str) -> bool:
        self.lock()
        if self.status == status:
            return False
        before, self.status = self.status, status
        self.disabled_at = timezone.now() if status == Status.DISABLED else None
        self.modified("status", "disabled_at")
        self.note(
            actor, str(status), before={"status": before}, after={"status": status}, reason=reason
        )
        return True
