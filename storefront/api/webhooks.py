"""Webhooks over the API."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api.fields import named
from storefront.api.idempotency import IDEMPOTENCY_KEY, idempotent
from storefront.api.paging import PAGING, page
from storefront.api.shop import ShopView
from storefront.api.webhook_fields import RotationBody, WebhookBody, WebhookSerializer
from storefront.models import Webhook
from storefront.models.webhook_secret import OVERLAP


class WebhookList(ShopView):
    """The webhooks of the store, newest first."""

    resource = "webhooks"

    @extend_schema(
        responses=WebhookSerializer(many=True), operation_id="webhooks_list", parameters=PAGING
    )
    def get(self, request: Request, store_id: str) -> Response:
        return page(request, self.store.webhooks.registered(), WebhookSerializer)

    @extend_schema(
        request=WebhookBody,
        responses=WebhookSerializer,
        operation_id="webhooks_create",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent(hide=("secret",))
    def post(self, request: Request, store_id: str) -> Response:
        """Register a receiver. The answer is the only one that shows the secret."""
        values = self.read(WebhookBody)
        enabled = values.pop("enabled")
        with named():
            webhook, secret = Webhook.objects.register(actor=self.actor, store=self.store, **values)
        if enabled is False:
            webhook.disable(actor=self.actor)
        return Response(WebhookSerializer(webhook, context={"secret": secret}).data)


class WebhookDetail(ShopView):
    """One webhook."""

    resource = "webhooks"

    @extend_schema(responses=WebhookSerializer, operation_id="webhooks_read")
    def get(self, request: Request, store_id: str, webhook_id: str) -> Response:
        """One webhook, without its secret."""
        return Response(WebhookSerializer(self.webhook(webhook_id)).data)

    @extend_schema(
        request=WebhookBody, responses=WebhookSerializer, operation_id="webhooks_replace"
    )
    def put(self, request: Request, store_id: str, webhook_id: str) -> Response:
        """Change a webhook. What is null or absent stays as it is, the secret above all."""
        return self._change(webhook_id)

    @extend_schema(
        request=WebhookBody(partial=True),
        responses=WebhookSerializer,
        operation_id="webhooks_change",
    )
    def patch(self, request: Request, store_id: str, webhook_id: str) -> Response:
        """Change some fields of a webhook."""
        return self._change(webhook_id)

    @extend_schema(responses=WebhookSerializer, operation_id="webhooks_delete")
    def delete(self, request: Request, store_id: str, webhook_id: str) -> Response:
        """Delete a webhook. What was not delivered yet is not sent any more."""
        webhook = self.webhook(webhook_id)
        answer = WebhookSerializer(webhook).data
        webhook.delete(actor=self.actor)
        return Response(answer)

    def webhook(self, webhook_id: str) -> Webhook:
        return self.find(Webhook.objects.registered(), webhook_id)

    def _change(self, webhook_id: str) -> Response:
        webhook = self.webhook(webhook_id)
        values: dict[str, Any] = self.read(
            WebhookBody, partial=True, own=WebhookSerializer(webhook).data
        )
        with named():
            webhook.change(actor=self.actor, **values)
        return Response(WebhookSerializer(webhook).data)


class WebhookRotation(WebhookDetail):
    """A new secret for a webhook."""

    http_method_names = ("post", "options")

    @extend_schema(
        request=RotationBody,
        responses=WebhookSerializer,
        operation_id="webhooks_rotate_secret",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent(hide=("secret",))
    def post(self, request: Request, store_id: str, webhook_id: str) -> Response:
        """Replace the secret. Both sign until the overlap ends; only this answer shows the new."""
        webhook = self.webhook(webhook_id)
        values = self.read(RotationBody)
        overlap = timedelta(seconds=values["overlap"]) if "overlap" in values else OVERLAP
        secret = webhook.rotate(actor=self.actor, overlap=overlap)
        return Response(WebhookSerializer(webhook, context={"secret": secret}).data)
