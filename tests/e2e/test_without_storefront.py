"""``apikeys`` and ``history`` alone make a working product."""

import pytest
import requests

pytestmark = pytest.mark.e2e


def test_the_project_starts_and_guards_without_the_storefront(start_console):
    console = start_console(STOREFRONT="false")
    issued = console.manage("create_api_key", "inventory-sync", "--any-ip")

    answer = requests.get(
        f"{console.url}/api/v1/whoami",
        auth=(issued["consumer_key"], issued["consumer_secret"]),
        timeout=30,
    )

    assert answer.status_code == 200
    assert answer.json()["username"] == "inventory-sync"
    assert requests.get(f"{console.url}/console/login/", timeout=30).status_code == 200
    assert requests.get(f"{console.url}/api/v1/stores", timeout=30).status_code == 401
    assert console.manage("check", json_document=False) is not None
