"""The shop's background tasks, for run_worker."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from apikeys.housekeeping import delete_in_steps
from apikeys.worker_tasks import stopping
from storefront.models import (
    Cart,
    Delivery,
    DeliveryStatus,
    Event,
    Invoice,
    KeptAnswer,
    SessionTransfer,
    ShopperSession,
    Webhook,
)

AT_ONCE: Final = 200
LOG_KEPT: Final = timedelta(days=30)


def expire_invoices() -> int:
    """End the invoices whose time is over. Returns how many."""
    expired = 0
    while not stopping():
        due = list(Invoice.objects.due_to_expire().select_related("store")[:AT_ONCE])
        expired += sum(invoice.expire() for invoice in due)
        if len(due) < AT_ONCE:
            break
    return expired


def forget_old_deliveries() -> int:
    """Empty the delivery log of what ended a month ago. Returns how many entries went."""
    long_ago = timezone.now() - LOG_KEPT
    ended = Delivery.objects.exclude(status=DeliveryStatus.PENDING, webhook__deleted_at=None)
    # A redelivery refers to the first of its kind, so the whole family goes together.
    old = ended.filter(date_modified__lt=long_ago, original=None).exclude(
        redeliveries__date_modified__gte=long_ago
    )
    gone = delete_in_steps(old)
    delete_in_steps(Event.objects.filter(date_added__lt=long_ago, deliveries=None))
    delete_in_steps(Webhook.objects.filter(deleted_at__lt=long_ago, deliveries=None))
    return gone


def forget_kept_answers() -> int:
    """Forget the answers kept for requests that are sent twice. Returns how many."""
    return KeptAnswer.objects.prune()


def forget_ended_carts() -> int:
    """Forget carts, browsers and links whose time is over. Returns how many carts went."""
    ShopperSession.objects.prune()
    SessionTransfer.objects.prune()
    return delete_in_steps(Cart.objects.ended(), skip_held=True)
