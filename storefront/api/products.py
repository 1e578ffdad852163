"""Products over the API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api.fields import AmountField, named
from storefront.api.idempotency import IDEMPOTENCY_KEY, idempotent
from storefront.api.incoming import Incoming
from storefront.api.paging import PAGING, page
from storefront.api.shop import ShopView
from storefront.models import Product


class ProductBody(Incoming):
    server_owned = frozenset({"id", "publicid", "dateadded", "datemodified", "priceminor"})

    sku = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=200)
    price = AmountField()
    currency = serializers.CharField(max_length=4, required=False)


class ProductSerializer(serializers.Serializer[Product]):
    id = serializers.CharField(source="public_id")
    sku = serializers.CharField()
    name = serializers.CharField()
    price = AmountField()
    currency = serializers.CharField()


class ProductList(ShopView):
    """The products of the store, by name."""

    resource = "products"

    @extend_schema(
        responses=ProductSerializer(many=True),
        operation_id="products_list",
        parameters=[OpenApiParameter("sku", str, description="Only this SKU."), *PAGING],
    )
    def get(self, request: Request, store_id: str) -> Response:
        products = self.store.products.all()
        if sku := request.query_params.get("sku"):
            products = products.filter(sku=sku)
        return page(request, products, ProductSerializer, filters=["sku"])

    @extend_schema(
        request=ProductBody,
        responses=ProductSerializer,
        operation_id="products_create",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, store_id: str) -> Response:
        """Add a product."""
        values = self.read(ProductBody)
        with named():
            product = Product.objects.add(actor=self.actor, store=self.store, **values)
        return Response(ProductSerializer(product).data)


class ProductDetail(ShopView):
    """One product."""

    resource = "products"

    @extend_schema(responses=ProductSerializer, operation_id="products_read")
    def get(self, request: Request, store_id: str, product_id: str) -> Response:
        return Response(ProductSerializer(self.find(Product.objects.all(), product_id)).data)

    @extend_schema(
        request=ProductBody, responses=ProductSerializer, operation_id="products_replace"
    )
    def put(self, request: Request, store_id: str, product_id: str) -> Response:
        """Replace all fields of a product."""
        return self._change(product_id)

    @extend_schema(
        request=ProductBody(partial=True),
        responses=ProductSerializer,
        operation_id="products_change",
    )
    def patch(self, request: Request, store_id: str, product_id: str) -> Response:
        """Change some fields of a product."""
        return self._change(product_id, partial=True)

    @extend_schema(responses=ProductSerializer, operation_id="products_delete")
    def delete(self, request: Request, store_id: str, product_id: str) -> Response:
        """Take a product off sale. Invoices that were made with it stay as they are."""
        product = self.find(Product.objects.all(), product_id)
        answer = ProductSerializer(product).data
        product.delete(actor=self.actor)
        return Response(answer)

    def _change(self, product_id: str, *, partial: bool = False) -> Response:
        product = self.find(Product.objects.all(), product_id)
        values = self.read(ProductBody, partial=partial, own=ProductSerializer(product).data)
        with named():
            product.change(actor=self.actor, **values)
        return Response(ProductSerializer(product).data)
