"""What an invoice looks like over the API, in the fields of Coinsnap's and Greenfield's clients."""

from typing import Any

from rest_framework import serializers

from storefront.api.fields import AmountField, MetadataField, UnixTimeField
from storefront.api.incoming import Incoming
from storefront.models import Invoice, InvoiceStatus

# Greenfield's clients mark with a name of their own for "Settled".
MARKS = {"MarkedSettled": "Settled", "MarkedInvalid": "Invalid"}

# Folded: paidat is paid_at and paidAt, too.
SERVER_OWNED = """
    id invoiceid publicid status additionalstatus paid paidat paidamount amountpaid paidminor
    amountminor created createdat createdtime createdby dateadded datemodified settledat expiresat
    expirationtime monitoringexpiration checkoutlink archived archivedat
    availablestatusesformanualmarking
"""


class CheckoutBody(Incoming):
    """Greenfield's place for what Coinsnap has at the top level."""

    redirectURL = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    redirectUrl = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    redirectAutomatically = serializers.BooleanField(required=False)

    def _unwelcome(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}  # everything else in it is about payment, which happens elsewhere


class InvoiceBody(Incoming):
    server_owned = frozenset(SERVER_OWNED.split())

    amount = AmountField()
    currency = serializers.CharField(max_length=4, required=False)
    orderId = serializers.CharField(max_length=200, required=False, allow_blank=True)
    buyerEmail = serializers.EmailField(required=False, allow_blank=True)
    redirectUrl = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    redirectAutomatically = serializers.BooleanField(required=False)
    referralCode = serializers.CharField(max_length=200, required=False, allow_blank=True)
    walletMessage = serializers.CharField(max_length=500, required=False, allow_blank=True)
    enabledPaymentMethods = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=20, required=False
    )
    metadata = MetadataField(required=False)
    checkout = CheckoutBody(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """The model's names; what is at the top level goes before Greenfield's places."""
        checkout, metadata = values.get("checkout", {}), values.get("metadata", {})
        order_id = values.get("orderId") or metadata.get("orderId") or ""
        return {
            "amount": values["amount"],
            "currency": values.get("currency", ""),
            "order_id": str(order_id)[:200] if isinstance(order_id, str | int) else "",
            "buyer_email": values.get("buyerEmail", ""),
            "redirect_url": values.get("redirectUrl")
            or checkout.get("redirectURL")
            or checkout.get("redirectUrl", ""),
            "redirect_automatically": values.get(
                "redirectAutomatically", checkout.get("redirectAutomatically", False)
            ),
            "referral_code": values.get("referralCode", ""),
            "wallet_message": values.get("walletMessage", ""),
            "payment_methods": values.get("enabledPaymentMethods", []),
            "metadata": metadata,
        }


MODEL_NAMES = {
    "order_id": "orderId",
    "buyer_email": "buyerEmail",
    "redirect_url": "redirectUrl",
    "redirect_automatically": "redirectAutomatically",
    "referral_code": "referralCode",
    "wallet_message": "walletMessage",
    "payment_methods": "enabledPaymentMethods",
}


class CheckoutSerializer(serializers.Serializer[Invoice]):
    redirectURL = serializers.CharField(source="redirect_url", allow_blank=True)
    redirectAutomatically = serializers.BooleanField(source="redirect_automatically")
    expirationMinutes = serializers.SerializerMethodField()

    def get_expirationMinutes(self, invoice: Invoice) -> int:
        return int((invoice.expires_at - invoice.date_added).total_seconds() // 60)


class InvoiceSerializer(serializers.Serializer[Invoice]):
    """An invoice in the fields of both: Coinsnap's ``createdAt`` beside ``createdTime``."""

    id = serializers.CharField(source="public_id")
    storeId = serializers.CharField(source="store.public_id")
    status = serializers.ChoiceField(InvoiceStatus.choices)
    additionalStatus = serializers.CharField(source="additional_status")
    availableStatusesForManualMarking = serializers.ListField(
        child=serializers.CharField(), source="markable"
    )
    amount = AmountField()
    paidAmount = AmountField(source="paid")
    currency = serializers.CharField()
    type = serializers.CharField(source="kind")
    orderId = serializers.CharField(source="order_id", allow_blank=True)
    buyerEmail = serializers.CharField(source="buyer_email", allow_blank=True)
    redirectUrl = serializers.CharField(source="redirect_url", allow_blank=True)
    redirectAutomatically = serializers.BooleanField(source="redirect_automatically")
    referralCode = serializers.CharField(source="referral_code", allow_blank=True)
    walletMessage = serializers.CharField(source="wallet_message", allow_blank=True)
    enabledPaymentMethods = serializers.ListField(
        child=serializers.CharField(), source="payment_methods"
    )
    metadata = MetadataField()
    checkoutLink = serializers.CharField(source="checkout_link")
    checkout = CheckoutSerializer(source="*")
    createdAt = UnixTimeField(source="date_added")
    createdTime = UnixTimeField(source="date_added")
    expirationTime = UnixTimeField(source="expires_at")
    monitoringExpiration = UnixTimeField(source="monitored_until")
    archived = serializers.BooleanField(source="is_archived")


class MarkField(serializers.ChoiceField):
    """A status in any case: Greenfield's server reads them so, and a client relies on it."""

    def to_internal_value(self, data: Any) -> Any:
        known = {choice.lower(): choice for choice in self.choices}
        return super().to_internal_value(known.get(str(data).lower(), data))


class MarkBody(Incoming):
    status = MarkField(
        [InvoiceStatus.SETTLED, InvoiceStatus.INVALID, *MARKS],
        help_text="What it is marked as.",
        error_messages={"invalid_choice": "An invoice is marked as Settled or Invalid."},
    )


class PaymentBody(Incoming):
    server_owned = frozenset(SERVER_OWNED.split()) - {"paid"}

    amount = AmountField(required=False)
    confirmed = serializers.BooleanField(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if "amount" not in values and values.get("confirmed") is False:
            raise serializers.ValidationError(
                {"amount": "Say how much was paid that is not confirmed yet."}, code="required"
            )
        return values


class MetadataBody(Incoming):
    server_owned = InvoiceBody.server_owned | {"amount", "currency"}

    metadata = MetadataField()
