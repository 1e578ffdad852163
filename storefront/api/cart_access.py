"""Which cart a call is about: the one that its cart key opens, and no other."""

from datetime import UTC
from typing import Any, Final, cast

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from apikeys.authentication import Refusal
from apikeys.denial import DenialReason, Denied
from apikeys.judged import JudgedRequest
from storefront import cart_key
from storefront.api.fields import AmountField
from storefront.api.incoming import Incoming
from storefront.api.shop import ShopView
from storefront.models import Cart
from storefront.models.cart import EXPIRING, CartClosed, NoSuchCart
from storefront.models.cart_item import CartItem

HEADERS: Final = ("Cart-Key", "CoCart-API-Cart-Key")
PARAMETER: Final = "cart_key"

CART_KEY: Final = [
    OpenApiParameter(
        "Cart-Key",
        str,
        OpenApiParameter.HEADER,
        description="The secret that opens the cart. May also be sent as CoCart-API-Cart-Key.",
    ),
    OpenApiParameter(PARAMETER, str, description="The same as a parameter, or in the body."),
]


class CartIsClosed(APIException):
    status_code = 409
    default_code = "cart_checked_out"
    default_detail = "The cart was checked out and cannot change any more."


class CartItemSerializer(serializers.Serializer[CartItem]):
    item_key = serializers.CharField(source="key")
    id = serializers.CharField(source="product.public_id")
    sku = serializers.CharField(source="product.sku")
    name = serializers.CharField(source="product.name")
    price = AmountField()
    quantity = serializers.IntegerField()
    total = AmountField()
    currency = serializers.CharField()


class TotalsSerializer(serializers.Serializer[Any]):
    subtotal = AmountField()
    total = AmountField()
    currency = serializers.CharField()
    item_count = serializers.IntegerField()


class CartSerializer(serializers.Serializer[Any]):
    """A cart as callers see it. ``id`` is null as long as nothing was put into an offered cart."""

    id = serializers.CharField(allow_null=True)
    cart_key = serializers.CharField()
    cart_key_version = serializers.IntegerField(
        help_text="Grows whenever the cart key changes. A signed link that names it ends then."
    )
    customer = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    items = CartItemSerializer(many=True)
    item_count = serializers.IntegerField()
    totals = TotalsSerializer()
    invoice_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    updated_at = serializers.DateTimeField(default_timezone=UTC)
    expires_at = serializers.DateTimeField(default_timezone=UTC)


CART_ANSWER: Final = OpenApiResponse(
    CartSerializer, description="The cart; its key is in the headers too."
)


class CartBody(Incoming):
    """What every body about a cart may have: the cart key, and nothing that the server sets."""

    server_owned = frozenset(
        {"cartid", "publicid", "keydigest", "cartkeyversion", "invoice", "invoiceid", "currency"}
        | {"price", "total", "totals", "subtotal", "itemcount", "items", "createdat", "updatedat"}
        | {"expiresat", "dateadded", "datemodified"}
    )
    cart_key = serializers.CharField(max_length=200, required=False, allow_blank=True)


def refusal(view: ShopView, detail: str) -> Refusal:
    """The one answer to every wrong cart key, to be raised; history keeps the detail."""
    denied = Denied(DenialReason.CART, detail)
    denied.api_key = view.key
    cast(JudgedRequest, view.request._request).denial = denied
    return Refusal(denied)


class CartView(ShopView):
    """A view of one cart. A call without its key learns nothing, not even whether it exists."""

    resource = "carts"
    cart_key = ""

    @property
    def sent_key(self) -> str:
        """The cart key that the call brings, blank for none; two that differ are refused."""
        request = self.request
        sent = {request.headers.get(name, "") for name in HEADERS}
        sent.update(request.query_params.getlist(PARAMETER))
        body = request.data
        if isinstance(body, dict) and body.get(PARAMETER) is not None:
            sent.add(str(body[PARAMETER]))
        sent.discard("")
        if len(sent) > 1:
            raise self.refusal("cart keys that differ were sent")
        return sent.pop() if sent else ""

    def opened_cart(self, cart_id: str = "") -> Cart:
        """The cart that the sent key opens; it must be the one that the path names, if any."""
        self.cart_key = self.sent_key
        if not self.cart_key:
            raise self.refusal("no cart key was sent")
        carts = Cart.objects.filter(store=self.store)
        if transaction.get_connection().in_atomic_block:
            # A write waits for whoever is ending this cart key now, and then it opens nothing.
            carts = carts.select_for_update()
        cart = carts.opened_by(self.cart_key)
        if cart is None:
            raise self.refusal("unknown, ended or expired cart key, or one of another store")
        if cart_id and cart.public_id != cart_id:
            raise self.refusal(f"the cart key opens another cart than {cart_id[:40]}")
        cart.store = self.store
        return cart

    def cart_to_fill(self, cart_id: str = "") -> Cart:
        """The cart that something is put into."""
        return self.opened_cart(cart_id)

    def refusal(self, detail: str) -> Refusal:
        return refusal(self, detail)

    def answer(self, cart: Cart) -> Response:
        """The cart with its key, in the body and in the headers that CoCart's clients read."""
        items = cart.contents if cart.pk else []
        total = cart.total_of(items)
        count = sum(item.quantity for item in items)
        document = {
            "id": cart.public_id if cart.pk else None,
            "cart_key": self.cart_key,
            "cart_key_version": cart.key_version,
            "customer": cart.customer or None,
            "currency": cart.currency,
            "items": items,
            "item_count": count,
            "totals": {
                "subtotal": total,
                "total": total,
                "currency": cart.currency,
                "item_count": count,
            },
            "invoice_id": cart.invoice.public_id if cart.invoice else None,
            "created_at": cart.date_added,
            "updated_at": cart.date_modified,
            "expires_at": cart.expires_at,
        }
        return Response(CartSerializer(document).data, headers=self.key_headers(cart))

    def key_headers(self, cart: Cart) -> dict[str, str]:
        return {
            **dict.fromkeys(HEADERS, self.cart_key),
            "CoCart-API-Cart-Expiring": str(int((cart.expires_at - EXPIRING).timestamp())),
            "CoCart-API-Cart-Expiration": str(int(cart.expires_at.timestamp())),
        }

    def with_key_headers(self, answer: Response) -> Response:
        """The answer with its cart key in the headers too, if it was kept without them."""
        for name in HEADERS:
            answer[name] = answer.data["cart_key"]
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, CartClosed):
            exc = CartIsClosed()
        elif isinstance(exc, NoSuchCart | Cart.DoesNotExist):
            exc = self.refusal(str(exc))
        return super().handle_exception(exc)


class CoCartView(CartView):
    """The same with CoCart's habits: whoever brings no cart key is given one.

    A ``GET`` may not write, so the key that it answers is an offer: good for this store, stored
    nowhere, and the key of a real cart from the first write that brings it back.
    """

    def cart_or_offer(self) -> Cart:
        """The cart to show: the opened one, or one that does not exist yet."""
        sent = self.sent_key
        if sent and not self._is_offered(sent):
            return self.opened_cart()
        self.cart_key = sent or cart_key.offer(self.store.public_id)
        return Cart.imagined(self.store)

    def cart_to_fill(self, cart_id: str = "") -> Cart:
        sent = self.sent_key
        if sent and not self._is_offered(sent):
            return self.opened_cart()
        try:
            cart, self.cart_key = Cart.objects.open(store=self.store, offered=sent or None)
        except NoSuchCart:  # another call brought the same offer in this very moment, and was first
            return self.opened_cart()
        return cart

    def _is_offered(self, key: str) -> bool:
        offered = cart_key.is_offer(key, store_id=self.store.public_id)
        return offered and not Cart.objects.has_used(key)
