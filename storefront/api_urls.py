"""The shop's paths under /api/v1/; with and without a trailing slash, as clients send both."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.api import (
    carts,
    checkout,
    deliveries,
    invoices,
    products,
    session_transfers,
    webhooks,
)

CART = r"^carts/(?P<cart_id>[^/]+)"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^products/?$", products.ProductList.as_view(), name="products"),
    re_path(
        r"^products/(?P<product_id>[^/]+)/?$", products.ProductDetail.as_view(), name="product"
    ),
    re_path(r"^invoices/?$", invoices.InvoiceList.as_view(), name="invoices"),
    re_path(
        r"^invoices/(?P<invoice_id>[^/]+)/?$", invoices.InvoiceDetail.as_view(), name="invoice"
    ),
    re_path(
        r"^invoices/(?P<invoice_id>[^/]+)/status/?$",
        invoices.InvoiceMark.as_view(),
        name="invoice_mark",
    ),
    re_path(
        r"^invoices/(?P<invoice_id>[^/]+)/payments/?$",
        invoices.InvoicePayment.as_view(),
        name="invoice_payment",
    ),
    re_path(
        r"^invoices/(?P<invoice_id>[^/]+)/unarchive/?$",
        invoices.InvoiceUnarchive.as_view(),
        name="invoice_unarchive",
    ),
    re_path(r"^webhooks/?$", webhooks.WebhookList.as_view(), name="webhooks"),
    re_path(
        r"^webhooks/(?P<webhook_id>[^/]+)/?$", webhooks.WebhookDetail.as_view(), name="webhook"
    ),
    re_path(
        r"^webhooks/(?P<webhook_id>[^/]+)/rotate-secret/?$",
        webhooks.WebhookRotation.as_view(),
        name="webhook_rotation",
    ),
    re_path(
        r"^webhooks/(?P<webhook_id>[^/]+)/deliveries/?$",
        deliveries.DeliveryList.as_view(),
        name="deliveries",
    ),
    re_path(
        r"^webhooks/(?P<webhook_id>[^/]+)/deliveries/(?P<delivery_id>[^/]+)/?$",
        deliveries.DeliveryDetail.as_view(),
        name="delivery",
    ),
    re_path(
        r"^webhooks/(?P<webhook_id>[^/]+)/deliveries/(?P<delivery_id>[^/]+)/request/?$",
        deliveries.DeliveryMessage.as_view(),
        name="delivery_message",
    ),
    re_path(
        r"^webhooks/(?P<webhook_id>[^/]+)/deliveries/(?P<delivery_id>[^/]+)/redeliver/?$",
        deliveries.Redelivery.as_view(),
        name="redelivery",
    ),
    re_path(r"^carts/?$", carts.CartList.as_view(), name="carts"),
    re_path(CART + r"/?$", carts.CartDetail.as_view(), name="cart"),
    re_path(CART + r"/items/?$", carts.CartItems.as_view(), name="cart_items"),
    re_path(
        CART + r"/items/(?P<item_key>[^/]+)/?$", carts.CartItemDetail.as_view(), name="cart_item"
    ),
    re_path(CART + r"/clear/?$", carts.CartClear.as_view(), name="cart_clear"),
    re_path(CART + r"/totals/?$", carts.CartTotals.as_view(), name="cart_totals"),
    re_path(CART + r"/customer/?$", carts.CartCustomer.as_view(), name="cart_customer"),
    re_path(CART + r"/checkout/?$", checkout.Checkout.as_view(), name="cart_checkout"),
    re_path(
        r"^checkout/payment-methods/?$",
        checkout.PaymentMethods.as_view(),
        name="checkout_payment_methods",
    ),
    re_path(
        r"^session-transfers/?$",
        session_transfers.SessionTransfers.as_view(),
        name="session_transfers",
    ),
    re_path(
        r"^session-transfers/check/?$",
        session_transfers.SessionTransferCheck.as_view(),
        name="session_transfer_check",
    ),
]
