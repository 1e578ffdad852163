"""The shop's paths under /api/v1/; with and without a trailing slash, as clients send both."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.api import deliveries, invoices, products, webhooks

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
]
