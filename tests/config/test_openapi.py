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
