"""The Django admin of the shop's records: the same deeds as in the console and over the API."""

from storefront.admin.invoice import InvoiceAdmin
from storefront.admin.product import ProductAdmin
from storefront.admin.webhook import DeliveryAdmin, WebhookAdmin

__all__ = ["DeliveryAdmin", "InvoiceAdmin", "ProductAdmin", "WebhookAdmin"]
