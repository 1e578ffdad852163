"""Events: what happened to invoices, and who was to be told.

They are written in the transaction of the change they tell of, so that neither is there without
the other. The worker sends them afterwards (``storefront.courier``).
"""

from typing import TYPE_CHECKING

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from storefront.events import facts_of
from storefront.invoice_status import InvoiceStatus
from storefront.models.delivery import Delivery

if TYPE_CHECKING:
    from storefront.models.invoice import Invoice


class EventQuerySet(models.QuerySet["Event"]):
    def publish(self, invoice: "Invoice") -> "Event | None":
        """Note that an invoice came into its present status, and who is to be told.

        Call it inside the transaction of the change. None when nobody listens.
        """
        listeners = [
            webhook
            for webhook in invoice.store.webhooks.listening()
            if webhook.wants(invoice.status)
        ]
        if not listeners:
            return None
        event = self.create(
            store=invoice.store, invoice=invoice, type=invoice.status, data=facts_of(invoice)
        )
        Delivery.objects.bulk_create(
            Delivery(
                webhook=webhook,
                event=event,
                dialect=webhook.dialect,
                next_attempt_at=event.date_added,
            )
            for webhook in listeners
        )
        return event


class Event(models.Model):
    """One change of an invoice, as it was at that moment."""

    store = models.ForeignKey("apikeys.Store", on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey(
        "storefront.Invoice", on_delete=models.CASCADE, related_name="events"
    )
    type = models.CharField(_("type"), max_length=20, choices=InvoiceStatus)
    data = models.JSONField(_("data"), encoder=DjangoJSONEncoder)
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-date_added", "-pk")

    def __str__(self) -> str:
        return f"{self.type} {self.invoice_id}"
