"""Bad input anywhere: a clear refusal, never a 500, nothing half done."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from history.models import CallRecord, UnprovenCalls
from tests.calls import basic
from tests.factories import APIKeyFactory
from tests.protected import NOTES, Note

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

# What a server hands on of a header: bytes as Latin-1, without line breaks and NUL.
HEADER = st.text(st.characters(max_codepoint=255), max_size=300)
FUZZ = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CARRYING = ("Authorization", "X-API-Key", "X-Forwarded-For", "Host", "User-Agent", "X-Request-ID")


@pytest.fixture
def writer():
    return APIKeyFactory(permission="read_write", rate_limit="none")


@pytest.mark.parametrize("name", CARRYING)
@FUZZ
@given(value=HEADER)
def test_any_bytes_in_any_header_lead_to_a_decision(call, settings, name, value):
    settings.FAILED_ATTEMPT_LIMIT = "none"
    settings.ALLOWED_HOSTS = ["*"]

    response = call(path=NOTES, headers={name: value})

    assert response.status_code in {400, 401}
    assert response.json()["code"]


@pytest.mark.parametrize("scheme", ["Basic ", "Bearer ", "token ", "OAuth "])
@FUZZ
@given(value=HEADER)
def test_any_credential_leads_to_a_decision(call, settings, scheme, value):
    settings.FAILED_ATTEMPT_LIMIT = "none"

    assert call(path=NOTES, headers={"Authorization": scheme + value}).status_code == 401


@FUZZ
@given(query=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=300))
def test_any_query_leads_to_a_decision(call, settings, query):
    settings.FAILED_ATTEMPT_LIMIT = "none"

    for sent in (query, f"consumer_key={query}", f"oauth_signature=x&oauth_consumer_key={query}"):
        assert call(path=f"{NOTES}?{sent}").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "\ud800" * 9},
        {"User-Agent": "\x00"},
        {"User-Agent": "x" * 9000},
        {"User-Agent": "<script>\u202e\u200b\u2028"},
        {"X-Forwarded-For": "\x00, 203.0.113.7"},
        {"X-Request-ID": "x" * 9000},
        {"X-Request-ID": "\x00"},
    ],
)
def test_whatever_stands_beside_a_good_credential_is_stored_safely(call, writer, headers):
    response = call(writer, NOTES, headers=headers)

    assert response.status_code == 200
    record = CallRecord.objects.get()
    assert len(record.user_agent) <= 200
    assert "\x00" not in record.user_agent
    assert response["X-Request-ID"] == record.request_id
    assert len(record.request_id) == 24


@pytest.mark.parametrize(
    "path",
    [
        f"{NOTES}/%00",
        f"{NOTES}/%ff%fe",
        f"{NOTES}/%ed%a0%80",
        f"{NOTES}/" + "x" * 5000,
        f"{NOTES}/%e2%80%ae%0d%0a%1b[31m",
        "/api/v1/stores/%00/notes",
        "/api/v1/stores/" + "9" * 5000 + "/notes",
    ],
)
def test_a_path_of_any_bytes_is_answered_and_stored(call, writer, path):
    response = call(writer, path)

    assert response.status_code in {403, 404}
    record = CallRecord.objects.get()
    assert len(record.path) <= 300
    assert record.path.isprintable()


def deep(levels):
    return "[" * levels + "]" * levels


BODIES = {
    "not JSON": (b"{", 400),
    "nothing but spaces": (b"   ", 400),
    "not UTF-8": (b'{"name": "\xff"}', 400),
    "UTF-16": ('{"name": "x"}'.encode("utf-16"), 400),
    "a byte order mark": (b'\xef\xbb\xbf{"name": "x"}', 400),
    "too deep": (deep(65).encode(), 400),
    "far too deep": (deep(200_000).encode(), 400),
    "too many members": (json.dumps(dict.fromkeys(map(str, range(1001)), 1)).encode(), 400),
    "a member named twice": (b'{"name": "a", "name": "b"}', 400),
    "a member named twice inside": (b'{"x": {"y": 1, "y": 2}}', 400),
    "NUL in a text": (b'{"name": "a\\u0000b"}', 400),
    "a lone surrogate": (b'{"name": "\\ud800"}', 400),
    "a lone surrogate as a name": (b'{"\\udfff": 1}', 400),
    "not a number": (b'{"amount": NaN}', 400),
    "infinity": (b'{"amount": Infinity}', 400),
    "too large a number": (b'{"amount": 1e999}', 400),
    "a number of many digits": (b'{"amount": ' + b"9" * 5000 + b"}", 400),
    "more than 1 MB": (b'{"name": "' + b"x" * 1024 * 1024 + b'"}', 413),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_body_is_refused_and_does_nothing(call, writer, what):
    body, status = BODIES[what]

    response = call(writer, NOTES, method="POST", data=body)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert not Note.objects.exists()
    record = CallRecord.objects.get()
    assert (record.outcome, record.status) == ("allowed", status)


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"),
        *("", "nonsense", "a/b; " + "x" * 3000, "\xff/\xfe"),
    ],
)
def test_a_body_of_another_type_is_refused_as_such(call, writer, content_type):
    response = call(
        writer, NOTES, method="POST", data=b"--x\r\n\r\nname=x", content_type=content_type
    )

    assert response.status_code == 415
    assert not Note.objects.exists()


def test_a_packed_body_is_not_unpacked(call, writer):
    bomb = gzip.compress(b'{"name": "' + b" " * 10_000_000 + b'"}')

    response = call(writer, NOTES, method="POST", data=bomb, headers={"Content-Encoding": "gzip"})

    assert response.status_code == 400
    assert not Note.objects.exists()
    assert CallRecord.objects.get().status == 400


def test_a_body_of_a_thousand_parts_is_not_taken_apart(call, writer):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b" " * 500 + b"\r\n"

    response = call(
        writer,
        NOTES,
        method="POST",
        data=part * 1000 + b"--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )

    assert response.status_code == 415
    assert not Note.objects.exists()
    assert CallRecord.objects.get().status == 415


@pytest.mark.parametrize("name", ["x" * 41, "x" * 500_000, ["a"], {"a": 1}, 10**30])
def test_a_value_that_the_database_refuses_leaves_nothing(call, writer, name):
    """Whatever the view makes of it: an error that it did not foresee undoes what it did."""
    call.args[0].raise_request_exception = False
    response = call(writer, NOTES, method="POST", data=json.dumps({"name": name}))

    assert response.status_code in {200, 500, 503}
    assert Note.objects.exists() == (response.status_code == 200)
    recorded = list(CallRecord.objects.values_list("status", flat=True))
    assert recorded == [response.status_code]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:443", "a" * 300, "[::1", "\x00", "127.0.0.1@evil", "-", " "],
)
def test_a_foreign_host_is_refused_in_json_and_named_nowhere(client, host):
    key = APIKeyFactory()
    headers = basic(key.consumer_key, key.secret) | {"Host": host}

    response = client.get("/api/v1/whoami", headers=headers, secure=True)

    assert response.status_code == 400
    assert response.json()["status"] == 400
    assert "evil" not in response.content.decode()


def test_who_uses_another_name_of_the_server_is_told_so(client):
    elsewhere = {"Host": "keys.internal.example"}

    answer = client.get("/api/v1/whoami", headers=elsewhere, secure=True)
    page = client.get("/console/", headers=elsewhere, secure=True)

    assert (answer.status_code, page.status_code) == (400, 400)
    assert answer.json()["message"] == "This server has another name."
    assert "ALLOWED_HOSTS" in page.content.decode()


def test_a_flood_of_bad_input_is_merged(call, time_machine):
    time_machine.move_to("2026-11-22 12:00Z")
    for _ in range(5):
        call(path=NOTES, headers={"Authorization": "Basic \xff"})

    assert UnprovenCalls.objects.get().count == 5
