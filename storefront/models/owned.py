"""What every record of a shop has: its store, a public id, and who changed it."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store

PUBLIC_ID_LENGTH = 22


def new_public_id() -> str:
    """22 base62 characters (130 bits): no one can guess what another store has."""
    return tokens.random_base62(PUBLIC_ID_LENGTH)


class Owned(models.Model):
    """A record of one store. It belongs to the store, not to the key that made it."""

    change_kind: str

    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name=_("store")
    )
    public_id = models.CharField(
        _("id"), max_length=PUBLIC_ID_LENGTH, unique=True, default=new_public_id, editable=False
    )
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    date_modified = models.DateTimeField(_("date modified"), default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def lock(self) -> None:
        """Read this row again and hold it until the transaction ends.

        Raises ``DoesNotExist`` when it was deleted meanwhile.
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
        """Keep who did what to this record. Call it inside the transaction of the deed."""
        return ChangeRecord.objects.keep(
            actor,
            action,
            before=before,
            after=after,
            reason=reason,
            kind=self.change_kind,
            name=tokens.redact(str(self))[:200],
            store=self.store,
            store_public_id=self.store.public_id,
        )
