"""Roll-ups: how many calls a day, so that no page has to count the calls themselves."""

from datetime import date
from typing import Final, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apikeys.housekeeping import delete_in_steps
from history.models.scope import OfStoresQuerySet

THE_ONE: Final = 1
Row = TypeVar("Row", bound=models.Model)


class RollUp(models.Model):
    """How far the calls are counted: every one up to this id, and none beyond.

    ``time_zone`` says whose days were counted. There is one row.
    """

    upto = models.BigIntegerField(_("counted up to call"), default=0)
    time_zone = models.CharField(_("time zone"), max_length=64)
    date_modified = models.DateTimeField(_("date modified"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("progress of counting")
        constraints = (models.CheckConstraint(name="rollup_is_one_row", condition=Q(pk=THE_ONE)),)

    def __str__(self) -> str:
        return str(self.upto)


class DailyQuerySet(OfStoresQuerySet[Row]):
    def prune(self, before: date) -> int:
        """Delete the days before this one; returns how many rows went."""
        return delete_in_steps(self.filter(day__lt=before).order_by("day", "pk"))


class Daily(models.Model):
    """What was counted on one day in one store; ``store_id`` is a copy of the Store ID."""

    day = models.DateField(_("day"))
    store_id = models.CharField(_("Store ID"), max_length=44)

    class Meta:
        abstract = True


class DailyCalls(Daily):
    """The calls of one key."""

    key_id = models.BigIntegerField(_("API key"))
    allowed = models.PositiveBigIntegerField(_("calls"), default=0)
    denied = models.PositiveBigIntegerField(_("denials"), default=0)

    objects = DailyQuerySet["DailyCalls"].as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("calls by key and day")
        constraints = (
            models.UniqueConstraint(
                fields=["key_id", "day", "store_id"], name="dailycalls_once_per_key_and_day"
            ),
        )
        indexes = (
            models.Index(fields=["day"], name="dailycalls_day"),
            models.Index(fields=["store_id", "-day", "-id"], name="dailycalls_of_store"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.key_id}: {self.allowed} / {self.denied}"


class DailyReasons(Daily):
    """The calls of one store that ended for one reason, blank for those that were let in."""

    reason = models.CharField(_("reason"), max_length=24, blank=True)
    count = models.PositiveBigIntegerField(_("count"), default=0)

    objects = DailyQuerySet["DailyReasons"].as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("calls by reason and day")
        constraints = (
            models.UniqueConstraint(
                fields=["day", "store_id", "reason"], name="dailyreasons_once_per_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.store_id} {self.reason}: {self.count}"
