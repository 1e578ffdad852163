"""The shop's pages of the console, mounted at /console/shop/."""

from django.urls import URLPattern, URLResolver, path

from storefront.views import carts, payment_methods, transfers

urlpatterns: list[URLPattern | URLResolver] = [
    path("carts/", carts.cart_list, name="console_carts"),
    path("carts/<str:public_id>/", carts.cart_detail, name="console_cart"),
    path("carts/<str:public_id>/delete/", carts.cart_delete, name="console_cart_delete"),
    path("payment-methods/", payment_methods.payment_method_list, name="console_payment_methods"),
    path(
        "payment-methods/new/",
        payment_methods.payment_method_create,
        name="console_payment_method_create",
    ),
    path(
        "payment-methods/<str:public_id>/edit/",
        payment_methods.payment_method_edit,
        name="console_payment_method_edit",
    ),
    path(
        "payment-methods/<str:public_id>/delete/",
        payment_methods.payment_method_delete,
        name="console_payment_method_delete",
    ),
    path("transfers/", transfers.transfer_list, name="console_transfers"),
    path("transfers/targets/", transfers.target_list, name="console_transfer_targets"),
    path(
        "transfers/targets/<str:store_id>/<slug:action>/",
        transfers.target_edit,
        name="console_transfer_target",
    ),
]
