"""The forms of a credential over the wire: real clients, and raw bytes no client would send."""

import base64
import json
import socket
from urllib.parse import urlsplit

import pytest
import requests
from oauthlib.oauth1 import Client
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth1

pytestmark = pytest.mark.e2e
WHOAMI = "/api/v1/whoami"


@pytest.fixture(scope="module")
def key(live_console):
    return live_console.manage(
        "create_api_key", "carriers", "--permission=read_write", "--any-ip", "--signing"
    )


@pytest.fixture(scope="module")
def other(live_console):
    return live_console.manage("create_api_key", "other", "--permission=read_write", "--any-ip")


@pytest.fixture
def whoami(live_console):
    return live_console.url + WHOAMI


def signing(key, **options):
    return OAuth1(key["consumer_key"], key["consumer_secret"], **options)


def basic_of(key):
    pair = f"{key['consumer_key']}:{key['consumer_secret']}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize("place", ["AUTH_HEADER", "QUERY"])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
@pytest.mark.parametrize(
    "query", ["", "?page=2&search=blue+shirt%2B100%25&include%5B0%5D=11&a=&a=b"]
)
def test_requests_oauthlib_signs_its_way_in(whoami, key, place, method, query):
    auth = signing(key, signature_type=place, signature_method=method)
    answer = requests.get(whoami + query, auth=auth, timeout=30)

    assert answer.status_code == 200, answer.text
    assert answer.json()["consumer_key"] == key["consumer_key"]


def test_a_signed_request_is_let_in_once(whoami, key):
    request = requests.Request("GET", whoami, auth=signing(key)).prepare()
    with requests.Session() as session:
        first, second = session.send(request, timeout=30), session.send(request, timeout=30)

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (401, "replayed_nonce")


def test_a_key_issued_without_signing_cannot_sign(whoami, other):
    answer = requests.get(whoami, auth=signing(other), timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


def test_a_signature_together_with_its_secret_is_one_credential(whoami, key, other):
    signed = requests.Request("GET", whoami, auth=signing(key, signature_type="QUERY")).prepare()
    url = signed.url

    both = requests.get(url, headers={"X-API-Key": key["consumer_secret"]}, timeout=30)
    assert both.status_code == 200, both.text
    mixed = requests.get(url, headers={"X-API-Key": other["consumer_secret"]}, timeout=30)
    assert (mixed.status_code, mixed.json()["code"]) == (401, "ambiguous_credentials")


@pytest.mark.parametrize(
    "sent",
    [
        lambda key: {"auth": HTTPBasicAuth(key["consumer_key"], key["consumer_secret"])},
        lambda key: {"auth": HTTPBasicAuth(key["username"], key["consumer_secret"])},
        lambda key: {"params": {name: key[name] for name in ("consumer_key", "consumer_secret")}},
        lambda key: {"headers": {"X-API-Key": key["consumer_secret"]}},
        lambda key: {"headers": {"Authorization": f"Bearer {key['consumer_secret']}"}},
        lambda key: {"headers": {"Authorization": f"token {key['consumer_secret']}"}},
    ],
    ids=["basic", "username", "query", "x-api-key", "bearer", "token"],
)
def test_every_bare_carrier_opens_on_plain_loopback(whoami, key, sent):
    answer = requests.get(whoami, timeout=30, **sent(key))
    assert answer.status_code == 200, answer.text
    proxied = sent(key)
    proxied["headers"] = proxied.get("headers", {}) | {"Via": "1.1 somewhere"}
    refused = requests.get(whoami, timeout=30, **proxied)
    assert (refused.status_code, refused.json()["code"]) == (401, "insecure_transport")


def raw(url, *lines, target=WHOAMI):
    """Send these header lines as they are; the status and the JSON body of the answer."""
    parts = urlsplit(url)
    head = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close", *lines, "", ""]
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    header, _, body = answer.partition(b"\r\n\r\n")
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    return int(header.split()[1]), document.get("code")


def test_two_authorization_lines_are_ambiguous(whoami, key, other):
    status, code = raw(
        whoami,
        f"Authorization: {basic_of(key)}",
        f"Authorization: Bearer {other['consumer_secret']}",
    )
    assert (status, code) == (401, "ambiguous_credentials")


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        (["X-API-Key: \xff\xfe\xfd"], {(401, "malformed_credentials"), (400, None)}),
        (["Authorization: Basic //79/g=="], {(401, "malformed_credentials")}),
        (["X_API_Key: {secret}"], {(401, "missing_credentials")}),
        (["X.API.Key: {secret}"], {(401, "missing_credentials"), (400, None)}),
        (["X-API-Key: {secret}, {secret}"], {(401, "ambiguous_credentials")}),
        (["X-API-Key: {secret}", "X-API-Key: {secret}"], {(401, "ambiguous_credentials")}),
        (["Cookie: consumer_secret={secret}"], {(401, "missing_credentials")}),
        (["X-API-Key: " + "x" * 8000], {(401, "malformed_credentials"), (431, None)}),
    ],
    ids=["8 bit", "not UTF-8", "underscores", "dots", "comma", "twice", "cookie", "8 KB"],
)
def test_raw_bytes_are_refused_with_a_reason(whoami, key, lines, answers):
    secret = key["consumer_secret"]
    assert raw(whoami, *(line.replace("{secret}", secret) for line in lines)) in answers


def test_credentials_in_an_absolute_target_do_not_count(whoami, key):
    netloc = urlsplit(whoami).netloc
    target = f"http://{key['consumer_key']}:{key['consumer_secret']}@{netloc}{WHOAMI}"
    status, _code = raw(whoami, target=target)
    assert status in {400, 401}


def test_the_path_is_signed_as_it_is_sent(whoami, key):
    """An escaped spelling reaches the same view, but only its own signature opens it."""
    escaped = "/api/v1/who%61mi"

    def call_signed_for(path):
        url = whoami.removesuffix(WHOAMI) + path
        _url, headers, _body = Client(key["consumer_key"], key["consumer_secret"]).sign(url)
        return raw(url, f"Authorization: {headers['Authorization']}", target=escaped)

    assert call_signed_for(WHOAMI) == (401, "invalid_credentials")
    assert call_signed_for(escaped) == (200, None)
