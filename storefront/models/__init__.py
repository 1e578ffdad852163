"""What a shop keeps behind the gate: products, carts, invoices, webhooks, session transfers."""

from storefront.invoice_status import AdditionalStatus, InvoiceStatus
from storefront.models.cart import Cart
from storefront.models.cart_item import CartItem
from storefront.models.delivery import Delivery, DeliveryStatus
from storefront.models.event import Event
from storefront.models.idempotency import KeptAnswer
from storefront.models.invoice import Invoice
from storefront.models.payment_method import PaymentMethod
from storefront.models.product import Product
from storefront.models.search_word import ProductWord, WebhookWord
from storefront.models.shopper import ShopperSession
from storefront.models.transfer import SessionTransfer
from storefront.models.transfer_target import TransferTarget
from storefront.models.webhook import Webhook

__all__ = [
    "AdditionalStatus",
    "Cart",
    "CartItem",
    "Delivery",
    "DeliveryStatus",
    "Event",
    "Invoice",
    "InvoiceStatus",
    "KeptAnswer",
    "PaymentMethod",
    "Product",
    "ProductWord",
    "SessionTransfer",
    "ShopperSession",
    "TransferTarget",
    "Webhook",
    "WebhookWord",
]
