"""The pages that customers see: the link that hands them their cart, the cart, the checkout."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.views import shopper, transfer

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^transfer-session/?$", transfer.transfer_session, name="transfer_session"),
    re_path(r"^shop/cart/?$", shopper.cart, name="shopper_cart"),
    re_path(r"^shop/checkout/?$", shopper.checkout, name="shopper_checkout"),
]
