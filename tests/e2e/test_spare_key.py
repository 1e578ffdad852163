"""A client with a spare key goes on when its first key is disabled, as CoCart's tutorial does."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import servers

pytestmark = pytest.mark.e2e
CLIENT = Path(__file__).with_name("spare_key.mjs")


@pytest.fixture(scope="module")
def keys(live_console):
    servers.require("node")
    return {
        name: live_console.manage("create_api_key", f"spare-{name}", "--any-ip")
        for name in ("PRIMARY", "SPARE")
    }


@pytest.fixture
def ask(live_console, keys):
    """Run the client; the status and the body of every answer on its way."""

    def run(path="/api/v1/whoami", method="GET"):
        settings = {"BASE_URL": live_console.url, "CALL_PATH": path, "METHOD": method}
        for name, key in keys.items():
            settings[f"{name}_KEY"] = key["consumer_key"]
            settings[f"{name}_SECRET"] = key["consumer_secret"]
        done = subprocess.run(
            ["node", CLIENT],
            env={"PATH": os.environ["PATH"]} | settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return [(answer["status"], answer["body"]) for answer in json.loads(done.stdout)]

    return run


def test_a_disabled_key_makes_way_for_the_spare_one_until_it_is_enabled(live_console, keys, ask):
    [(status, body)] = ask()
    assert (status, body["username"]) == (200, "spare-PRIMARY")

    live_console.manage("disable_api_key", keys["PRIMARY"]["consumer_key"])
    (first, refusal), (second, body) = ask()
    assert (first, refusal["code"]) == (401, "key_disabled")
    assert (second, body["username"]) == (200, "spare-SPARE")

    live_console.manage("enable_api_key", keys["PRIMARY"]["consumer_key"])
    [(status, body)] = ask()
    assert (status, body["username"]) == (200, "spare-PRIMARY")


def test_a_key_that_may_not_write_is_no_reason_to_use_the_spare_one(keys, ask):
    path = f"/api/v1/stores/{keys['PRIMARY']['store_id']}/invoices"
    [(status, body)] = ask(path, "POST")
    assert (status, body["code"]) == (403, "method_not_permitted")
