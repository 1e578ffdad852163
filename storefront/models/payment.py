"""Payments: they happen elsewhere, and what arrives here decides about an invoice."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from storefront import money
from storefront.invoice_status import AdditionalStatus, InvoiceStatus
from storefront.models.owned import Owned


class Payable(Owned):
    """The deeds on what is owed."""

    if TYPE_CHECKING:
        status: models.CharField[str, str]
        additional_status: models.CharField[str, str]
        amount_minor: models.BigIntegerField[int, int]
        paid_minor: models.BigIntegerField[int, int]
        currency: models.CharField[str, str]

    class Meta:
        abstract = True

    def snapshot(self) -> dict[str, Any]:
        raise NotImplementedError

    def expire(self) -> bool:
        """Lock the invoice, and end it if its time is over. Returns whether anything changed."""
        raise NotImplementedError

    def _become(self, status: str, additional_status: str) -> None:
        raise NotImplementedError

    @transaction.atomic
    def receive(self, payment: Decimal, *, actor: Actor, confirmed: bool = True) -> None:
        """Add a payment that arrived somewhere else; enough of it settles the invoice.

        One that is not ``confirmed`` yet makes it Processing, and ``confirm`` settles it then.
        Raises ``ValidationError`` for an amount that the currency does not have, and for an
        invoice that is invalid.
        """
        self.expire()  # which locks it: what comes too late is late even if the worker is later
        minor = money.to_minor(payment, self.currency)
        if minor <= 0:
            raise ValidationError(_("A payment must be more than zero."), code="min_value")
        if self.status == InvoiceStatus.INVALID:
            raise ValidationError(_("An invalid invoice cannot be paid."), code="invalid")
        before = self.snapshot()
        self.paid_minor += minor
        self.modified("paid_minor")
        status, additional = self._after_payment(confirmed)
        if status != self.status:
            self._become(status, additional)
        elif additional != self.additional_status:
            self.additional_status = additional
            self.modified("additional_status")
        self.note(actor, "payment received", before=before, after=self.snapshot())

    def _after_payment(self, confirmed: bool) -> tuple[str, str]:
        """What the invoice is now that so much was paid."""
        late = self.status == InvoiceStatus.EXPIRED
        if self.paid_minor < self.amount_minor:
            return self.status, AdditionalStatus.UNDERPAID if late else self.additional_status
        over = self.paid_minor > self.amount_minor
        additional = AdditionalStatus.OVERPAID if over else AdditionalStatus.NONE
        if self.status == InvoiceStatus.SETTLED:
            return self.status, additional if over else self.additional_status
        if late:
            additional = AdditionalStatus.PAID_AFTER_EXPIRATION
        return InvoiceStatus.SETTLED if confirmed else InvoiceStatus.PROCESSING, additional

    @transaction.atomic
    def confirm(self, *, actor: Actor) -> bool:
        """Settle an invoice whose payment was not sure yet. Returns whether anything changed."""
        self.lock()
        if self.status != InvoiceStatus.PROCESSING:
            return False
        before = self.snapshot()
        self._become(InvoiceStatus.SETTLED, self.additional_status)
        self.note(actor, "payment confirmed", before=before, after=self.snapshot())
        return True
