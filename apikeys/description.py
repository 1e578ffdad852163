"""The description of the API (OpenAPI), as anybody may fetch it."""

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request


class Description(SpectacularAPIView):
    """In YAML. Made once by every process: it takes long, and strangers may ask for it."""

    renderer_classes = [JSONRenderer]  # noqa: RUF012 - for errors, which are JSON here too

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            _description(),
            content_type=f"{OpenApiYamlRenderer.media_type}; charset=utf-8",
            headers={"Content-Disposition": 'inline; filename="store-api.yaml"'},
        )


@lru_cache(maxsize=1)
def _description() -> bytes:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    made: bytes = OpenApiYamlRenderer().render(document, renderer_context={})  # type: ignore[no-untyped-call]
    return made
