"""What a shop keeps behind the gate: products, invoices, webhooks and their deliveries."""

from storefront.models.delivery import Delivery, DeliveryStatus, Event
from storefront.models.idempotency import KeptAnswer
from storefront.models.invoice import AdditionalStatus, Invoice, InvoiceStatus
from storefront.models.product import Product
from storefront.models.webhook import Webhook

__all__ = [
    "AdditionalStatus",
    "Delivery",
    "DeliveryStatus",
    "Event",
    "Invoice",
    "InvoiceStatus",
    "KeptAnswer",
    "Product",
    "Webhook",
]
