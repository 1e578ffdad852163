"""Invoices: what is due, until when, and what became of it."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from apikeys.models.scope import ScopedQuerySet
from storefront import money
from storefront.invoice_status import InvoiceStatus
from storefront.models.event import Event
from storefront.models.payment import Payable
from storefront.web_address import validate_link

LIFETIME: Final = timedelta(minutes=15)
MONITORED: Final = timedelta(hours=24)


class InvoiceQuerySet(ScopedQuerySet["Invoice"]):
    @transaction.atomic
    def create_for(
        self, store: Store, *, amount: Decimal, currency: str = "", **fields: Any
    ) -> "Invoice":
        """Create an invoice and its event, whole or not at all.

        ``fields`` are those of the model that a caller may set: order_id, metadata, and so on.
        Raises ``ValidationError`` when a value does not fit.
        """
        now = timezone.now()
        invoice = Invoice(
            store=store,
            currency=currency or store.currency,
            date_added=now,
            date_modified=now,
            expires_at=now + LIFETIME,
            **fields,
        )
        invoice.set_amount(amount)
        # Not full_clean: it would ask the database about the store, which the gate has just read,
        # about 130 random bits, and about constraints that set_amount has seen to.
        invoice.clean_fields(exclude={"store"})
        invoice.save(force_insert=True)
        Event.objects.publish(invoice)
        return invoice

    def due_to_expire(self) -> "InvoiceQuerySet":
        """New ones whose time is over."""
        return self.filter(status=InvoiceStatus.NEW, expires_at__lte=timezone.now())


class Invoice(Payable):
    """What a customer owes a store, payable on a page of its own."""

    change_kind = ChangeRecord.Kind.INVOICE
    # Greenfield knows others, such as top-ups; here every invoice has an amount.
    kind = "Standard"

    order_id = models.CharField(_("order id"), max_length=200, blank=True)
    buyer_email = models.EmailField(_("buyer's email"), blank=True)
    redirect_url = models.CharField(
        _("redirect URL"), max_length=2000, blank=True, validators=[validate_link]
    )
    redirect_automatically = models.BooleanField(_("redirect automatically"), default=False)
    referral_code = models.CharField(_("referral code"), max_length=200, blank=True)
    wallet_message = models.CharField(_("wallet message"), max_length=500, blank=True)
    payment_methods = models.JSONField(_("payment methods"), default=list, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ("-date_added", "-pk")
        permissions = (("mark_invoice", _("Can mark invoices as settled or invalid")),)
        constraints = (
            models.CheckConstraint(
                name="invoice_amount_is_positive", condition=Q(amount_minor__gt=0)
            ),
            models.CheckConstraint(
                name="invoice_status_is_known", condition=Q(status__in=InvoiceStatus.values)
            ),
        )
        indexes = (
            models.Index(fields=["-date_added", "-id"], name="invoice_newest"),
            models.Index(fields=["status", "-date_added", "-id"], name="invoice_by_status"),
            models.Index(fields=["store", "-date_added", "-id"], name="invoice_newest_of_store"),
            models.Index(fields=["store", "order_id"], name="invoice_of_order"),
            models.Index(fields=["order_id"], name="invoice_by_order"),
            models.Index(fields=["buyer_email"], name="invoice_by_buyer"),
            models.Index(
                fields=["expires_at"], name="invoice_open", condition=Q(status=InvoiceStatus.NEW)
            ),
        )

    def __str__(self) -> str:
        return self.public_id

    @property
    def checkout_link(self) -> str:
        """The page on which the customer sees what is due."""
        return f"{settings.PUBLIC_URL}/i/{self.public_id}"

    @property
    def leads_back_to(self) -> str:
        """The redirect URL with Greenfield's two placeholders filled in; blank for none."""
        filled = {"{InvoiceId}": self.public_id, "{OrderId}": self.order_id}
        url = self.redirect_url
        for placeholder, value in filled.items():
            url = url.replace(placeholder, quote(value, safe=""))
        return url

    @property
    def monitored_until(self) -> datetime:
        """Until when a late payment would still be noticed."""
        return self.expires_at + MONITORED

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    def snapshot(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "amount": f"{self.amount:f}",
            "paid": f"{self.paid:f}",
            "unconfirmed": f"{money.from_minor(self.unconfirmed_minor, self.currency):f}",
            "currency": self.currency,
            "order_id": self.order_id,
        }

    @transaction.atomic
    def describe(self, metadata: dict[str, Any]) -> bool:
        """Replace the metadata. What was already told to receivers stays as it was.

        Returns whether anything changed.
        """
        self.lock()
        # Compared as JSON: to Python 1, 1.0 and True are the same.
        if json.dumps(self.metadata, sort_keys=True) == json.dumps(metadata, sort_keys=True):
            return False
        self.metadata = metadata
        self.modified("metadata")
        return True

    def archive(self, *, actor: Actor) -> bool:
        """Take it out of the lists. Returns whether anything changed."""
        return self._set_archived(timezone.now(), "archived", actor=actor)

    def unarchive(self, *, actor: Actor) -> bool:
        """Put it back into the lists. Returns whether anything changed."""
        return self._set_archived(None, "unarchived", actor=actor)

    @transaction.atomic
    def _set_archived(self, moment: datetime | None, action: str, *, actor: Actor) -> bool:
        self.lock()
        if self.is_archived == (moment is not None):
            return False
        self.archived_at = moment
        self.modified("archived_at")
        self.note(actor, action)
        return True

    def _become(self, status: str, additional_status: str) -> None:
        self.status, self.additional_status = status, additional_status
        self.modified("status", "additional_status")
        Event.objects.publish(self)
