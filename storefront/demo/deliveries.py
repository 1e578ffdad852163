"""What the demo's receivers were told, and how those fare that do not answer."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apikeys.models import ChangeRecord
from storefront.courier import ACTOR, GIVE_UP_AFTER
from storefront.demo.goods import Receiver
from storefront.models import Delivery, DeliveryStatus, Webhook
from storefront.models.delivery import BACK_OFF


def send(webhook: Webhook, receiver: Receiver, chance: random.Random) -> None:
    """Write down how every message fared, as the courier would have."""
    now, silent = timezone.now(), receiver.silent_since
    for delivery in webhook.deliveries.select_related("event"):
        began = delivery.event.date_added
        if silent is None or began < silent:
            _arrive(delivery, began, chance)
        elif receiver.is_given_up and began > silent + GIVE_UP_AFTER:
            delivery.delete()
        else:
            _fail(delivery, began, now, receiver, chance)


def switch_off(webhook: Webhook, receiver: Receiver) -> None:
    """Let a receiver that has been silent look so: failing, or switched off after three days."""
    silent = receiver.silent_since
    if silent is None:
        return
    Webhook.objects.filter(pk=webhook.pk).update(
        failing_since=silent, failures=webhook.deliveries.pending().count() * 3
    )
    if receiver.is_given_up:
        reason = f"No delivery has succeeded since {silent:%Y-%m-%d %H:%M} UTC."
        webhook.disable(actor=ACTOR, reason=reason)
        webhook.deliveries.exclude(status=DeliveryStatus.DELIVERED).update(
            date_modified=silent + GIVE_UP_AFTER
        )
        ChangeRecord.objects.filter(name=webhook.url, action="disabled").update(
            date_added=silent + GIVE_UP_AFTER
        )


def _arrive(delivery: Delivery, began: datetime, chance: random.Random) -> None:
    attempts = [_attempt(began, 200, chance)]
    if chance.random() < 0.05:
        later = began + BACK_OFF[0]
        attempts = [_attempt(began, 502, chance), _attempt(later, 200, chance)]
    _keep(delivery, began, attempts, status=DeliveryStatus.DELIVERED, next_attempt_at=None)


def _fail(
    delivery: Delivery,
    began: datetime,
    now: datetime,
    receiver: Receiver,
    chance: random.Random,
) -> None:
    """All attempts until now were in vain, and the next one is still to come."""
    attempts, moment = [], began
    for wait in BACK_OFF:
        attempts.append(_attempt(moment, None if receiver.is_given_up else 503, chance))
        moment += wait
        if moment > now:
            break
    _keep(delivery, began, attempts, status=DeliveryStatus.PENDING, next_attempt_at=moment)


def _attempt(moment: datetime, status: int | None, chance: random.Random) -> dict[str, Any]:
    return {
        "at": moment.isoformat(timespec="milliseconds"),
        "status": status,
        "duration_ms": int(chance.lognormvariate(4.6, 0.5)),
        "error": "unreachable" if status is None else "",
    }


def _keep(
    delivery: Delivery, began: datetime, attempts: list[dict[str, Any]], **result: Any
) -> None:
    last = attempts[-1]
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=attempts,
        response_status=last["status"],
        duration_ms=last["duration_ms"],
        error=last["error"],
        date_added=began,
        date_modified=began + timedelta(milliseconds=last["duration_ms"]),
        **result,
    )
