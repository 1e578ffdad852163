"""The outbox: for every event and every receiver, whether it has been told."""

import json
import random
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models.scope import ScopedQuerySet
from storefront.events import Dialect, spelt
from storefront.models.owned import PUBLIC_ID_LENGTH, new_public_id
from storefront.outgoing import Answer, Trouble

# The waits after each failed attempt: 62 hours and 41 minutes in all.
BACK_OFF: Final = tuple(
    timedelta(minutes=minutes)
    for minutes in (1 / 6, 1, 10, 30, 60, 3 * 60, 6 * 60, 12 * 60, 18 * 60, 22 * 60)
)
JITTER: Final = 0.1


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


class DeliveryQuerySet(ScopedQuerySet["Delivery"]):
    path_to_store = "webhook__store"

    def with_all(self) -> Self:
        """Together with what every page and answer about a delivery shows."""
        return self.select_related("webhook__store", "event__invoice", "original")

    def pending(self) -> Self:
        return self.filter(status=DeliveryStatus.PENDING)

    def stop(self) -> int:
        """Give up what is still waiting. Returns how many."""
        return self.pending().update(
            status=DeliveryStatus.STOPPED,
            next_attempt_at=None,
            claimed_until=None,
            date_modified=timezone.now(),
        )


class Delivery(models.Model):
    """One event on its way to one receiver. The log keeps no word of what the receiver said."""

    webhook = models.ForeignKey(
        "storefront.Webhook", on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.ForeignKey(
        "storefront.Event", on_delete=models.CASCADE, related_name="deliveries"
    )
    public_id = models.CharField(
        _("id"), max_length=PUBLIC_ID_LENGTH, unique=True, default=new_public_id, editable=False
    )
    # The first of them, when this one was asked for by hand.
    original = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="redeliveries"
    )
    # As its webhook's was when the event came; blank: as its webhook's is now.
    dialect = models.CharField(
        _("dialect"),
        max_length=10,
        choices=Dialect,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    status = models.CharField(
        _("status"), max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING
    )
    # Every attempt: when, the answer's status, how long it took, and what went wrong.
    attempts = models.JSONField(_("attempts"), default=list, blank=True)
    response_status = models.PositiveSmallIntegerField(_("response status"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    claimed_by = models.CharField(max_length=64, blank=True, default="", editable=False)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    date_modified = models.DateTimeField(_("date modified"), default=timezone.now, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("-date_added", "-pk")
        constraints = (
            models.CheckConstraint(
                name="delivery_waits_only_while_pending",
                condition=Q(status=DeliveryStatus.PENDING, next_attempt_at__isnull=False)
                | (~Q(status=DeliveryStatus.PENDING) & Q(next_attempt_at=None)),
            ),
        )
        indexes = (
            models.Index(fields=["-date_added", "-id"], name="delivery_newest"),
            models.Index(fields=["status", "-date_added", "-id"], name="delivery_by_status"),
            models.Index(fields=["webhook", "-date_added", "-id"], name="delivery_log"),
            models.Index(
                fields=["webhook", "next_attempt_at"],
                name="delivery_due",
                condition=Q(status=DeliveryStatus.PENDING),
            ),
        )

    def __str__(self) -> str:
        return self.public_id

    @property
    def error_text(self) -> str:
        """What went wrong at the last attempt, in words."""
        return trouble_text(self.error)

    @property
    def is_redelivery(self) -> bool:
        return self.original_id is not None

    @property
    def message_id(self) -> str:
        """The id by which a receiver knows a message again: the same however often it is sent."""
        return self.original.public_id if self.original else self.public_id

    def body(self) -> bytes:
        """The bytes that are signed and sent; the same at every attempt."""
        message = {
            "deliveryId": self.public_id,
            "webhookId": self.webhook.public_id,
            "originalDeliveryId": self.message_id,
            "isRedelivery": self.is_redelivery,
            "type": spelt(self.event.type, self.dialect or self.webhook.dialect),
            "timestamp": int(self.event.date_added.timestamp()),
            **self.event.data,
        }
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def attempts_in_words(self) -> list[dict[str, Any]]:
        """For people: every attempt with its moment and its trouble."""
        return [
            {
                "at": datetime.fromisoformat(attempt["at"]),
                "status": attempt["status"],
                "duration_ms": attempt["duration_ms"],
                "trouble": trouble_text(attempt["error"]),
            }
            for attempt in self.attempts
        ]

    def write_down(
        self, answer: Answer, *, arrived: bool, pause: timedelta | None, claimed_by: str
    ) -> None:
        """Add an attempt to the log, unless another worker has claimed the delivery since.

        ``pause`` is how long to wait for the next attempt, None when there is none.
        """
        now = timezone.now()
        attempt = {
            "at": now.isoformat(timespec="milliseconds"),
            "status": answer.status,
            "duration_ms": answer.duration_ms,
            "error": answer.trouble or "",
        }
        result: dict[str, Any] = {
            "attempts": [*self.attempts, attempt],
            "response_status": answer.status,
            "duration_ms": answer.duration_ms,
            "error": answer.trouble or "",
            "claimed_by": "",
            "claimed_until": None,
            "date_modified": now,
        }
        ours = Delivery.objects.filter(pk=self.pk, claimed_by=claimed_by)
        ended = DeliveryStatus.DELIVERED if arrived else DeliveryStatus.FAILED
        written = ours.pending().update(
            status=ended if pause is None else DeliveryStatus.PENDING,
            next_attempt_at=None if pause is None else now + pause,
            **result,
        )
        if not written:
            # Its webhook was switched off or deleted while the message was under way.
            ours.update(status=ended if arrived else DeliveryStatus.STOPPED, **result)

    @transaction.atomic
    def redeliver(self, *, actor: Actor) -> "Delivery":
        """Send the same message once more, whatever became of it before.

        It is spelt as its webhook wants it by now: a wrong dialect may be why it is asked for.
        Raises ``ValidationError`` when its webhook is disabled or deleted.
        """
        if not self.webhook.is_enabled:
            raise ValidationError(_("The webhook is disabled. Enable it first."), code="disabled")
        again = Delivery.objects.create(
            webhook=self.webhook,
            event=self.event,
            original=self.original or self,
            dialect=self.webhook.dialect,
            next_attempt_at=timezone.now(),
        )
        self.webhook.note(actor, "redelivered", after={"delivery": self.public_id})
        return again


def trouble_text(code: str) -> str:
    """Why there was no answer, in words; blank for no trouble."""
    return str(Trouble(code).label) if code in Trouble.values else code


def wait_after(failed_attempts: int) -> timedelta | None:
    """How long to wait before the next attempt; None when there is none.

    The jitter keeps receivers from being hit by everything at once when they come back.
    """
    if failed_attempts > len(BACK_OFF):
        return None
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (nothing secret)
    return BACK_OFF[failed_attempts - 1] * spread
