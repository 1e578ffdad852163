"""The paths of carts, checkout and session transfers; with and without a trailing slash."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.api import carts, checkout, cocart, session_transfers

CART = r"^carts/(?P<cart_id>[^/]+)"
ITEM = r"/(?P<item_key>[^/]+)/?$"

in_store: list[URLPattern | URLResolver] = [
    re_path(r"^carts/?$", carts.CartList.as_view(), name="carts"),
    re_path(CART + r"/?$", carts.CartDetail.as_view(), name="cart"),
    re_path(CART + r"/items/?$", carts.CartItems.as_view(), name="cart_items"),
    re_path(CART + r"/items" + ITEM, carts.CartItemDetail.as_view(), name="cart_item"),
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
of_cocart: list[URLPattern | URLResolver] = [
    re_path(r"^cart/?$", cocart.CoCart.as_view(), name="cocart_cart"),
    re_path(r"^cart/add-item/?$", cocart.CoCartAddItem.as_view(), name="cocart_add_item"),
    re_path(r"^cart/item" + ITEM, cocart.CoCartItem.as_view(), name="cocart_item"),
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
