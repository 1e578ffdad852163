"""What is owed and what was paid: payments happen elsewhere, and decide about an invoice."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from storefront import money
from storefront.invoice_status import MARKABLE, AdditionalStatus, InvoiceStatus
from storefront.models.owned import Owned


class Payable(Owned):
    """What is owed, what was paid of it, and what that makes of it."""

    status = models.CharField(
        _("status"), max_length=10, choices=InvoiceStatus, default=InvoiceStatus.NEW, editable=False
    )
    additional_status = models.CharField(
        _("additional status"),
        max_length=20,
        choices=AdditionalStatus,
        default=AdditionalStatus.NONE,
        editable=False,
    )
    amount_minor = models.BigIntegerField(_("amount"), editable=False)
    paid_minor = models.BigIntegerField(_("paid"), default=0, editable=False)
    # What was paid of it and is not certain yet.
    unconfirmed_minor = models.BigIntegerField(default=0, db_default=0, editable=False)
    currency = models.CharField(_("currency"), max_length=4, validators=[money.validate_currency])
    expires_at = models.DateTimeField(_("expires at"), editable=False)

    class Meta:
        abstract = True

    @property
    def amount(self) -> Decimal:
        return money.from_minor(self.amount_minor, self.currency)

    @property
    def paid(self) -> Decimal:
        return money.from_minor(self.paid_minor, self.currency)

    @property
    def due(self) -> Decimal:
        """What is still to be paid."""
        return money.from_minor(max(0, self.amount_minor - self.paid_minor), self.currency)

    @property
    def waits_for_confirmation(self) -> bool:
        """Whether some of what was paid is not certain yet."""
        # Of an invoice that came to be Processing under an older release, the status alone tells.
        return self.unconfirmed_minor > 0 or self.status == InvoiceStatus.PROCESSING

    @property
    def markable(self) -> tuple[str, ...]:
        """The statuses that this invoice can be given by hand."""
        return MARKABLE[self.status]

    def set_amount(self, amount: Decimal) -> None:
        """Raises ``ValidationError`` when the currency has no such amount, or it is too little."""
        with money.named("amount"):
            self.amount_minor = money.to_minor(amount, self.currency)
            money.validate_minimum(amount, self.currency)

    @transaction.atomic
    def receive(self, amount: Decimal, *, actor: Actor, confirmed: bool = True) -> None:
        """Add a payment that arrived somewhere else; enough of it settles the invoice.

        As long as some of it is not ``confirmed`` it is Processing, and ``confirm`` settles it
        then. Raises ``ValidationError`` for an amount that the currency does not have, and for an
        invoice that is invalid.
        """
        self.expire()  # which locks it: what comes too late is late even if the worker is later
        with money.named("amount"):
            minor = money.to_minor(amount, self.currency)
            if minor <= 0:
                raise ValidationError(_("A payment must be more than zero."), code="min_value")
        self._judge_payable()
        before = self.snapshot()
        self.paid_minor += minor
        self.unconfirmed_minor += 0 if confirmed else minor
        self.modified("paid_minor", "unconfirmed_minor")
        status, additional = self._after_payment()
        if status != self.status:
            self._become(status, additional)
        elif additional != self.additional_status:
            self.additional_status = additional
            self.modified("additional_status")
        self.note(actor, "payment received", before=before, after=self.snapshot())

    def _judge_payable(self) -> None:
        if self.status == InvoiceStatus.INVALID:
            raise ValidationError(_("An invalid invoice cannot be paid."), code="invalid")

    def _after_payment(self) -> tuple[str, str]:
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
        status = InvoiceStatus.PROCESSING if self.waits_for_confirmation else InvoiceStatus.SETTLED
        return status, additional

    @transaction.atomic
    def confirm(self, *, actor: Actor) -> bool:
        """Make certain what was paid so far; enough of it settles the invoice.

        Returns whether anything changed. Raises ``ValidationError`` when nothing was paid, and
        for an invoice that is invalid.
        """
        self.lock()
        self._judge_payable()
        if not self.paid_minor:
            raise ValidationError(
                _("There is no payment to confirm yet: note one with its amount."),
                code="no_payment",
            )
        if not self.waits_for_confirmation:
            return False
        before = self.snapshot()
        self.unconfirmed_minor = 0
        self.modified("unconfirmed_minor")
        if self.status == InvoiceStatus.PROCESSING:
            self._become(InvoiceStatus.SETTLED, self.additional_status)
        self.note(actor, "payment confirmed", before=before, after=self.snapshot())
        return True

    @transaction.atomic
    def mark(self, status: str, *, actor: Actor, reason: str = "") -> bool:
        """Mark it settled or invalid by hand. Returns whether anything changed.

        Raises ``ValidationError`` when an invoice in its state cannot become that.
        """
        self.lock()
        if self.status == status and self.status in (InvoiceStatus.SETTLED, InvoiceStatus.INVALID):
            return False
        if status not in self.markable:
            raise ValidationError(
                _("An invoice that is %(status)s can be marked as: %(markable)s."),
                code="not_markable",
                params={"status": self.status, "markable": ", ".join(self.markable)},
            )
        before = {"status": self.status, "additional_status": self.additional_status}
        self._become(status, AdditionalStatus.MARKED)
        after = {"status": self.status, "additional_status": self.additional_status}
        self.note(actor, "marked", before=before, after=after, reason=reason)
        return True

    @transaction.atomic
    def expire(self) -> bool:
        """Lock the invoice, and end it if its time is over. Returns whether anything changed."""
        self.lock()
        if self.status != InvoiceStatus.NEW or self.expires_at > timezone.now():
            return False
        underpaid = 0 < self.paid_minor < self.amount_minor
        self._become(
            InvoiceStatus.EXPIRED,
            AdditionalStatus.UNDERPAID if underpaid else AdditionalStatus.NONE,
        )
        return True

    def _become(self, status: str, additional_status: str) -> None:
        """Come into a status, and tell whoever listens."""
        raise NotImplementedError
