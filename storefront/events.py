"""The names of what can happen to an invoice, in the two dialects that receivers speak.

Inside, an event has Coinsnap's name ("Settled"). Greenfield's ("InvoiceSettled") is the same with
a word in front. Some of Greenfield's events never happen here; they are accepted in a list,
because its plug-ins name them all, and given back as they came.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from storefront.models.invoice import Invoice


class EventType(models.TextChoices):
    NEW = "New", _("New")
    PROCESSING = "Processing", _("Processing")
    SETTLED = "Settled", _("Settled")
    EXPIRED = "Expired", _("Expired")
    INVALID = "Invalid", _("Invalid")


class Dialect(models.TextChoices):
    COINSNAP = "coinsnap", "Coinsnap"
    GREENFIELD = "greenfield", "Greenfield"


GREENFIELD: Final = {
    EventType.NEW: "InvoiceCreated",
    EventType.PROCESSING: "InvoiceProcessing",
    EventType.SETTLED: "InvoiceSettled",
    EventType.EXPIRED: "InvoiceExpired",
    EventType.INVALID: "InvoiceInvalid",
}
COINSNAP: Final = {name: event for event, name in GREENFIELD.items()}
NEVER_HERE: Final = ("InvoiceReceivedPayment", "InvoicePaymentSettled", "InvoiceExpiredPaidPartial")
# What Coinsnap sends to a receiver that names nothing.
UNNAMED: Final = [EventType.NEW, EventType.EXPIRED, EventType.PROCESSING, EventType.SETTLED]


def read(names: Iterable[str]) -> tuple[list[str], str]:
    """The events of a list in either dialect, each once, and the dialect it is written in.

    Raises ``ValidationError`` for a name that is in neither.
    """
    events, dialect = [], Dialect.COINSNAP
    for name in names:
        if name in COINSNAP or name in NEVER_HERE:
            dialect = Dialect.GREENFIELD
        elif name not in EventType.values:
            raise ValidationError(
                _("“%(name)s” is not an event. Choose from: %(known)s."),
                code="unknown_event",
                params={"name": name[:50], "known": ", ".join(EventType.values)},
            )
        events.append(str(COINSNAP.get(name, name)))
    return list(dict.fromkeys(events)), dialect


def spelt(event: str, dialect: str) -> str:
    """The name of an event as a receiver of this dialect expects it."""
    if dialect == Dialect.GREENFIELD:
        return GREENFIELD.get(EventType(event), event) if event in EventType.values else event
    return event


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
        case EventType.EXPIRED:
            underpaid = additional == "Underpaid"
            facts |= {"isUnderpaid": underpaid, "underpaid": underpaid, "partiallyPaid": underpaid}
        case EventType.SETTLED:
            facts |= {"overPaid": additional == "Overpaid"}
    if invoice.status in (EventType.SETTLED, EventType.INVALID):
        facts["manuallyMarked"] = additional == "Marked"
    return facts
