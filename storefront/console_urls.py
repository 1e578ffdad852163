"""The console's pages about the shop; mounted at /console/shop/."""

from django.urls import path, register_converter

from storefront import converters
from storefront.views import (
    carts,
    deliveries,
    invoices,
    payment_methods,
    products,
    transfers,
    webhooks,
)

register_converter(converters.PublicIDConverter, "shop_id")

PRODUCT = "products/<shop_id:public_id>/"
INVOICE = "invoices/<shop_id:public_id>/"
WEBHOOK = "webhooks/<shop_id:public_id>/"

urlpatterns = [
    path("products/", products.product_list, name="product_list"),
    path("products/new/", products.product_create, name="product_create"),
    path(PRODUCT, products.product_edit, name="product_edit"),
    path(f"{PRODUCT}delete/", products.product_delete, name="product_delete"),
    path("invoices/", invoices.invoice_list, name="invoice_list"),
    path("invoices/new/", invoices.invoice_create, name="invoice_create"),
    path(INVOICE, invoices.invoice_detail, name="invoice_detail"),
    path(f"{INVOICE}mark/", invoices.invoice_mark, name="invoice_mark_by_hand"),
    path(f"{INVOICE}payment/", invoices.invoice_payment, name="invoice_payment_by_hand"),
    path(f"{INVOICE}archive/", invoices.invoice_archive, name="invoice_archive"),
    path(f"{INVOICE}unarchive/", invoices.invoice_unarchive, name="invoice_unarchive_by_hand"),
    path("webhooks/", webhooks.webhook_list, name="webhook_list"),
    path("webhooks/new/", webhooks.webhook_create, name="webhook_create"),
    path(WEBHOOK, webhooks.webhook_detail, name="webhook_detail"),
    path(f"{WEBHOOK}edit/", webhooks.webhook_edit, name="webhook_edit"),
    path(f"{WEBHOOK}enable/", webhooks.webhook_enable, name="webhook_enable"),
    path(f"{WEBHOOK}disable/", webhooks.webhook_disable, name="webhook_disable"),
    path(f"{WEBHOOK}rotate/", webhooks.webhook_rotate, name="webhook_rotate"),
    path(f"{WEBHOOK}delete/", webhooks.webhook_delete, name="webhook_delete"),
    path("deliveries/", deliveries.delivery_list, name="delivery_list"),
    path("deliveries/<shop_id:public_id>/", deliveries.delivery_detail, name="delivery_detail"),
    path(
        "deliveries/<shop_id:public_id>/redeliver/",
        deliveries.delivery_redeliver,
        name="delivery_redeliver",
    ),
    path("carts/", carts.cart_list, name="cart_list"),
    path("carts/<shop_id:public_id>/", carts.cart_detail, name="cart_detail"),
    path("carts/<shop_id:public_id>/delete/", carts.cart_delete, name="cart_delete"),
    path("payment-methods/", payment_methods.payment_method_list, name="payment_method_list"),
    path(
        "payment-methods/new/",
        payment_methods.payment_method_create,
        name="payment_method_create",
    ),
    path(
        "payment-methods/<shop_id:public_id>/edit/",
        payment_methods.payment_method_edit,
        name="payment_method_edit",
    ),
    path(
        "payment-methods/<shop_id:public_id>/delete/",
        payment_methods.payment_method_delete,
        name="payment_method_delete",
    ),
    path("transfers/", transfers.transfer_list, name="transfer_list"),
    path("transfers/targets/", transfers.target_list, name="target_list"),
    path(
        "transfers/targets/<str:store_id>/<slug:action>/",
        transfers.target_edit,
        name="target_edit",
    ),
]
