"""The lease that lets one worker work at a time, whatever host it runs on."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

THE_ONE: Final = 1
LASTING: Final = timedelta(seconds=15)
PATIENCE: Final = timedelta(seconds=30)
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class WorkerLeaseQuerySet(models.QuerySet["WorkerLease"]):
    def take(self, holder: str, *, lasting: timedelta = LASTING) -> bool:
        """Take the lease or keep it for longer; False when another worker holds it.

        One UPDATE decides, by the database's clock, which all hosts share.
        """
        free = self.filter(Q(holder=holder) | Q(expires_at__lte=Now()), pk=THE_ONE)
        values = {"holder": holder, "expires_at": Now() + lasting}
        if free.update(**values):
            return True
        if self.exists():
            return False
        self.bulk_create([WorkerLease(pk=THE_ONE)], ignore_conflicts=True)
        return bool(free.update(**values))

    def release(self, holder: str) -> None:
        """Let another worker begin at once. Does nothing to a lease that is not ours."""
        self.filter(pk=THE_ONE, holder=holder).update(holder="", expires_at=LONG_AGO)

    def ask(self) -> None:
        """Ask the worker that holds the lease to step aside for one round of somebody else."""
        self.filter(pk=THE_ONE).update(wanted_at=Now())

    def stop_asking(self) -> None:
        self.filter(pk=THE_ONE).update(wanted_at=None)

    def is_wanted(self) -> bool:
        """Whether somebody asked, and not so long ago that they must have given up."""
        return self.filter(pk=THE_ONE, wanted_at__gt=Now() - PATIENCE).exists()


class WorkerLease(models.Model):
    """Which worker works. There is one row, held until ``expires_at``."""

    holder = models.CharField(_("holder"), max_length=120, blank=True)
    expires_at = models.DateTimeField(_("expires at"), default=LONG_AGO)
    wanted_at = models.DateTimeField(_("wanted at"), null=True, blank=True)

    objects = WorkerLeaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("worker lease")
        constraints = (models.CheckConstraint(name="workerlease_is_one", condition=Q(pk=THE_ONE)),)

    def __str__(self) -> str:
        return self.holder or gettext("nobody")
