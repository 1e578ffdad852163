"""Carts over the API: opened with a cart key, filled, emptied, and bound to a customer."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys.models import Store
from storefront.api.cart_access import (
    CART_ANSWER,
    CART_KEY,
    CartBody,
    CartItemSerializer,
    CartView,
    TotalsSerializer,
)
from storefront.api.fields import named
from storefront.api.idempotency import IDEMPOTENCY_KEY, idempotent
from storefront.models import Cart, Product
from storefront.models.cart_item import MOST_ITEMS, MOST_PIECES, CartItem


class QuantityField(serializers.IntegerField):
    """Pieces, as a number or, as CoCart's clients send it, in plain digits."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not (data.isascii() and data.isdigit()):
            self.fail("invalid")
        return super().to_internal_value(data)


class ItemBody(CartBody):
    """What goes in, in the fields of CoCart: ``id`` is the product's id or its SKU."""

    id = serializers.CharField(max_length=100)
    quantity = QuantityField(min_value=1, max_value=MOST_PIECES, default=1)


class QuantityBody(CartBody):
    quantity = QuantityField(min_value=0, max_value=MOST_PIECES)


class CustomerBody(CartBody):
    customer = serializers.CharField(max_length=100)


class NewCartBody(CartBody):
    server_owned = CartBody.server_owned - {"items"} | {"id", "cartkey"}

    cart_key = None  # type: ignore[assignment]  # nobody chooses the key of a new cart
    customer = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    items = serializers.ListField(child=ItemBody(), required=False, max_length=MOST_ITEMS)


def product_of(store: Store, name: str) -> Product:
    """The product of the store with this id or SKU; nobody deletes it before the call ends."""
    products = Product.objects.filter(Q(public_id=name) | Q(sku=name), store=store)
    # An id names one product; another's SKU may happen to be spelt like it.
    found = min(products, key=lambda product: product.public_id != name, default=None)
    if found is None or not found.hold():
        raise serializers.ValidationError({"id": "The store has no such product."}, code="unknown")
    return found


def item_of(cart: Cart, item_key: str) -> CartItem:
    item = cart.items.select_related("product").filter(key=item_key).first()
    if item is None:
        raise NotFound("The cart has no such item.")
    return item


class CartList(CartView):
    """Open a cart."""

    @extend_schema(
        operation_id="carts_create",
        request=NewCartBody,
        responses=CART_ANSWER,
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, store_id: str) -> Response:
        return self.with_key_headers(self._open_once(request))

    @idempotent(seal=("cart_key",))
    def _open_once(self, request: Request) -> Response:
        values = self.read(NewCartBody)
        with named():
            cart, self.cart_key = Cart.objects.open(store=self.store, customer=values["customer"])
            for item in values.get("items", []):
                cart.add(product_of(self.store, item["id"]), item["quantity"])
        return self.answer(cart)


class CartDetail(CartView):
    """One cart."""

    @extend_schema(operation_id="carts_read", responses=CART_ANSWER, parameters=CART_KEY)
    def get(self, request: Request, **path: Any) -> Response:
        return self.answer(self.opened_cart(path.get("cart_id", "")))

    @extend_schema(operation_id="carts_delete", responses=CART_ANSWER, parameters=CART_KEY)
    def delete(self, request: Request, **path: Any) -> Response:
        """Delete a cart."""
        cart = self.opened_cart(path.get("cart_id", ""))
        answer = self.answer(cart)
        cart.delete()
        return answer


class CartItems(CartView):
    """Put something into the cart."""

    @extend_schema(
        operation_id="carts_items_add",
        request=ItemBody,
        responses=CART_ANSWER,
        parameters=[*CART_KEY, IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, **path: Any) -> Response:
        cart = self.opened_cart(path.get("cart_id", ""))
        return self.add_once(request, cart)

    def add_once(self, request: Request, cart: Cart) -> Response:
        self.subject = cart.public_id
        answer = self._add_once(request, cart)
        # A kept answer knows no cart key; whoever gets it has just proven theirs.
        answer.data["cart_key"] = self.cart_key
        return self.with_key_headers(answer)

    @idempotent(hide=("cart_key",))
    def _add_once(self, request: Request, cart: Cart) -> Response:
        return self.add(cart)

    def add(self, cart: Cart) -> Response:
        values = self.read(ItemBody)
        with named():
            cart.add(product_of(self.store, values["id"]), values["quantity"])
        return self.answer(cart)


class CartItemDetail(CartView):
    """One item of the cart: look, say how many, take out."""

    @extend_schema(operation_id="carts_items_read", responses=CartItemSerializer)
    def get(self, request: Request, item_key: str, **path: Any) -> Response:
        """One item of the cart."""
        cart = self.opened_cart(path.get("cart_id", ""))
        item = item_of(cart, item_key)
        return Response(CartItemSerializer(item).data, headers=self.key_headers(cart))

    @extend_schema(
        operation_id="carts_items_update",
        request=QuantityBody,
        responses=CART_ANSWER,
        parameters=CART_KEY,
    )
    def put(self, request: Request, item_key: str, **path: Any) -> Response:
        """Say how many pieces of an item there are; none takes it out."""
        return self._set(item_key, path.get("cart_id", ""))

    @extend_schema(
        operation_id="carts_items_change",
        request=QuantityBody,
        responses=CART_ANSWER,
        parameters=CART_KEY,
    )
    def post(self, request: Request, item_key: str, **path: Any) -> Response:
        """Say how many pieces of an item there are; none takes it out."""
        return self._set(item_key, path.get("cart_id", ""))

    @extend_schema(operation_id="carts_items_remove", responses=CART_ANSWER, parameters=CART_KEY)
    def delete(self, request: Request, item_key: str, **path: Any) -> Response:
        """Take an item out."""
        cart = self.opened_cart(path.get("cart_id", ""))
        cart.set_quantity(item_of(cart, item_key), 0)
        return self.answer(cart)

    def _set(self, item_key: str, cart_id: str) -> Response:
        quantity = self.read(QuantityBody)["quantity"]
        cart = self.opened_cart(cart_id)
        with named():
            cart.set_quantity(item_of(cart, item_key), quantity)
        return self.answer(cart)


class CartClear(CartView):
    """Take everything out."""

    @extend_schema(
        operation_id="carts_clear", request=CartBody, responses=CART_ANSWER, parameters=CART_KEY
    )
    def post(self, request: Request, **path: Any) -> Response:
        self.read(CartBody)
        cart = self.cart_to_fill(path.get("cart_id", ""))
        cart.clear()
        return self.answer(cart)


class CartTotals(CartView):
    """What the cart costs now."""

    @extend_schema(operation_id="carts_totals", responses=TotalsSerializer, parameters=CART_KEY)
    def get(self, request: Request, **path: Any) -> Response:
        cart = self.opened_cart(path.get("cart_id", ""))
        answer = self.answer(cart)
        answer.data = answer.data["totals"]
        return answer


class CartCustomer(CartView):
    """Whose cart it is. Logging in and logging out both end the cart key and answer a new one."""

    @extend_schema(
        operation_id="carts_customer_bind",
        request=CustomerBody,
        responses=CART_ANSWER,
        parameters=CART_KEY,
    )
    def post(self, request: Request, **path: Any) -> Response:
        """Bind the cart to a customer. Its cart key ends, and a new one is answered."""
        customer = self.read(CustomerBody)["customer"]
        cart = self.cart_to_fill(path.get("cart_id", ""))
        with named():
            self.cart_key = cart.bind(customer) or self.cart_key
        return self.answer(cart)

    @extend_schema(operation_id="carts_customer_unbind", responses=CART_ANSWER, parameters=CART_KEY)
    def delete(self, request: Request, **path: Any) -> Response:
        """Let the cart be a guest's again. Its cart key ends, and a new one is answered."""
        cart = self.opened_cart(path.get("cart_id", ""))
        self.cart_key = cart.unbind()
        return self.answer(cart)
