"""The .env is gone, and a new one was written: the server says so instead of refusing every key."""

import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from tests import live, servers

pytestmark = pytest.mark.e2e


def serve(env):
    return subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"],
        cwd=live.ROOT,
        env=env | {"PORT": str(servers.free_port()), "WEB_WORKERS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_server_with_other_peppers_refuses_to_start_and_says_what_to_do(shell):
    key = shell("create_api_key", "erp", "--any-ip", "--json").document["consumer_key"]
    lost = {
        "APIKEYS_PEPPERS": f"1:{secrets.token_hex(32)}",
        "APIKEYS_SEALING_KEYS": Fernet.generate_key().decode(),
    }

    refused = serve(shell.env | lost)

    assert refused.returncode == 3
    assert "Pepper 1 in APIKEYS_PEPPERS is not the one" in refused.stderr
    assert "Put that .env back" in refused.stderr
    assert lost["APIKEYS_PEPPERS"][2:] not in refused.stderr
    checked = shell("check", "--database", "default", **lost)
    assert (checked.code, "apikeys.E009" in checked.err) == (1, True)
    rotated = shell("rotate_api_key", key, **lost)
    assert (rotated.code, "number that was never used" in rotated.err) == (1, True)

    # The way out of a loss for good, as the message names it.
    lost["APIKEYS_PEPPERS"] = f"2:{secrets.token_hex(32)}"
    assert "lacks pepper 1" in serve(shell.env | lost).stderr
    assert shell("rotate_api_key", key, **lost).code == 0
    assert shell("check", "--database", "default", **lost).code == 0
