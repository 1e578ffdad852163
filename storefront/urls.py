"""Every path of the shop: its protected endpoints, the console's pages, its customers' pages."""

from django.urls import URLPattern, URLResolver, include, re_path

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^api/v1/stores/(?P<store_id>[^/]+)/", include("storefront.api_urls")),
    re_path(r"^wp-json/cocart/preview/", include("storefront.cocart_urls")),
    re_path(r"^console/shop/", include("storefront.console_urls")),
    re_path(r"^", include("storefront.shopper_urls")),
]
