"""A guarded resource of the tests' own: what an integration reads and writes, with no storefront.

Use it with ``pytestmark = pytest.mark.urls("tests.protected")``. A note is a row that a ``POST``
makes (of a table that calls have no other use for), in the transaction of the call; ``then`` in the
body says how the view ends.
"""

from datetime import timedelta

from django.contrib.sessions.models import Session as Note
from django.urls import path
from django.utils import timezone
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from apikeys.api import ProtectedView
from apikeys.authentication import Refusal
from apikeys.denial import DenialReason, Denied
from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["Note", "handler400", "handler403", "handler404", "handler500"]

NOTES = "/api/v1/notes"


def write_note(name):
    later = timezone.now() + timedelta(days=1)
    return Note.objects.create(session_key=name, expire_date=later)


def names():
    """The names of all notes there are."""
    return list(Note.objects.values_list("session_key", flat=True))


class Notes(ProtectedView):
    resource = "products"

    def get(self, request, **named):
        return Response(names())

    def post(self, request, **named):
        note = write_note(request.data.get("name", "a note"))
        status = end(request, request.data.get("then"))
        return Response({"name": note.pk}, status=status)

    put = patch = post

    def delete(self, request, **named):
        Note.objects.all().delete()
        return Response([])


def end(request, how):
    match how:
        case "invalid":
            raise ValidationError({"name": "no"})
        case "missing":
            raise NotFound
        case "conflict":
            return 409
        case "crash":
            raise RuntimeError("a mistake of ours")
        case "twice":
            write_note(request.data["name"])  # the database refuses the second
        case "cart":
            refuse(request, DenialReason.CART)
    return 200


def refuse(request, reason):
    """As a view refuses a proven key: history learns it from the request."""
    denied = Denied(reason, "what only the operator is told")
    request._request.denial = denied
    raise Refusal(denied)


class Privileged(Notes):
    resource = "payment_debug"


class Nameless(Notes):
    resource = None


def link(request):
    """A page outside of the API that refuses a visitor, as session-transfer links do."""
    from django.http import HttpResponse

    request.denial = Denied(DenialReason.TRANSFER, "expired")
    return HttpResponse("This link is not valid any more.")


urlpatterns = [
    path("api/v1/notes", Notes.as_view()),
    path("api/v1/privileged", Privileged.as_view()),
    path("api/v1/nameless", Nameless.as_view()),
    path("api/v1/stores/<store_id>/notes", Notes.as_view()),
    path("link", link),
    *urls.urlpatterns,
]
