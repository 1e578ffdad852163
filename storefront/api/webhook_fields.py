"""What webhooks and their deliveries look like over the API, in both dialects."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storefront.api.fields import UnixTimeField
from storefront.api.incoming import Incoming
from storefront.events import GREENFIELD
from storefront.models import Delivery, InvoiceStatus, Webhook

# Folded: disabledreason is disabled_reason, too.
SERVER_OWNED = """
    id webhookid publicid status disabledreason deletedat sealed formersealed formeruntil failures
    failingsince createdat dateadded datemodified
"""


class AuthorizedEventsBody(Incoming):
    """Greenfield's list of events. Coinsnap's names are understood in it, too."""

    everything = serializers.BooleanField(required=False)
    specificEvents = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=50, required=False
    )


class WebhookBody(Incoming):
    server_owned = frozenset(SERVER_OWNED.split())

    url = serializers.CharField(max_length=2000, trim_whitespace=False)
    events = serializers.ListField(
        child=serializers.CharField(max_length=50),
        max_length=50,
        required=False,
        help_text="New, Processing, Settled, Expired, Invalid, or Greenfield's names of these. "
        "Without a list: New, Processing, Settled, Expired.",
    )
    authorizedEvents = AuthorizedEventsBody(required=False)
    secret = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=128,
        help_text="16 to 128 visible ASCII characters; made here when absent.",
    )
    enabled = serializers.BooleanField(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """The names of the deeds. None is "not said"."""
        return {
            "url": values.get("url"),
            "names": _names(values, own=self.context.get("own") or {}),
            "secret": values.get("secret", ""),
            "enabled": values.get("enabled"),
        }


def _names(values: dict[str, Any], *, own: dict[str, Any]) -> list[str] | None:
    """The list that was meant, when a client sends back the other one as it read it."""
    if "events" in values and not (
        values["events"] == own.get("events") and "authorizedEvents" in values
    ):
        names: list[str] = values["events"]
        return names
    authorized = values.get("authorizedEvents", {})
    if authorized.get("everything"):
        return list(GREENFIELD.values())
    specific: list[str] | None = authorized.get("specificEvents")
    return specific


class RotationBody(Incoming):
    overlap = serializers.IntegerField(
        min_value=0,
        max_value=7 * 24 * 60 * 60,
        required=False,
        help_text="Seconds for which both secrets sign: 86400 unless said otherwise.",
    )


class AuthorizedEventsSerializer(serializers.Serializer[Webhook]):
    everything = serializers.BooleanField()
    specificEvents = serializers.SerializerMethodField()

    def get_specificEvents(self, webhook: Webhook) -> list[str]:
        return [GREENFIELD.get(event, event) for event in webhook.events]


class WebhookSerializer(serializers.Serializer[Webhook]):
    """A webhook in the fields of both. The secret is shown once, when it is made."""

    id = serializers.CharField(source="public_id")
    url = serializers.CharField()
    secret = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField()
    authorizedEvents = AuthorizedEventsSerializer(source="*")
    enabled = serializers.BooleanField(source="is_enabled")
    disabledReason = serializers.CharField(source="disabled_reason", allow_blank=True)
    automaticRedelivery = serializers.BooleanField(source="redelivers")
    createdTime = UnixTimeField(source="date_added")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_secret(self, webhook: Webhook) -> str | None:
        secret: str | None = self.context.get("secret")
        return secret

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_events(self, webhook: Webhook) -> list[str]:
        return [event for event in webhook.events if event in InvoiceStatus.values]


class AttemptSerializer(serializers.Serializer[Any]):
    at = serializers.SerializerMethodField()
    status = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_at(self, attempt: dict[str, str]) -> str:
        """In UTC, spelt as every other time: the log keeps a text, which no field would touch."""
        return attempt["at"].replace("+00:00", "Z")


class DeliverySerializer(serializers.Serializer[Delivery]):
    """One delivery. Of what the receiver said, its status is kept, and nothing else."""

    id = serializers.CharField(source="public_id")
    webhookId = serializers.CharField(source="webhook.public_id")
    originalDeliveryId = serializers.CharField(source="message_id")
    isRedelivery = serializers.BooleanField(source="is_redelivery")
    type = serializers.CharField(source="event.type")
    invoiceId = serializers.CharField(source="event.invoice.public_id")
    state = serializers.CharField(source="status")
    status = serializers.SerializerMethodField()
    httpCode = serializers.IntegerField(source="response_status", allow_null=True)
    durationMs = serializers.IntegerField(source="duration_ms", allow_null=True)
    errorMessage = serializers.CharField(source="error_text", allow_blank=True)
    timestamp = UnixTimeField(source="date_added")
    nextAttemptTime = serializers.SerializerMethodField()
    attempts = AttemptSerializer(many=True)

    def get_status(self, delivery: Delivery) -> str:
        """Greenfield's words for the last attempt."""
        if delivery.response_status is None:
            return "Failed" if delivery.error else "Pending"
        return "HttpSuccess" if 200 <= delivery.response_status < 300 else "HttpError"

    def get_nextAttemptTime(self, delivery: Delivery) -> int | None:
        due = delivery.next_attempt_at
        return None if due is None else int(due.timestamp())
