"""What can become of an invoice."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class InvoiceStatus(models.TextChoices):
    NEW = "New", _("New")
    PROCESSING = "Processing", _("Processing")
    SETTLED = "Settled", _("Settled")
    EXPIRED = "Expired", _("Expired")
    INVALID = "Invalid", _("Invalid")


class AdditionalStatus(models.TextChoices):
    NONE = "None", _("None")
    UNDERPAID = "Underpaid", _("Underpaid")
    OVERPAID = "Overpaid", _("Overpaid")
    PAID_AFTER_EXPIRATION = "PaidAfterExpiration", _("Paid after expiration")
    MARKED = "Marked", _("Marked")


# What a person or an integration may say about an invoice; payments say the rest.
MARKABLE: Final[dict[str, tuple[str, ...]]] = {
    InvoiceStatus.NEW: (InvoiceStatus.SETTLED, InvoiceStatus.INVALID),
    InvoiceStatus.PROCESSING: (InvoiceStatus.SETTLED, InvoiceStatus.INVALID),
    InvoiceStatus.EXPIRED: (InvoiceStatus.SETTLED, InvoiceStatus.INVALID),
    InvoiceStatus.SETTLED: (InvoiceStatus.INVALID,),
    InvoiceStatus.INVALID: (InvoiceStatus.SETTLED,),
}
