"""curl, in every form of a credential that is no signature."""

import json
import subprocess

import pytest

from tests import servers

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def key(live_console):
    servers.require("curl")
    return live_console.manage("create_api_key", "curl-carriers", "--any-ip")


def curl(url, *options):
    """The status and the body that curl gets."""
    done = subprocess.run(
        ["curl", "--silent", "--max-time", "20", "--write-out", "\n%{http_code}", *options, url],
        capture_output=True,
        text=True,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


FORMS = {
    "Basic with the consumer key": ["--user", "{key}:{secret}"],
    "Basic with the API username": ["--user", "{username}:{secret}"],
    "X-API-Key": ["--header", "X-API-Key: {secret}"],
    "Bearer": ["--header", "Authorization: Bearer {secret}"],
    "token": ["--header", "Authorization: token {secret}"],
    "both of Coinsnap's": [
        *("--header", "X-API-Key: {secret}", "--header", "Authorization: token {secret}")
    ],
    "the query": [
        *("--get", "--data-urlencode", "consumer_key={key}"),
        *("--data-urlencode", "consumer_secret={secret}"),
    ],
    "the query and a Bearer, as CoCart's tutorial": [
        *("--get", "--data-urlencode", "consumer_key={key}"),
        *("--data-urlencode", "consumer_secret={secret}"),
        *("--header", "Authorization: Bearer {secret}"),
    ],
}


def filled(options, key, secret):
    names = {"key": key["consumer_key"], "secret": secret, "username": key["username"]}
    return [option.format(**names) for option in options]


@pytest.mark.parametrize("form", FORMS)
def test_curl_is_let_in(live_console, key, form):
    status, body = curl(
        f"{live_console.url}/api/v1/whoami", *filled(FORMS[form], key, key["consumer_secret"])
    )

    assert (status, body["username"]) == (200, "curl-carriers")


@pytest.mark.parametrize("form", FORMS)
def test_curl_with_the_secret_of_another_key_is_not(live_console, key, form):
    other = live_console.manage("create_api_key", "curl-other", "--any-ip")
    names = {**key, "username": "curl-carriers"}
    if "{key}" not in str(FORMS[form]) and "{username}" not in str(FORMS[form]):
        other["consumer_secret"] = f"{other['consumer_secret'][:-1]}~"
    status, body = curl(
        f"{live_console.url}/api/v1/whoami", *filled(FORMS[form], names, other["consumer_secret"])
    )

    assert status == 401
    assert body["code"] == "invalid_credentials"


def test_curl_without_a_credential_is_told_what_is_missing(live_console):
    servers.require("curl")
    status, body = curl(f"{live_console.url}/api/v1/whoami")

    assert (status, body["code"]) == (401, "missing_credentials")
