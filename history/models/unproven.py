"""Calls refused before a key was proven: merged, so that a stranger cannot fill the disk."""

from datetime import datetime, timedelta

from django.db import connections, models, router, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.denial import DenialReason
from apikeys.housekeeping import delete_in_steps
from apikeys.models import APIKey
from apikeys.total import Total
from history.models.scope import OfStoresQuerySet

ROWS_A_MINUTE = 1000
OVERFLOW = "*"
MOST_ROWS = 5000
ADVISORY_LOCK = 7261843011  # any number that nothing else on the database locks


class UnprovenCallsQuerySet(OfStoresQuerySet["UnprovenCalls"]):
    def count_one(
        self,
        *,
        at: datetime,
        answered: datetime,
        network: str,
        reason: str,
        detail: str,
        consumer_key: str,
        store_id: str,
        method: str,
        path: str,
    ) -> None:
        """Add one refused call to the row of its minute, network, reason and named key.

        At most ``ROWS_A_MINUTE`` rows a minute are made; what comes on top is counted in one.
        """
        minute = at.replace(second=0, microsecond=0)
        row = {"minute": minute, "network": network, "reason": reason, "consumer_key": consumer_key}
        overflow = {"minute": minute, "network": OVERFLOW, "reason": "", "consumer_key": ""}
        # Once there is an overflow row the minute is full: what a flood sends then must cost
        # neither the count of the rows nor a place in the queue.
        newest: dict[str, object] = {"date_modified": answered, "detail": detail}
        rest: dict[str, object] = {"date_modified": answered}
        if self._add_to(row, newest) or self._add_to(overflow, rest):
            return
        first = {
            **row,
            "count": 1,
            "detail": detail,
            "date_added": at,
            "date_modified": answered,
            "store_id": store_id,
            "method": method,
            "path": path,
        }
        with transaction.atomic(using=self.db):
            self._queue()
            if self._add_to(row, newest) or self._add_to(overflow, rest):
                return
            if self.filter(minute=minute).count() >= ROWS_A_MINUTE:
                blank = {"detail": "", "store_id": "", "method": "", "path": ""}
                first |= {**overflow, **blank}
            self.create(**first)

    def _add_to(self, row: dict[str, object], newest: dict[str, object]) -> bool:
        return bool(self.filter(**row).update(count=F("count") + 1, **newest))

    def _queue(self) -> None:
        """One at a time, so that rows are counted exactly; only the first of a row comes here.

        SQLite's transactions hold the one write lock anyway.
        """
        connection = connections[router.db_for_write(UnprovenCalls)]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])

    def of_key(self, key: APIKey) -> "UnprovenCallsQuerySet":
        return self.filter(consumer_key=key.consumer_key)

    def total(self) -> int:
        """How many calls the rows stand for."""
        return self.aggregate(total=Sum("count"))["total"] or 0

    def outdated(self, older_than: datetime) -> "UnprovenCallsQuerySet":
        """The rows of minutes that ended before this moment, the oldest first."""
        ended = older_than - timedelta(minutes=1)
        return self.filter(minute__lte=ended).order_by("minute", "pk")

    def recent(self, days: int = 7) -> Total:
        """How many calls of the last days the rows stand for, without reading very many rows."""
        since = timezone.now() - timedelta(days=days)
        rows = self.filter(minute__gte=since).order_by("-minute")
        counts = list(rows.values_list("count", flat=True)[: MOST_ROWS + 1])
        return Total(sum(counts[:MOST_ROWS]), is_least=len(counts) > MOST_ROWS)

    def prune(self, older_than: datetime) -> int:
        """Delete the rows of minutes that ended before this moment; returns how many."""
        return delete_in_steps(self.outdated(older_than))


class UnprovenCalls(models.Model):
    """So many calls in one minute from one network, refused for one reason.

    ``network`` is an IPv4 address or an IPv6 /64, blank when there was no valid address, and ``*``
    in the row that counts what came on top. ``consumer_key`` is that of an existing key which was
    named without proof, and ``store_id`` is its Store ID; else both are blank. ``path`` is the
    first one, without its query; ``detail`` is that of the newest one, as whoever mends a caller
    looks at what is still wrong.
    """

    minute = models.DateTimeField(_("minute"))
    network = models.CharField(_("network"), max_length=43, blank=True)
    reason = models.CharField(_("reason"), max_length=24, blank=True)
    consumer_key = models.CharField(_("named key"), max_length=64, blank=True)
    store_id = models.CharField(_("Store ID"), max_length=44, blank=True, default="", db_default="")
    count = models.PositiveBigIntegerField(_("count"))
    date_added = models.DateTimeField(_("date added"))
    date_modified = models.DateTimeField(_("date modified"))
    method = models.CharField(_("method"), max_length=16, blank=True)
    path = models.CharField(_("first path"), max_length=300, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True, default="", db_default="")

    objects = UnprovenCallsQuerySet.as_manager()

    class Meta:
        verbose_name = _("unproven calls")
        verbose_name_plural = _("unproven calls")
        ordering = ("-minute", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["minute", "network", "reason", "consumer_key"], name="unproven_merged"
            ),
            models.CheckConstraint(name="unproven_counts", condition=Q(count__gte=1)),
        )
        indexes = (
            models.Index(fields=["consumer_key", "-minute", "-id"], name="unproven_by_key"),
            models.Index(fields=["store_id", "-minute", "-id"], name="unproven_of_store"),
            models.Index(fields=["network", "-minute", "-id"], name="unproven_by_network"),
            models.Index(fields=["reason", "-minute", "-id"], name="unproven_by_reason"),
        )

    def __str__(self) -> str:
        return f"{self.count}, {self.network}: {self.reason_text}"

    @property
    def reason_text(self) -> str:
        """The denial reason in words; blank in the row that counts what came on top."""
        return DenialReason.in_words(self.reason)
