"""The same carts under CoCart's paths, where the store is the key's own."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api import carts, checkout
from storefront.api.cart_access import CART_ANSWER, CART_KEY, CartBody, CoCartView
from storefront.api.idempotency import IDEMPOTENCY_KEY, idempotent


@extend_schema_view(delete=extend_schema(operation_id="cocart_cart_delete"))
class CoCart(CoCartView, carts.CartDetail):
    """The cart of the sent key; without one, an empty cart with a key to begin with."""

    @extend_schema(operation_id="cocart_cart_read", responses=CART_ANSWER, parameters=CART_KEY)
    def get(self, request: Request, **path: Any) -> Response:
        return self.answer(self.cart_or_offer())

    @extend_schema(
        operation_id="cocart_cart_create",
        request=CartBody,
        responses=CART_ANSWER,
        parameters=CART_KEY,
    )
    def post(self, request: Request, **path: Any) -> Response:
        """Open a cart."""
        self.read(CartBody)
        return self.answer(self.cart_to_fill())


class CoCartAddItem(CoCartView, carts.CartItems):
    """Put something into the cart; without a cart key, into a new one."""

    @extend_schema(
        operation_id="cocart_cart_add_item",
        request=carts.ItemBody,
        responses=CART_ANSWER,
        parameters=[*CART_KEY, IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, **path: Any) -> Response:
        if self.sent_key:
            return self.add_once(request, self.cart_to_fill())
        return self.with_key_headers(self._begin_once(request))

    @idempotent(seal=("cart_key",))
    def _begin_once(self, request: Request) -> Response:
        return self.add(self.cart_to_fill())


@extend_schema_view(
    get=extend_schema(operation_id="cocart_cart_item_read"),
    put=extend_schema(operation_id="cocart_cart_item_update"),
    post=extend_schema(operation_id="cocart_cart_item_change"),
    delete=extend_schema(operation_id="cocart_cart_item_remove"),
)
class CoCartItem(CoCartView, carts.CartItemDetail):
    """One item of the cart."""


@extend_schema_view(post=extend_schema(operation_id="cocart_cart_clear"))
class CoCartClear(CoCartView, carts.CartClear):
    """Take everything out."""


@extend_schema_view(get=extend_schema(operation_id="cocart_cart_totals"))
class CoCartTotals(CoCartView, carts.CartTotals):
    """What the cart costs now."""


@extend_schema_view(
    post=extend_schema(operation_id="cocart_cart_customer_bind"),
    delete=extend_schema(operation_id="cocart_cart_customer_unbind"),
)
class CoCartCustomer(CoCartView, carts.CartCustomer):
    """Whose cart it is."""


class CoCartLogout(CoCartView):
    """The customer logs out: the cart key ends, and a guest's cart is answered with a new one."""

    @extend_schema(
        operation_id="cocart_logout", request=CartBody, responses=CART_ANSWER, parameters=CART_KEY
    )
    def post(self, request: Request, **path: Any) -> Response:
        self.read(CartBody)
        cart = self.opened_cart()
        self.cart_key = cart.unbind()
        return self.answer(cart)


@extend_schema_view(post=extend_schema(operation_id="cocart_checkout"))
class CoCartCheckout(CoCartView, checkout.Checkout):
    """Turn the cart into an invoice, once."""

    resource = "checkout"

    @extend_schema(operation_id="cocart_checkout_read", responses=CART_ANSWER, parameters=CART_KEY)
    def get(self, request: Request, **path: Any) -> Response:
        """What would be checked out, or the invoice that it became."""
        return self.answer(self.cart_or_offer())


@extend_schema_view(get=extend_schema(operation_id="cocart_checkout_payment_methods"))
class CoCartPaymentMethods(checkout.PaymentMethods):
    """What the store offers to pay with."""
