"""Which method a level covers, in every carrier; and what becomes of all other methods."""

import pytest

from history.models import CallRecord, UnprovenCalls
from tests.factories import ACTOR, APIKeyFactory, StoreFactory
from tests.protected import NOTES, Note, names, write_note

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

CARRIERS = ("basic", "username", "query", "x-api-key", "bearer", "token")
COVERED = {
    "read": {"GET", "HEAD"},
    "write": {"POST", "PUT", "PATCH", "DELETE"},
    "read_write": {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"},
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("level", COVERED)
def test_a_level_covers_its_methods_and_no_other(call, level, carrier):
    key = APIKeyFactory(permission=level, rate_limit="none")
    for method in sorted(COVERED["read_write"]):
        Note.objects.all().delete()
        response = call(
            key,
            NOTES,
            method=method,
            carrier=carrier,
            data='{"name": "x"}' if method != "GET" else "",
        )

        covered = method in COVERED[level]
        assert response.status_code == (200 if covered else 403), method
        if not covered and method != "HEAD":
            assert response.json()["code"] == "method_not_permitted"
        assert Note.objects.exists() == (covered and method in {"POST", "PUT", "PATCH"})
        record = CallRecord.objects.first()
        assert (record.method, record.status) == (method, response.status_code)
    assert CallRecord.objects.count() == 6


@pytest.mark.parametrize("permission", ["read", "write"])
def test_head_is_answered_like_get_but_without_a_body(call, permission):
    key = APIKeyFactory(permission=permission)

    got, headed = call(key, NOTES), call(key, NOTES, method="HEAD")

    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert headed["Content-Type"] == got["Content-Type"]


@pytest.mark.parametrize("level", COVERED)
def test_options_needs_a_proven_key_but_no_level_and_runs_nothing(call, level):
    key = APIKeyFactory(permission=level)

    response = call(key, NOTES, method="OPTIONS", data='{"name": "x"}')

    assert response.status_code == 204
    assert response.content == b""
    assert {name.strip() for name in response["Allow"].split(",")} == {
        *("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    }
    assert not Note.objects.exists()
    assert CallRecord.objects.get().method == "OPTIONS"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (None, "missing_credentials"),
        ({"disabled": True}, "key_disabled"),
        ({"allowed_ips": ["203.0.113.7"]}, "ip_not_allowed"),
        ({"resources": ["invoices"]}, "resource_not_permitted"),
    ],
)
def test_options_tells_nothing_to_who_may_not_call(call, fields, code):
    key = None if fields is None else APIKeyFactory(**fields)

    response = call(key, NOTES, method="OPTIONS")

    assert response.json()["code"] == code
    assert "Allow" not in response
    assert "products" not in response.content.decode()


@pytest.mark.parametrize(
    "method", ["TRACE", "CONNECT", "PROPFIND", "FOO", "get", "Post", "QUERY", "GET\x00", "X" * 300]
)
def test_other_methods_are_not_allowed(call, method):
    key = APIKeyFactory(permission="read_write")

    response = call(key, NOTES, method=method)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert key.secret not in response.content.decode()
    assert "Authorization" not in response.content.decode()
    record = CallRecord.objects.get()
    assert (record.outcome, record.status) == ("allowed", 405)
    assert len(record.method) <= 16


@pytest.mark.parametrize("method", ["TRACE", "FOO", "get"])
def test_other_methods_without_a_key_are_refused_first(call, method):
    assert call(path=NOTES, method=method).status_code == 401
    assert UnprovenCalls.objects.get().reason == "missing_credentials"


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


@pytest.mark.parametrize("header", OVERRIDES)
def test_only_the_real_method_counts(call, header):
    reader, writer = APIKeyFactory(permission="read"), APIKeyFactory(permission="write")
    write_note("kept")

    assert call(reader, NOTES, headers={header: "DELETE"}).status_code == 200
    assert call(reader, f"{NOTES}?_method=DELETE").status_code == 200
    refused = call(reader, NOTES, method="POST", headers={header: "GET"}, data="_method=GET")
    assert refused.json()["code"] == "method_not_permitted"
    assert call(writer, NOTES, headers={header: "POST"}).status_code == 403
    assert names() == ["kept"]


@pytest.mark.parametrize(
    ("resources", "path", "status"),
    [
        ([], NOTES, 200),
        (["products"], NOTES, 200),
        (["invoices"], NOTES, 403),
        ([], "/api/v1/privileged", 403),
        (["payment_debug"], "/api/v1/privileged", 200),
        (["payment_debug"], NOTES, 403),
        ([], "/api/v1/nameless", 403),
        (["products", "payment_debug"], "/api/v1/nameless", 403),
        (["invoices"], "/api/v1/whoami", 200),
        (["invoices"], "/api/v1/stores", 200),
    ],
)
def test_resources_narrow_a_key(call, resources, path, status):
    assert call(APIKeyFactory(resources=resources), path).status_code == status


def test_a_key_acts_in_its_own_store_and_every_other_reads_the_same(call):
    key, foreign = APIKeyFactory(), StoreFactory()
    own = key.api_user.store.public_id

    assert call(key, f"/api/v1/stores/{own}/notes").status_code == 200
    answers = []
    for name in (
        foreign.public_id,
        "x" * 22,
        "0",
        "%00",
        own.swapcase(),
        own + "%20",
        "..%2F" + own,
    ):
        response = call(key, f"/api/v1/stores/{name}/notes")
        if response.status_code == 404:
            assert "/" in name or "%2F" in name
            continue
        body = response.json()
        del body["request_id"]
        answers.append((response.status_code, body))
    assert answers[0][1]["code"] == "store_not_permitted"
    assert all(answer == answers[0] for answer in answers)


def test_every_deed_counts_from_the_next_call_on(call):
    key = APIKeyFactory(permission="read_write", allowed_ips=["127.0.0.1"])
    assert call(key, NOTES).status_code == 200

    deeds = [
        (lambda: key.change(actor=ACTOR, permission="write"), 403),
        (lambda: key.change(actor=ACTOR, permission="read"), 200),
        (lambda: key.change(actor=ACTOR, resources=["carts"]), 403),
        (lambda: key.change(actor=ACTOR, resources=[]), 200),
        (lambda: key.disallow_ips(["127.0.0.1/32"], actor=ACTOR), 403),
        (lambda: key.change(actor=ACTOR, any_ip=True), 200),
        (lambda: key.api_user.disable(actor=ACTOR), 401),
        (lambda: key.api_user.enable(actor=ACTOR), 200),
        (lambda: key.disable(actor=ACTOR), 401),
        (lambda: key.enable(actor=ACTOR), 200),
        (lambda: key.rotate(actor=ACTOR), 401),
    ]
    for deed, status in deeds:
        deed()
        assert call(key, NOTES).status_code == status


def test_disabling_a_user_stops_all_its_keys_and_no_other(call):
    first = APIKeyFactory()
    keys = [first, APIKeyFactory(api_user=first.api_user), APIKeyFactory(api_user=first.api_user)]
    other = APIKeyFactory(store=first.api_user.store)

    first.api_user.disable(actor=ACTOR)

    assert {call(key, NOTES).json()["code"] for key in keys} == {"user_disabled"}
    assert call(other, NOTES).status_code == 200


def test_a_key_opens_no_page_of_the_console(call):
    key = APIKeyFactory(permission="read_write")
    for path in ("/console/", "/console/keys/", "/admin/", "/admin/apikeys/apikey/"):
        for method in ("GET", "POST"):
            response = call(key, path, method=method)
            assert response.status_code in {302, 403, 404, 405}, path
            assert key.secret not in response.content.decode()
    for path in ("/api/v1/keys", "/api/v1/api-keys", f"/api/v1/keys/{key.consumer_key}"):
        assert call(key, path).status_code == 404
