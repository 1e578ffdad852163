"""Every path of the shop: its protected endpoints."""

from django.urls import URLPattern, URLResolver, include, re_path

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^api/v1/stores/(?P<store_id>[^/]+)/", include("storefront.api_urls")),
]
