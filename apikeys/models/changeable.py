"""Records that people change: under a lock, and never without a change record."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models.change import ChangeRecord, ChangeRecordQuerySet


class Changeable(models.Model):
    """A record whose deeds lock it, save only what they change, and keep who did what."""

    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    date_modified = models.DateTimeField(_("date modified"), default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def snapshot(self) -> dict[str, Any]:
        """The values that change records compare, by name: never a secret, never a digest."""
        raise NotImplementedError

    def change_references(self) -> dict[str, Any]:
        """The references and copied names that a change record of this object carries."""
        raise NotImplementedError

    def lock(self) -> None:
        """Read this row again and hold it until the transaction ends.

        Raises ``DoesNotExist`` when it was deleted meanwhile. On SQLite every transaction
        holds the one write lock from its start, so the plain read is enough there.
        """
        self.refresh_from_db(from_queryset=type(self)._default_manager.select_for_update())

    def modified(self, *fields: str) -> None:
        """Save the named fields, and when that was."""
        self.date_modified = timezone.now()
        self.save(update_fields=[*fields, "date_modified"])

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

    def changes(self) -> ChangeRecordQuerySet:
        """What was done to this object under its present name, newest first."""
        references = self.change_references()
        asked = {name: references[name] for name in ("kind", "name", "store")}
        return ChangeRecord.objects.filter(**asked).order_by("-date_added", "-pk")

    def _set(self, fields: dict[str, Any], *, actor: Actor) -> bool:
        """Give fields of the snapshot new values, once locked. Returns whether anything changed.

        Raises ``ValidationError`` when a value does not fit.
        """
        before = self.snapshot()
        if unknown := fields.keys() - before.keys():
            raise TypeError(f"{self._meta.label} has no changeable {', '.join(sorted(unknown))}.")
        for name, value in fields.items():
            setattr(self, name, value)
        self.full_clean()
        old, new = self._changes_since(before)
        if not new:
            return False
        self.modified(*new)
        self.note(actor, "changed", before=old, after=new)
        return True

    def _changes_since(self, before: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Of an earlier snapshot and of what it is now, the values that differ."""
        now = self.snapshot()
        changed = [name for name in before if before[name] != now[name]]
        return {name: before[name] for name in changed}, {name: now[name] for name in changed}
