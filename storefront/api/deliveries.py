"""The delivery log over the API."""

import json

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api.fields import named
from storefront.api.idempotency import IDEMPOTENCY_KEY, idempotent
from storefront.api.paging import PAGING, page
from storefront.api.shop import ShopView
from storefront.api.webhook_fields import DeliverySerializer
from storefront.models import Delivery, Webhook
from storefront.models.delivery import DeliveryQuerySet


class DeliveryView(ShopView):
    resource = "webhooks"

    def deliveries(self, webhook_id: str) -> DeliveryQuerySet:
        webhook = self.find(Webhook.objects.registered(), webhook_id)
        return Delivery.objects.filter(webhook=webhook).with_all()

    def delivery(self, webhook_id: str, delivery_id: str) -> Delivery:
        found = self.deliveries(webhook_id).filter(public_id=delivery_id).first()
        if found is None:
            raise NotFound("The webhook has no such delivery.")
        return found


class DeliveryList(DeliveryView):
    """What was sent to one receiver, newest first, and how it answered."""

    @extend_schema(
        responses=DeliverySerializer(many=True), operation_id="deliveries_list", parameters=PAGING
    )
    def get(self, request: Request, store_id: str, webhook_id: str) -> Response:
        return page(request, self.deliveries(webhook_id), DeliverySerializer)


class DeliveryDetail(DeliveryView):
    """One delivery."""

    @extend_schema(responses=DeliverySerializer, operation_id="deliveries_read")
    def get(self, request: Request, store_id: str, webhook_id: str, delivery_id: str) -> Response:
        return Response(DeliverySerializer(self.delivery(webhook_id, delivery_id)).data)


class DeliveryMessage(DeliveryView):
    """The message that was sent."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="deliveries_read_message")
    def get(self, request: Request, store_id: str, webhook_id: str, delivery_id: str) -> Response:
        return Response(json.loads(self.delivery(webhook_id, delivery_id).body()))


class Redelivery(DeliveryView):
    """A message once more."""

    @extend_schema(
        request=None,
        responses=OpenApiTypes.STR,
        operation_id="deliveries_redeliver",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, store_id: str, webhook_id: str, delivery_id: str) -> Response:
        """Send the message once more. The receiver knows it again by its ``webhook-id``.

        The answer is the id of the new delivery, as a JSON string: Greenfield's clients expect it.
        """
        with named():
            again = self.delivery(webhook_id, delivery_id).redeliver(actor=self.actor)
        return Response(again.public_id)
