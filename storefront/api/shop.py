"""The base of the shop's views: everything happens in the store of the key."""

from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys.actor import Actor
from apikeys.api import ProtectedView
from apikeys.text import UNSTORABLE
from storefront.api.incoming import Incoming
from storefront.models.owned import Owned

Row = TypeVar("Row", bound=Owned)


class ShopView(ProtectedView):
    """A protected view of one store. The gate has checked that the path names the key's own."""

    subject = ""
    """What the call is about, when neither its path nor its body says so: the cart of a header."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the gate: refuse text in the address that no database can even compare."""
        super().initial(request, *args, **kwargs)
        if any(UNSTORABLE.search(value) for value in kwargs.values()):
            raise NotFound("There is nothing here.")
        queries = dict(request.query_params.lists()).values()
        if any(UNSTORABLE.search(value) for values in queries for value in values):
            raise ParseError("The query holds text that cannot be stored.")

    def handle_exception(self, exc: Exception) -> Response:
        """What somebody else deleted after this call had found it is missing like anything else."""
        if isinstance(exc, ObjectDoesNotExist):
            exc = NotFound("There is nothing here.")
        return super().handle_exception(exc)

    @property
    def actor(self) -> Actor:
        return Actor.caller(self.request._request)

    def read(
        self, body: type[Incoming], *, partial: bool = False, own: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The values of the request's body, which may repeat what the object's ``own`` are now.

        Raises what is answered with 400.
        """
        context = {"store": self.store, "own": own}
        serializer = body(data=self.request.data, context=context, partial=partial)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def find(self, rows: QuerySet[Row], public_id: str) -> Row:
        """One row of the store. What belongs to another store is as missing as what is nowhere."""
        found = rows.filter(store=self.store, public_id=public_id).first()
        if found is None:
            raise NotFound(f"The store has no such {rows.model._meta.model_name}.")
        found.store = self.store
        return found
