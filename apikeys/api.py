"""The API's own views: whoami, the key's store, and the base of every protected view."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, views
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys import client_ip, ratelimit
from apikeys.authentication import OptionalAPIKeyAuthentication
from apikeys.call import ANY
from apikeys.models import APIKey, APIUser, Store


class ProtectedView(views.APIView):
    """A view behind the gate. Name its ``resource``; the caller is ``key``, its shop ``store``."""

    resource: str | None = None

    @property
    def key(self) -> APIKey:
        """The key that the gate let in; the same as ``request.auth``."""
        return cast(APIKey, self.request.auth)

    @property
    def store(self) -> Store:
        """The one store the key acts in: every row a view touches belongs to it."""
        return cast(APIUser, self.request.user).store

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: ``Allow`` on a refusal would tell a stranger what there is to be done here."""
        return {}

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """Say which methods there are, and nothing about the data."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


class WhoAmISerializer(serializers.Serializer[APIKey]):
    """What a caller may know of its own key."""

    username = serializers.CharField(source="api_user.username")
    consumer_key = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    permission = serializers.CharField()
    resources = serializers.ListField(child=serializers.CharField())
    store_id = serializers.CharField(source="api_user.store.public_id")
    expires_at = serializers.DateTimeField(allow_null=True)
    client_ip = serializers.SerializerMethodField()
    rate_limit = serializers.SerializerMethodField()

    def get_client_ip(self, key: APIKey) -> str | None:
        return client_ip.of_request(self.context["request"]._request).ip

    def get_rate_limit(self, key: APIKey) -> str:
        return ratelimit.text_of(key.rate_limit)


class StoreSerializer(serializers.Serializer[Store]):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    website = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()


class WhoAmI(ProtectedView):
    """The key that was presented, as the gate sees it. Every rule applies."""

    resource = ANY

    @extend_schema(responses=WhoAmISerializer, operation_id="whoami")
    def get(self, request: Request) -> Response:
        return Response(WhoAmISerializer(self.key, context={"request": request}).data)


class StoreList(ProtectedView):
    """The key's own store, as a list: what clients ask first."""

    resource = ANY

    @extend_schema(responses=StoreSerializer(many=True), operation_id="stores_list")
    def get(self, request: Request) -> Response:
        return Response([StoreSerializer(self.store).data])


class StoreDetail(ProtectedView):
    """The key's own store. Any other one, existing or not, is refused by the gate."""

    resource = ANY

    @extend_schema(responses=StoreSerializer, operation_id="stores_read")
    def get(self, request: Request, store_id: str) -> Response:
        return Response(StoreSerializer(self.store).data)


@extend_schema(exclude=True)
class Nowhere(ProtectedView):
    """Every path below the API's prefixes that is no route: 404, in JSON, for everybody."""

    resource = ANY
    authentication_classes = (OptionalAPIKeyAuthentication,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is nothing here.")
