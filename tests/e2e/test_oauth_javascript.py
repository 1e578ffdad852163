"""npm's oauth-1.0a, unchanged: header and query, HMAC-SHA1 and HMAC-SHA256."""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
CLIENT = Path(__file__).with_name("oauth.mjs")


@pytest.fixture(scope="module")
def key(live_console):
    return live_console.manage("create_api_key", "oauth-js", "--any-ip", "--signing")


@pytest.fixture
def call_twice(live_console, node_modules, key):
    """Sign one request and send it twice; both answers."""

    def run(*, method, place, path="/api/v1/whoami", secret=key["consumer_secret"]):
        settings = {
            "URL_TO_CALL": live_console.url + path,
            "CONSUMER_KEY": key["consumer_key"],
            "CONSUMER_SECRET": secret,
            "SIGNATURE_METHOD": method,
            "PLACE": place,
        }
        done = subprocess.run(
            ["node", CLIENT],
            env={"PATH": os.environ["PATH"]} | settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("place", ["header", "query"])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
@pytest.mark.parametrize("query", ["", "?per_page=2&search=blue%20shirt"])
def test_a_signed_request_is_let_in_exactly_once(call_twice, method, place, query):
    first, second = call_twice(method=method, place=place, path=f"/api/v1/whoami{query}")

    assert (first["status"], first["body"].get("username")) == (200, "oauth-js")
    assert (second["status"], second["body"]["code"]) == (401, "replayed_nonce")


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_wrong_secret_signs_nothing(call_twice, key, place):
    wrong = key["consumer_secret"][:-1]
    for answer in call_twice(method="HMAC-SHA256", place=place, secret=wrong):
        assert (answer["status"], answer["body"]["code"]) == (401, "invalid_credentials")
