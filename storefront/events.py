"""The names of what can happen to an invoice, in the two dialects that receivers speak.

Inside, an event has the name of the status that the invoice came into ("Settled"), as Coinsnap has
it. Greenfield's ("InvoiceSettled") is the same with a word in front. Some of Greenfield's events
never happen here; they are accepted in a list, because its plug-ins name them all, and given back
as they came.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from storefront.invoice_status import AdditionalStatus, InvoiceStatus

if TYPE_CHECKING:
    from storefront.models.invoice import Invoice


class Dialect(models.TextChoices):
    COINSNAP = "coinsnap", "Coinsnap"
    GREENFIELD = "greenfield", "Greenfield"


GREENFIELD: Final[dict[str, str]] = {
    InvoiceStatus.NEW: "InvoiceCreated",
    InvoiceStatus.PROCESSING: "InvoiceProcessing",
    InvoiceStatus.SETTLED: "InvoiceSettled",
    InvoiceStatus.EXPIRED: "InvoiceExpired",
    InvoiceStatus.INVALID: "InvoiceInvalid",
}
COINSNAP: Final = {name: event for event, name in GREENFIELD.items()}
NEVER_HERE: Final = ("InvoiceReceivedPayment", "InvoicePaymentSettled", "InvoiceExpiredPaidPartial")
# What Coinsnap sends to a receiver that names nothing.
UNNAMED: Final = [
    InvoiceStatus.NEW,
    InvoiceStatus.EXPIRED,
    InvoiceStatus.PROCESSING,
    InvoiceStatus.SETTLED,
]


def read(names: Iterable[str]) -> tuple[list[str], str]:
    """The events of a list in either dialect, each once, and the dialect it is written in.

    Raises ``ValidationError`` for a name that is in neither.
    """
    events, dialect = [], Dialect.COINSNAP
    for name in names:
        if name in COINSNAP or name in NEVER_HERE:
            dialect = Dialect.GREENFIELD
        elif name not in InvoiceStatus.values:
            raise ValidationError(
                _("“%(name)s” is not an event. Choose from: %(known)s."),
                code="unknown_event",
                params={"name": name[:50], "known": ", ".join(InvoiceStatus.values)},
            )
        events.append(str(COINSNAP.get(name, name)))
    return list(dict.fromkeys(events)), dialect


def spelt(event: str, dialect: str) -> str:
    """The name of an event as a receiver of this dialect expects it."""
    return GREENFIELD.get(event, event) if dialect == Dialect.GREENFIELD else event


def facts_of(invoice: "Invoice") -> dict[str, Any]:
    """What receivers are told about an invoice, in the fields of both dialects."""
    additional = invoice.additional_status
    facts: dict[str, Any] = {
        "storeId": invoice.store.public_id,
        "invoiceId": invoice.public_id,
        "orderId": invoice.order_id,
        "metadata": invoice.metadata,
        "additionalStatus": additional,
    }
    match invoice.status:
        case InvoiceStatus.EXPIRED:
            underpaid = additional == AdditionalStatus.UNDERPAID
            facts |= {"isUnderpaid": underpaid, "underpaid": underpaid, "partiallyPaid": underpaid}
        case InvoiceStatus.SETTLED:
            facts |= {"overPaid": additional == AdditionalStatus.OVERPAID}
    if invoice.status in (InvoiceStatus.SETTLED, InvoiceStatus.INVALID):
        facts["manuallyMarked"] = additional == AdditionalStatus.MARKED
    return facts
