"""The Django admin of the shop's records: the same deeds as in the console and over the API."""

from storefront.admin.cart import CartAdmin, ShopperSessionAdmin
from storefront.admin.invoice import InvoiceAdmin
from storefront.admin.payment_method import PaymentMethodAdmin
from storefront.admin.product import ProductAdmin
from storefront.admin.transfer import SessionTransferAdmin, TransferTargetAdmin
from storefront.admin.webhook import DeliveryAdmin, WebhookAdmin

__all__ = [
    "CartAdmin",
    "DeliveryAdmin",
    "InvoiceAdmin",
    "PaymentMethodAdmin",
    "ProductAdmin",
    "SessionTransferAdmin",
    "ShopperSessionAdmin",
    "TransferTargetAdmin",
    "WebhookAdmin",
]
