"""The description of the API, as anybody may fetch it: OpenAPI for programs, a page for people."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from apikeys import problem, reference


class Description(SpectacularAPIView):
    """In YAML. Made once by every process: it takes long, and strangers may ask for it."""

    renderer_classes = [JSONRenderer]  # noqa: RUF012 - for errors, which are JSON here too

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            _in_yaml(),
            content_type=f"{OpenApiYamlRenderer.media_type}; charset=utf-8",
            headers={"Content-Disposition": 'inline; filename="store-api.yaml"'},
        )


@never_cache
def docs(request: HttpRequest) -> HttpResponse:
    """The same as a page. It names no shop, and works without script."""
    if request.method not in {"GET", "HEAD"}:
        return problem.response(
            request,
            405,
            "method_not_allowed",
            "This method is not allowed here.",
            headers={"Allow": "GET, HEAD"},
        )
    context = {"groups": _in_groups(), "base_url": settings.PUBLIC_URL}
    return render(request, "apikeys/reference.html", context)


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=1)
def _in_yaml() -> bytes:
    made: bytes = OpenApiYamlRenderer().render(_document(), renderer_context={})  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=1)
def _in_groups() -> dict[str, list[reference.Operation]]:
    return reference.groups(_document())
