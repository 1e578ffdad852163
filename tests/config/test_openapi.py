"""The description of the API, as callers fetch it."""

import pytest
import yaml
from django.conf import settings
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
    refusal = description["paths"]["/api/v1/stores"]["get"]["responses"]["401"]

    assert {"code", "message", "request_id"} <= set(problem["required"])
    assert refusal["content"]["application/problem+json"]["schema"] == {
        "$ref": "#/components/schemas/Problem"
    }


def test_any_one_carrier_is_enough(description):
    whoami = description["paths"]["/api/v1/whoami"]["get"]

    assert whoami["security"] == [{"basic": []}, {"bearer": []}, {"apiKey": []}]


def test_an_operation_says_what_a_key_needs_for_it(description):
    assert description["paths"]["/api/v1/whoami"]["get"]["x-resource"] == "any"
    for operations in description["paths"].values():
        for method, operation in operations.items():
            assert operation["x-resource"] in {"any", *settings.APIKEYS_RESOURCES}
            assert operation["x-permission"] == ("read" if method == "get" else "write")
            assert operation["summary"]
            # Deleting answers with what was deleted, as everything else answers with what is.
            assert {status for status in operation["responses"] if status < "300"} == {"200"}


def test_no_two_operations_of_a_path_say_the_same_of_themselves(description):
    for path, operations in description["paths"].items():
        said = [(name, one["summary"]) for name, one in operations.items() if name != "post"]
        assert len({summary for _name, summary in said}) == len(said), path


def test_it_is_not_made_anew_for_everybody_who_asks(client, monkeypatch):
    first = client.get(reverse("schema")).content
    client.get(reverse("docs"))
    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", None)

    assert client.get(reverse("schema"), {"lang": "de", "version": "7"}).content == first
    assert len(first) < 400_000
    assert client.get(reverse("docs")).status_code == 200


@pytest.mark.parametrize("spelling", ["/api/docs/", "/api/docs"])
def test_the_page_for_people_shows_every_operation_with_all_its_members(
    client, description, spelling
):
    page = client.get(spelling).content.decode()

    for path, operations in description["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in page
    for member in ("checkout.redirectURL", "items.quantity", "cart_key"):
        assert f"<code>{member}</code>" in page
    assert "New | Processing | Settled | Expired | Invalid" in page


@pytest.mark.parametrize("name", ["schema", "docs"])
@pytest.mark.parametrize("method", ["post", "options"])
def test_it_takes_no_other_method_and_says_so_in_json(client, name, method):
    response = getattr(client, method)(reverse(name))

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
