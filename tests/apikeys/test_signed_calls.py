"""Signed calls, sent: what was changed on the way opens nothing, and history says so."""

import json
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from history.models import CallRecord, UnprovenCalls
from tests.calls import the_record, the_unproven
from tests.factories import APIKeyFactory
from tests.protected import NOTES, names

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

FORM = "application/x-www-form-urlencoded"
STRANGER = "203.0.113.7"


@pytest.fixture
def key():
    return APIKeyFactory(permission="read_write", signing=True, rate_limit="none")


def signed(key, path=NOTES, *, method="GET", base="https://testserver", form=None, **options):
    """What oauthlib signs, as options of ``call``."""
    body = urlencode(form) if form else None
    client = Client(key.consumer_key, client_secret=key.secret, **options)
    sent = {"Content-Type": FORM} if form else None
    url, headers, body = client.sign(f"{base}{path}", http_method=method, body=body, headers=sent)
    headers.pop("Content-Type", None)
    return {
        "path": url.removeprefix(base),
        "method": method,
        "headers": headers | {"Host": "testserver"},
        "data": body or "",
        "content_type": FORM if form else "application/json",
    }


def header_changed(old, new):
    def change(sent):
        authorization = sent["headers"]["Authorization"]
        assert old in authorization
        headers = sent["headers"] | {"Authorization": authorization.replace(old, new)}
        return sent | {"headers": headers}

    return change


def sent_to_host(host):
    return lambda sent: sent | {"headers": sent["headers"] | {"Host": host}}


CHANGES = {
    "another method": lambda sent: sent | {"method": "DELETE"},
    "HEAD": lambda sent: sent | {"method": "HEAD"},
    "another path": lambda sent: sent | {"path": "/api/v1/stores?page=2&q=a"},
    "the path with a slash": lambda sent: sent | {"path": f"{NOTES}/?page=2&q=a"},
    "a parameter altered": lambda sent: sent | {"path": f"{NOTES}?page=3&q=a"},
    "a parameter added": lambda sent: sent | {"path": f"{NOTES}?page=2&q=a&role=admin"},
    "a parameter dropped": lambda sent: sent | {"path": f"{NOTES}?page=2"},
    "another host": sent_to_host("127.0.0.1"),
    "another port": sent_to_host("testserver:8443"),
    "another scheme": lambda sent: sent | {"secure": False},
    "the scheme forged": lambda sent: {
        **sent,
        "secure": False,
        "headers": sent["headers"] | {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"},
    },
    "another nonce": header_changed('oauth_nonce="', 'oauth_nonce="1'),
    "another algorithm": header_changed("HMAC-SHA1", "HMAC-SHA256"),
    "the signature cut": header_changed('%3D"', '"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_refused_and_the_call_itself_is_let_in(call, key, change):
    good = signed(key, f"{NOTES}?page=2&q=a")

    refused = call(**CHANGES[change](good), REMOTE_ADDR=STRANGER)

    assert refused.status_code == 401
    the_unproven(reason="invalid_credentials", count=1, consumer_key=key.consumer_key)
    UnprovenCalls.objects.all().delete()
    assert call(**good, REMOTE_ADDR=STRANGER).status_code == 200
    the_record(outcome="allowed", reason="")


def test_a_changed_form_is_refused(call, key):
    good = signed(key, method="POST", form={"amount": "1", "note": "a b"})

    refused = call(**good | {"data": "amount=9&note=a+b"})

    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    the_unproven(reason="invalid_credentials", count=1)
    assert call(**good).status_code == 415  # let in; but the view reads JSON only


def test_a_changed_body_is_refused_when_its_hash_was_signed(call, key):
    body = json.dumps({"name": "x"})
    client = Client(key.consumer_key, client_secret=key.secret)
    url = f"http://testserver{NOTES}"
    _url, headers, _body = client.sign(
        url, http_method="POST", body=body, headers={"Content-Type": "application/json"}
    )
    assert "oauth_body_hash" in headers["Authorization"]
    good = {"path": NOTES, "method": "POST", "secure": False, "REMOTE_ADDR": STRANGER}
    good["headers"] = {"Authorization": headers["Authorization"], "Host": "testserver"}

    refused = call(**good, data=json.dumps({"name": "y"}))

    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    the_unproven(reason="invalid_credentials", count=1)
    assert call(**good, data=body).status_code == 200
    assert names() == ["x"]


def test_a_body_that_nothing_vouches_for_is_refused_over_http(call, key):
    sent = signed(key, method="POST", base="http://testserver") | {"data": '{"name": "x"}'}

    refused = call(**sent, secure=False, REMOTE_ADDR=STRANGER)

    assert (refused.status_code, refused.json()["code"]) == (401, "insecure_transport")
    the_unproven(reason="insecure_transport", count=1)
    assert names() == []


@pytest.mark.parametrize(
    "name", ["consumer_key", "nonce", "timestamp", "signature", "signature_method"]
)
def test_what_is_missing_tells_nothing_about_the_signature(call, key, name):
    sent = signed(key)
    parts = sent["headers"]["Authorization"].removeprefix("OAuth ").split(", ")
    left = [part for part in parts if not part.startswith(f"oauth_{name}=")]
    assert len(left) == len(parts) - 1

    refused = call(path=NOTES, headers={"Authorization": "OAuth " + ", ".join(left)})

    assert (refused.status_code, refused.json()["code"]) == (401, "malformed_credentials")
    assert "base" not in refused.content.decode().lower()
    the_unproven(reason="malformed_credentials", count=1)


def test_parameters_of_two_keys_in_header_and_query_are_ambiguous(call, key):
    reader = APIKeyFactory(signing=True)
    in_header = signed(reader)["headers"]
    in_query = signed(key, signature_type="QUERY")["path"]

    refused = call(path=in_query, headers=in_header)

    assert (refused.status_code, refused.json()["code"]) == (401, "ambiguous_credentials")
    the_unproven(reason="ambiguous_credentials", count=1)


@pytest.mark.parametrize("method", [SIGNATURE_HMAC_SHA256, "HMAC-SHA1"])
@pytest.mark.parametrize(
    ("fields", "sent_as", "status", "code"),
    [
        ({"disabled": True}, "GET", 401, "key_disabled"),
        ({"expired": True}, "GET", 401, "key_expired"),
        ({"permission": "read"}, "POST", 403, "method_not_permitted"),
        ({"permission": "write"}, "GET", 403, "method_not_permitted"),
        ({"resources": ["carts"]}, "GET", 403, "resource_not_permitted"),
    ],
)
def test_a_good_signature_opens_no_more_than_the_key_may(
    call, method, fields, sent_as, status, code
):
    key = APIKeyFactory(signing=True, **fields)

    refused = call(**signed(key, method=sent_as, signature_method=method))

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    the_record(outcome="denied", reason=code, key_id=key.pk)
    assert names() == []


@pytest.mark.parametrize("difference", [-86400, -905, 905, 86400])
def test_a_signature_of_another_time_is_stale(call, key, difference):
    timestamp = str(int(timezone.now().timestamp()) + difference)

    refused = call(**signed(key, timestamp=timestamp))

    assert (refused.status_code, refused.json()["code"]) == (401, "stale_timestamp")
    the_record(outcome="denied", reason="stale_timestamp")


def test_two_keys_may_use_the_same_nonce(call, key):
    other = APIKeyFactory(signing=True)
    now = str(int(timezone.now().timestamp()))

    answers = [call(**signed(one, nonce="n1", timestamp=now)) for one in (key, other, key)]

    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert CallRecord.objects.filter(outcome="allowed").count() == 2
    assert CallRecord.objects.get(outcome="denied").reason == "replayed_nonce"
