"""Links that hand a cart over to the customer's browser: made here, or checked here."""

from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys.call import Call
from apikeys.denial import DenialReason, Denied
from storefront import redemption, transfer_link
from storefront.api.cart_access import refusal
from storefront.api.fields import named
from storefront.api.incoming import Incoming
from storefront.api.shop import ShopView
from storefront.models import Cart, SessionTransfer
from storefront.models.transfer_target import Action
from storefront.redemption import Redemption

LATEST: Final = 10**10
NAMES: Final = {
    "subscription": "sub",
    "client": "client_session_id",
    "expires_at": "client_session_id_expiration",
}


class TransferBody(Incoming):
    """WooGraphQL's names for what binds a link to a customer."""

    server_owned = frozenset({"id", "ticket", "url", "expires", "expiresat", "spentat"})

    cart = serializers.CharField(max_length=44, help_text="The public id of the cart.")
    action = serializers.ChoiceField(
        choices=Action.choices,
        error_messages={"invalid_choice": f"Choose from: {', '.join(Action.values)}."},
    )
    sub = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="The subscription, for change-sub and renew-sub only.",
    )
    client_session_id = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="The SHA-256 of the customer's client IP and user agent, joined by a line feed.",
    )
    client_session_id_expiration = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LATEST,
        help_text="When the link ends, in Unix seconds. TRANSFER_MAX_LIFETIME may end it sooner.",
    )
    lifetime = serializers.IntegerField(
        required=False, min_value=1, max_value=LATEST, help_text="Seconds; 600 unless asked."
    )


class TransferSerializer(serializers.Serializer[SessionTransfer]):
    id = serializers.CharField(source="public_id")
    cart = serializers.CharField(source="cart.public_id")
    action = serializers.CharField()
    sub = serializers.CharField(source="subscription", allow_blank=True)
    client_session_id = serializers.CharField(source="client", allow_blank=True)
    expires_at = serializers.DateTimeField(default_timezone=UTC)


MADE: Final = inline_serializer(
    "SessionTransferLink",
    {**TransferSerializer().get_fields(), "url": serializers.CharField()},
)
CHECKED: Final = inline_serializer(
    "SessionTransferCheck",
    {
        "valid": serializers.BooleanField(),
        "reason": serializers.CharField(
            allow_blank=True, help_text="Why it would be refused; blank when valid."
        ),
        "cart": serializers.CharField(allow_null=True),
        "action": serializers.CharField(allow_null=True),
        "expires_at": serializers.DateTimeField(allow_null=True),
    },
)


class SessionTransfers(ShopView):
    """Make a link that hands one cart over to one browser, once."""

    resource = redemption.RESOURCE

    @extend_schema(operation_id="session_transfers_create", request=TransferBody, responses=MADE)
    def post(self, request: Request, store_id: str) -> Response:
        values = self.read(TransferBody)
        cart = Cart.objects.alive().filter(store=self.store, public_id=values["cart"]).first()
        if cart is None:
            raise refusal(self, "the store has no such cart, or it has expired")
        cart.store = self.store
        try:
            with named(NAMES):
                transfer, ticket = SessionTransfer.objects.issue(
                    key=self.key,
                    cart=cart,
                    action=values["action"],
                    subscription=values["sub"],
                    client=values["client_session_id"],
                    expires_at=_asked_end(values),
                )
        except Cart.DoesNotExist as error:
            raise refusal(self, "the cart was deleted in this very moment") from error
        url = f"{settings.PUBLIC_URL}{transfer_link.PATH}?ticket={ticket}"
        return Response({**TransferSerializer(transfer).data, "url": url})


def _asked_end(values: dict[str, Any]) -> datetime | None:
    """The earlier of the ends that were asked for, if any."""
    ends = []
    if "client_session_id_expiration" in values:
        ends.append(values["client_session_id_expiration"])
    if "lifetime" in values:
        ends.append(int(timezone.now().timestamp()) + values["lifetime"])
    return datetime.fromtimestamp(min(ends), UTC) if ends else None


class CheckBody(Incoming):
    url = serializers.CharField(max_length=2048)
    client_session_id = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="Of the customer who will follow the link; not looked at unless given.",
    )


class SessionTransferCheck(ShopView):
    """Say whether a link would hold now, and why not. Nothing is used up."""

    resource = redemption.RESOURCE

    @extend_schema(operation_id="session_transfers_check", request=CheckBody, responses=CHECKED)
    def post(self, request: Request, store_id: str) -> Response:
        values = self.read(CheckBody)
        address, _, query = values["url"].partition("?")
        examined = Redemption(query, Call.from_request(request._request))
        reason = ""
        try:
            if address.removesuffix("/") != settings.PUBLIC_URL + transfer_link.PATH:
                raise Denied(DenialReason.TRANSFER, "the link leads to another address than ours")
            examined.verify(client=values.get("client_session_id") or None)
        except Denied as denied:
            reason = denied.detail
        if examined.store != self.store:
            # Nobody vouched for it, or a key of another store did: of those nothing is said.
            if examined.claimed_key or examined.store is not None:
                reason = "no key of this store made the link, or the signature is not valid"
            known = ("cart", "action", "expires_at")
            return Response({"valid": False, "reason": reason, **dict.fromkeys(known)})
        return Response(
            {
                "valid": not reason,
                "reason": reason,
                "cart": examined.cart.public_id if hasattr(examined, "cart") else None,
                "action": examined.action,
                "expires_at": _in_utc(examined.expires_at),
            }
        )


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
