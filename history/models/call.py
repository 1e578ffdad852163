"""Call records: one decision on a proven key each, written once and never edited."""

from collections.abc import Iterator
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apikeys.denial import DenialReason
from apikeys.housekeeping import delete_in_steps
from apikeys.models import APIKey
from history.models.scope import OfStoresQuerySet
from history.position import Position


class Outcome(models.TextChoices):
    ALLOWED = "allowed", _("Allowed")
    DENIED = "denied", _("Denied")


class CallRecordQuerySet(OfStoresQuerySet["CallRecord"]):
    def from_network(self, network: str) -> Self:
        """The calls from a canonical network; from a single address by index."""
        ip = single_address(network)
        return self.filter(ip__within=network) if ip is None else self.filter(ip=ip)

    def led_by_network(self, network: str) -> Self:
        """The same, looked up by the addresses and in no order."""
        ip = single_address(network)
        return self.filter(ip__led_by_within=network) if ip is None else self.filter(ip=ip)

    def of_key(self, key: APIKey) -> "CallRecordQuerySet":
        """The calls of one key, newest first."""
        return self.filter(key_id=key.pk).order_by("-date_added", "-pk")

    # A page begins and ends at a position, the time and the id of a call; several can have come
    # at the same time. The first condition of each pair is what the index answers.

    def below(self, position: Position) -> Self:
        """Those below this one when the newest is on top."""
        later = Q(date_added__lt=position.date_added) | Q(pk__lt=position.pk)
        return self.filter(later, date_added__lte=position.date_added)

    def above(self, position: Position) -> Self:
        """Those above this one when the newest is on top."""
        earlier = Q(date_added__gt=position.date_added) | Q(pk__gt=position.pk)
        return self.filter(earlier, date_added__gte=position.date_added)

    def down_to(self, position: Position) -> Self:
        """This one and those above it."""
        later = Q(date_added__gt=position.date_added) | Q(pk__gte=position.pk)
        return self.filter(later, date_added__gte=position.date_added)

    def up_to(self, position: Position) -> Self:
        """This one and those below it."""
        earlier = Q(date_added__lt=position.date_added) | Q(pk__lte=position.pk)
        return self.filter(earlier, date_added__lte=position.date_added)

    def walk(self, batch: int = 1000, *, until: datetime | None = None) -> Iterator["CallRecord"]:
        """All of them, newest first, in short statements and with little memory.

        Neither a transaction nor a cursor is held between the batches, so that a slow reader
        holds nothing up. Calls that come in meanwhile are not part of the walk. Say here from
        where it begins: of two conditions on the end of a period, SQLite may walk from the wrong
        one, again in every batch.
        """
        remaining = self.order_by("-date_added", "-pk")
        first = remaining if until is None else remaining.filter(date_added__lt=until)
        records = list(first[:batch])
        while records:
            yield from records
            if len(records) < batch:
                return
            records = list(remaining.below(records[-1].position)[:batch])

    def outdated(self, older_than: datetime) -> Self:
        """Those that came before this moment, the oldest first."""
        return self.filter(date_added__lt=older_than).order_by("date_added", "pk")

    def prune(self, older_than: datetime) -> int:
        """Delete the calls that came before this moment; returns how many."""
        return delete_in_steps(self.outdated(older_than))


def single_address(network: str) -> str | None:
    """The only address of a canonical network; None when it has several."""
    ip = network.removesuffix("/128" if ":" in network else "/32")
    return None if "/" in ip else ip


class CallRecord(models.Model):
    """One call: who, what, from where, let in or refused and why.

    No foreign keys: copies of the names keep a row readable after its key is deleted, and nothing
    ever has to update one. ``path`` has no query; credentials are cut out of every text.
    """

    date_added = models.DateTimeField(_("date added"))
    date_modified = models.DateTimeField(_("date modified"))
    key_id = models.BigIntegerField(_("API key"))
    consumer_key = models.CharField(_("consumer key"), max_length=64)
    username = models.CharField(_("API username"), max_length=64)
    store_id = models.CharField(_("Store ID"), max_length=44)
    outcome = models.CharField(_("result"), max_length=7, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=24, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    ip = models.GenericIPAddressField(_("IP Address"), null=True, blank=True)
    method = models.CharField(_("method"), max_length=16)
    path = models.CharField(_("path"), max_length=300)
    status = models.PositiveSmallIntegerField(_("status"))
    scheme = models.CharField(_("scheme"), max_length=5)
    duration_ms = models.PositiveIntegerField(_("duration in ms"))
    request_id = models.CharField(_("request id"), max_length=64)
    user_agent = models.CharField(_("user agent"), max_length=200, blank=True)

    objects = CallRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("call record")
        verbose_name_plural = _("call records")
        ordering = ("-date_added", "-pk")
        constraints = (
            models.CheckConstraint(
                name="callrecord_reason_follows_outcome",
                condition=Q(outcome=Outcome.ALLOWED, reason="")
                | (Q(outcome=Outcome.DENIED) & ~Q(reason="")),
            ),
        )
        indexes = (
            models.Index(fields=["-date_added", "-id"], name="call_newest"),
            models.Index(fields=["key_id", "-date_added", "-id"], name="call_of_key"),
            models.Index(fields=["store_id", "-date_added", "-id"], name="call_of_store"),
            models.Index(
                fields=["-date_added", "-id"],
                name="call_denied",
                condition=Q(outcome=Outcome.DENIED),
            ),
            models.Index(
                fields=["reason", "-date_added", "-id"],
                name="call_of_reason",
                condition=Q(outcome=Outcome.DENIED),
            ),
            # With the key, so that which keys were seen from an address stands in the index alone.
            models.Index(fields=["ip", "-date_added", "-id", "key_id"], name="call_of_ip"),
            models.Index(fields=["username", "-date_added", "-id"], name="call_of_user"),
            models.Index(fields=["request_id"], name="call_of_request"),
        )

    def __str__(self) -> str:
        return f"{self.call} {self.status}"

    @property
    def position(self) -> Position:
        """Its place in the order of the calls."""
        return Position(self.date_added, self.pk)

    @property
    def reason_text(self) -> str:
        """The denial reason in words; blank when the call was let in."""
        return DenialReason.in_words(self.reason)

    @property
    def call(self) -> str:
        """Method and path, as the history's first column shows them."""
        return f"{self.method} {self.path}"
