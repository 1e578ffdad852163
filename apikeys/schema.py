"""The OpenAPI description of every protected view: its errors are the one body."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from apikeys.call import ANY
from apikeys.models import Permission
from apikeys.rules import METHODS

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "message", "data", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "message": {"type": "string"},
        "data": {"type": "object", "properties": {"status": {"type": "integer"}}},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
NAMED = "#/components/schemas/Problem"
ERRORS = {
    "400": "The request cannot be read, or a value does not fit.",
    "401": "The credential is missing, not valid, or its key may not be used any more.",
    "403": "The key may not be used for this, or not from here.",
    "404": "There is nothing here.",
    "405": "This path has no such method.",
    "409": "The first request with this Idempotency-Key is still being worked on; or the cart was "
    "checked out.",
    "413": "The body may have at most 1 MB.",
    "415": "Send JSON.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "Limit reached; see Retry-After.",
    "503": "The call could not be recorded, so nothing was done; see Retry-After.",
}


class ProblemAutoSchema(AutoSchema):
    """Groups operations by the resource that a key needs, and tells how each can be refused."""

    def get_tags(self) -> list[str]:
        if self.path.startswith("/wp-json/"):
            return ["cocart"]
        resource = getattr(self.view, "resource", None)
        return ["key"] if resource in {None, ANY} else [str(resource)]

    def get_summary(self) -> str:
        """The first sentence of what the view says of itself."""
        first, _stop, _rest = self.get_description().partition(".")
        return " ".join(first.replace("``", "").split())

    def get_extensions(self) -> dict[str, Any]:
        """What a key needs for the operation, which OpenAPI has no words for."""
        level = "read" if self.method in METHODS[Permission.READ] else "write"
        return {"x-resource": getattr(self.view, "resource", None), "x-permission": level}

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if responses.pop("204", None):
            # Taken for granted where something is deleted; here the answer is what was deleted.
            responses["200"] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                self.get_response_serializers(), "200", direction=direction
            )
        for status, description in ERRORS.items():
            responses.setdefault(
                status,
                {
                    "description": description,
                    "content": {"application/problem+json": {"schema": {"$ref": NAMED}}},
                },
            )
        return responses


def add_problem(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The one error body is in the description once; every operation points to it."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    return result


def drop_trailing_slashes(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Both spellings are routes; the one that the README and the shops' clients use is shown."""
    result["paths"] = {path.rstrip("/"): item for path, item in result["paths"].items()}
    return result


class APIKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The carriers of a key, of which a call uses one.

    A signed call (OAuth 1.0a) and the query pair are left out: OpenAPI has no words for them.
    """

    target_class = "apikeys.authentication.APIKeyAuthentication"
    name = ["basic", "bearer", "apiKey"]  # noqa: RUF012 - spectacular asks for a list

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Any one of them: names in one and the same object would all be required."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return [
            {
                "type": "http",
                "scheme": "basic",
                "description": "The consumer key and the consumer secret.",
            },
            {"type": "http", "scheme": "bearer", "description": "The consumer secret."},
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-API-Key",
                "description": "The consumer secret.",
            },
        ]
