"""A database that goes away costs callers a 503 within five seconds, and comes back by itself."""

import time

import pytest
import requests

from tests import live, servers

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def postgresql():
    servers.require("initdb", "postgres")
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def console(postgresql, tmp_path_factory):
    folder = tmp_path_factory.mktemp("outage")
    databases = live.Databases(folder, maintenance=f"{postgresql.url}/postgres")
    console = live.Console(databases, folder)
    yield console
    console.stop()


@pytest.fixture
def call(console):
    issued = console.manage("create_api_key", "inventory-sync", "--any-ip", "--rate-limit=none")
    session = requests.Session()
    session.auth = issued["consumer_key"], issued["consumer_secret"]

    def call():
        began = time.monotonic()
        answer = session.get(f"{console.url}/api/v1/whoami", timeout=30)
        return answer, time.monotonic() - began

    return call


def assert_unavailable(answer, seconds):
    assert answer.status_code == 503
    assert answer.json()["code"] == "history_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert seconds < 5.5


def wait_until_every_process_heals(call):
    """Ten good answers in a row reach both processes."""
    deadline, good = time.monotonic() + 10, 0
    while good < 10:
        status = call()[0].status_code
        good = good + 1 if status == 200 else 0
        assert status in {200, 503}
        assert time.monotonic() < deadline


def test_a_stopped_database_gives_503_and_heals_without_hands(postgresql, console, call):
    assert call()[0].status_code == 200

    postgresql.stop()
    for _ in range(4):
        assert_unavailable(*call())
    assert requests.get(f"{console.url}/healthz", timeout=10).status_code == 200
    assert requests.get(f"{console.url}/readyz", timeout=10).status_code == 503

    postgresql.start()
    wait_until_every_process_heals(call)
    assert requests.get(f"{console.url}/readyz", timeout=10).status_code == 200


def test_a_frozen_database_gives_503_in_time_and_heals_without_hands(postgresql, call):
    assert call()[0].status_code == 200

    with postgresql.frozen():
        for _ in range(3):
            assert_unavailable(*call())

    wait_until_every_process_heals(call)
