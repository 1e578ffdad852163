"""The checkout over the API: a cart becomes an invoice, once."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api.cart_access import CART_KEY, CartBody, CartView
from storefront.api.fields import AmountField, MetadataField, named
from storefront.api.shop import ShopView
from storefront.models import Cart, Invoice, PaymentMethod

DEBUG_RESOURCE: Final = "payment_debug"
DEBUG_NOTE: Final = "Debug information - DO NOT use in production"
# What the invoice keeps of the order beside the cart; CoCart's names.
NOTED: Final = ("billing_address", "shipping_address", "customer_note")


class OrderBody(CartBody):
    """CoCart's fields. ``payment_data`` is passed over unread: it may hold a card's secrets."""

    server_owned = CartBody.server_owned | {"id", "status", "amount", "paid", "orderkey"}

    payment_method = serializers.CharField(max_length=40, required=False, allow_blank=True)
    order_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    buyer_email = serializers.EmailField(required=False, allow_blank=True)
    redirect_url = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    billing_address = MetadataField(required=False)
    shipping_address = MetadataField(required=False)
    customer_note = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    metadata = MetadataField(required=False)


class PaymentResultSerializer(serializers.Serializer[Invoice]):
    payment_status = serializers.CharField(source="status")
    redirect_url = serializers.CharField(source="checkout_link")


class OrderSerializer(serializers.Serializer[Invoice]):
    """What became of a cart: its invoice, and where to pay it."""

    cart_id = serializers.CharField(source="cart.public_id")
    invoice_id = serializers.CharField(source="public_id")
    order_id = serializers.CharField(source="public_id")
    status = serializers.CharField()
    amount = AmountField()
    currency = serializers.CharField()
    checkoutLink = serializers.CharField(source="checkout_link")
    payment_result = PaymentResultSerializer(source="*")


PAYMENT_METHODS: Final = inline_serializer(
    "PaymentMethods",
    {
        "payment_methods": serializers.DictField(
            child=inline_serializer(
                "PaymentMethod",
                {
                    "id": serializers.CharField(),
                    "title": serializers.CharField(),
                    "enabled": serializers.BooleanField(),
                },
            )
        ),
        "debug_info": inline_serializer(
            "PaymentDebug",
            {
                "payment_context": serializers.DictField(child=serializers.DictField()),
                "note": serializers.CharField(),
            },
            required=False,
            help_text="Only for a key that holds the resource payment_debug.",
        ),
    },
)


class Checkout(CartView):
    """Turn the cart into an invoice. However often this is repeated, it is one invoice."""

    resource = "checkout"

    @extend_schema(
        operation_id="carts_checkout",
        request=OrderBody,
        responses=OrderSerializer,
        parameters=CART_KEY,
    )
    def post(self, request: Request, **path: Any) -> Response:
        values = self.read(OrderBody)
        cart = self.cart_to_fill(path.get("cart_id", ""))
        values.pop("cart_key", None)
        code = values.pop("payment_method", "")
        metadata = values.pop("metadata", {})
        metadata |= {name: values.pop(name) for name in NOTED if name in values}
        with named():
            invoice = cart.check_out(
                payment_method=self._chosen(cart, code), metadata=metadata, **values
            )
        return Response(OrderSerializer(invoice).data, headers=self.key_headers(cart))

    def _chosen(self, cart: Cart, code: str) -> PaymentMethod | None:
        """The named payment method. A cart that was checked out before does not ask again."""
        if not code or not cart.is_open:
            return None
        offered = PaymentMethod.objects.offered().filter(store=self.store)
        method: PaymentMethod | None = offered.filter(code=code).first()
        if method is None:
            raise serializers.ValidationError(
                {"payment_method": "The store does not offer this payment method."},
                code="not_offered",
            )
        return method


class PaymentMethods(ShopView):
    """What the store offers to pay with; to a key that may see it, how that is set up."""

    resource = "checkout"

    @extend_schema(operation_id="checkout_payment_methods", responses=PAYMENT_METHODS)
    def get(self, request: Request, **path: Any) -> Response:
        methods = list(PaymentMethod.objects.filter(store=self.store))
        answer: dict[str, Any] = {
            "payment_methods": {
                method.code: {"id": method.code, "title": method.title, "enabled": method.enabled}
                for method in methods
            }
        }
        if self.key.permits(DEBUG_RESOURCE):
            answer["debug_info"] = {
                "payment_context": {method.code: method.payment_context for method in methods},
                "note": DEBUG_NOTE,
            }
        return Response(answer)
