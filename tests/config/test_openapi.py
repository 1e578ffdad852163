"""The description of the API, as callers fetch it."""

import pytest
import yaml
from django.urls import reverse


@pytest.fixture
def description(client):
    return yaml.safe_load(client.get(reverse("schema")).content)


def test_it_is_public_and_names_its_version(description):
    assert description["openapi"].startswith("3.1")


def test_every_carrier_that_openapi_can_express_is_described(description):
    schemes = description["components"]["securitySchemes"]

    assert {name: scheme["type"] for name, scheme in schemes.items()} == {
        "basic": "http",
        "bearer": "http",
        "apiKey": "apiKey",
    }


def test_every_operation_needs_a_key_and_can_refuse_it(description):
    for path, operations in description["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for operation in operations.values():
            assert operation["security"], path
            assert {"401", "403", "429", "503"} <= operation["responses"].keys(), path


def test_the_one_error_body_is_described_once(description):
    problem = description["components"]["schemas"]["Problem"]
    refusal = description["paths"]["/api/v1/stores/"]["get"]["responses"]["401"]

    assert {"code", "message", "request_id"} <= set(problem["required"])
    assert refusal["content"]["application/problem+json"]["schema"] == {
        "$ref": "#/components/schemas/Problem"
    }


def test_it_is_not_made_anew_for_everybody_who_asks(client, monkeypatch):
    first = client.get(reverse("schema")).content
    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", None)

    assert client.get(reverse("schema"), {"lang": "de", "version": "7"}).content == first
    assert len(first) < 400_000


@pytest.mark.parametrize("method", ["post", "options"])
def test_it_takes_no_other_method_and_says_so_in_json(client, method):
    response = getattr(client, method)(reverse("schema"))

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
