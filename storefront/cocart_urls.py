"""CoCart's paths, under /wp-json/cocart/preview/; with and without a trailing slash."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.api import cocart

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^cart/?$", cocart.CoCart.as_view(), name="cocart_cart"),
    re_path(r"^cart/add-item/?$", cocart.CoCartAddItem.as_view(), name="cocart_add_item"),
    re_path(r"^cart/item/(?P<item_key>[^/]+)/?$", cocart.CoCartItem.as_view(), name="cocart_item"),
    re_path(r"^cart/clear/?$", cocart.CoCartClear.as_view(), name="cocart_clear"),
    re_path(r"^cart/totals/?$", cocart.CoCartTotals.as_view(), name="cocart_totals"),
    re_path(r"^cart/customer/?$", cocart.CoCartCustomer.as_view(), name="cocart_customer"),
    re_path(r"^logout/?$", cocart.CoCartLogout.as_view(), name="cocart_logout"),
    re_path(r"^checkout/?$", cocart.CoCartCheckout.as_view(), name="cocart_checkout"),
    re_path(
        r"^checkout/payment-methods/?$",
        cocart.CoCartPaymentMethods.as_view(),
        name="cocart_payment_methods",
    ),
]
