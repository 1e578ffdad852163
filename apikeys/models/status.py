"""Enabled or disabled, since when, and the two deeds that switch it."""

from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models.change import ChangeRecord


class Status(models.TextChoices):
    ENABLED = "enabled", _("Enabled")
    DISABLED = "disabled", _("Disabled")


class Switchable(models.Model):
    """A record that can be switched off at once and on again; both deeds are kept as changes."""

    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ENABLED)
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True, editable=False)
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    date_modified = models.DateTimeField(_("date modified"), default=timezone.now, editable=False)

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

    def change_references(self) -> dict[str, Any]:
        """The references and copied names that a change record of this object carries."""
        raise NotImplementedError

    def lock(self) -> None:
        """Read this row again and hold it until the transaction ends.

        Raises ``DoesNotExist`` when it was deleted meanwhile. On SQLite every transaction
        holds the one write lock from its start, so the plain read is enough there.
        """
        self.refresh_from_db(from_queryset=type(self)._default_manager.select_for_update())

    def note(
        self,
        actor: Actor,
        action: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> ChangeRecord:
        """Keep who did what to this object. Call it inside the transaction of the deed."""
        return ChangeRecord.objects.keep(
            actor, action, before=before, after=after, reason=reason, **self.change_references()
        )

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
        before, now = self.status, timezone.now()
        self.status = status
        self.disabled_at = now if status == Status.DISABLED else None
        self.date_modified = now
        self.save(update_fields=["status", "disabled_at", "date_modified", *self.touched_fields()])
        self.note(
            actor, str(status), before={"status": before}, after={"status": status}, reason=reason
        )
        return True

    def touched_fields(self) -> list[str]:
        """Further fields that a switch moves; a subclass that counts revisions says so here."""
        return []
