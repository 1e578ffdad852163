"""The shop's paths under /api/v1/; with and without a trailing slash, as clients send both."""

from django.urls import URLPattern, URLResolver, re_path

from storefront.api import invoices, products

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
]
