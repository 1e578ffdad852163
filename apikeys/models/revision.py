"""Revisions: a form that was opened before a newer change cannot undo it."""

from django.db import models

from apikeys.models.changeable import Changeable


class StaleRevision(Exception):
    """The key was changed after the form or document that asks for this change was made."""


class Revisioned(Changeable):
    """A record that counts its changes, so that a change can name the one it was made upon."""

    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def lock_at(self, revision: int | None) -> None:
        """Lock the row; refuse when it is newer than the form that asks."""
        self.lock()
        if revision is not None and revision != self.revision:
            raise StaleRevision(str(self))

    def modified(self, *fields: str) -> None:
        """Save the named fields as the next revision."""
        self.revision += 1
        super().modified("revision", *fields)
