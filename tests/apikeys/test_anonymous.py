"""Every address under /api/ and /wp-json/, walked without a credential."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve

from apikeys.authentication import APIKeyAuthentication
from history.models import CallRecord, UnprovenCalls
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db

PREFIXES = ("api/", "wp-json/")
PUBLIC = {"^api/schema/?$", "^api/docs/?$"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")
EXAMPLES = {"store_id": "x" * 22}


def routes(patterns=None, before=""):
    """Every pattern with what stands before it, as Django's resolver tries them."""
    for one in patterns if patterns is not None else get_resolver().url_patterns:
        whole = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield whole, one
        else:
            yield from routes(one.url_patterns, whole)


def spelt(route):
    """An address that the route leads from."""
    text = re.sub(
        r"\(\?P<(\w+)>[^()]*(?:\([^()]*\))*[^()]*\)", lambda m: EXAMPLES.get(m[1], "1"), route
    )
    text = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: EXAMPLES.get(m[1], "1"), text)
    return "/" + re.sub(r"[\^$?\\]|\\Z|\(\?:[^)]*\)\??", "", text)


def api_routes():
    return [(route, one) for route, one in routes() if route.replace("^", "").startswith(PREFIXES)]


def test_the_walk_reaches_every_route():
    walked = api_routes()

    assert [route for route, _one in walked if "whoami" in route]
    assert [route for route, one in walked if resolve(spelt(route)).func is not one.callback] == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_route_refuses_a_call_without_a_credential(client, slash):
    for route, _one in api_routes():
        if route in PUBLIC:
            continue
        address = spelt(route).rstrip("/") + slash
        for method in METHODS:
            response = client.generic(method, address, secure=True)
            assert response.status_code == 401, (method, address)
            assert response["Content-Type"] == "application/problem+json"
            if method != "HEAD":
                assert response.json()["code"] == "missing_credentials"
            assert "Allow" not in response
    assert not CallRecord.objects.exists()
    assert UnprovenCalls.objects.exists()


def test_every_route_is_guarded_or_on_the_list_of_public_ones():
    for route, one in api_routes():
        classes = getattr(getattr(one.callback, "cls", None), "authentication_classes", ())
        guarded = any(issubclass(each, APIKeyAuthentication) for each in classes)
        assert guarded or route in PUBLIC, route


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/whoami", "/api/v1/nothing/here/"),
        *("/api/v1/whoami/x", "/api/v1//whoami", "/api/v1/WHOAMI", "/api/v1/whoami.json"),
        *("/wp-json", "/wp-json/", "/wp-json/wc/v3/orders", "/api/v1/whoami%00", "/api/%ff%fe"),
        *("/api/v1/whoami;x=1", "/api/v1/%2e%2e/%2e%2e/console/", "/api/v1/stores//", "/api//"),
        *("/api/" + "x" * 4000, "/api/v1/stores/%0d%0aSet-Cookie:x=1/y"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_unknown_paths_answer_in_json(client, path, method):
    response = client.generic(method, path, secure=True)

    assert response.status_code in {401, 404}, response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert body["code"] in {"not_found", "missing_credentials"}
    assert "Set-Cookie" not in response.headers


def test_an_unknown_path_judges_and_records_a_credential(call):
    key, disabled = APIKeyFactory(), APIKeyFactory(disabled=True)

    assert call(key, "/api/v1/nothing").status_code == 404
    record = CallRecord.objects.get()
    assert (record.outcome, record.status, record.path) == ("allowed", 404, "/api/v1/nothing")
    assert call(disabled, "/api/v1/nothing").json()["code"] == "key_disabled"
    assert call(key, "/wp-json/x", secret="cs_live_wrong").status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/whoami", "/api/v1/whoami/", "/api/v1/stores/"])
def test_both_spellings_of_a_path_are_routes(call, path):
    assert call(APIKeyFactory(), path, carrier="query").status_code == 200


def test_answers_to_a_call_carry_the_security_headers(call):
    key = APIKeyFactory()
    for response in (call(key), call(), call(key, "/api/v1/nothing"), call(key, method="POST")):
        assert response["Cache-Control"] == "no-store"
        assert {"Authorization", "X-API-Key"} <= set(response["Vary"].split(", "))
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert response["X-Request-ID"]
        assert "Set-Cookie" not in response.headers
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_page_of_another_origin_may_read_an_answer(call, origin, method):
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for key in (APIKeyFactory(permission="read_write"), None):
        for path in ("/api/v1/whoami", "/console/login/", "/healthz"):
            response = call(key, path, method=method, headers=asked)
            named = [name for name in response.headers if name.lower().startswith("access-con")]
            assert named == [], path


def test_no_page_of_another_origin_may_read_a_static_file(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = Client().get(
        "/static/apikeys/console.css", headers={"Origin": "https://evil.example"}
    )

    response.close()
    assert response.status_code == 200
    assert [name for name in response.headers if name.lower().startswith("access-con")] == []


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html", "application/xml", "", "nonsense;;", "a" * 999]
)
def test_the_answer_is_json_whatever_is_accepted(call, accept):
    for key in (APIKeyFactory(), None):
        response = call(key, headers={"Accept": accept})
        assert response.status_code in {200, 401}
        assert "json" in response["Content-Type"]


@pytest.mark.parametrize("query", ["?format=api", "?format=xml", "?_method=DELETE", "?callback=x"])
def test_no_parameter_changes_the_form_of_the_answer(call, query):
    response = call(APIKeyFactory(), f"/api/v1/whoami{query}")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
