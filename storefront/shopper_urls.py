"""The pages that customers see: the link that hands them their cart, the cart, the checkout,
and the invoice."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.views import invoice_page, shopper, transfer

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^transfer-session/?$", transfer.transfer_session, name="transfer_session"),
    re_path(r"^i/(?P<public_id>[0-9A-Za-z]+)/?$", invoice_page.invoice_page, name="invoice_page"),
    re_path(
        r"^i/(?P<public_id>[0-9A-Za-z]+)/status/?$",
        invoice_page.invoice_status,
        name="invoice_status",
    ),
    re_path(r"^shop/cart/?$", shopper.cart, name="shopper_cart"),
    re_path(r"^shop/checkout/?$", shopper.checkout, name="shopper_checkout"),
]
