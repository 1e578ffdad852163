"""The private servers that other tests lean on."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import servers


def test_postgresql_answers(postgresql_url):
    with psycopg.connect(f"{postgresql_url}/postgres") as connection:
        assert connection.info.server_version >= 150000


def test_redis_answers(redis_url):
    from redis import Redis

    with Redis.from_url(redis_url) as client:
        assert client.ping()


def test_a_missing_program_skips_the_test(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed: no-such-program"):
        servers.require("no-such-program")


def test_a_missing_program_is_a_failure_in_ci(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        servers.require("no-such-program")


def test_the_browser_shows_a_page(page):
    page.set_content("<title>Keys</title><p>Here</p>")
    assert page.title() == "Keys"


def test_the_node_clients_are_installed(node_modules):
    assert (node_modules / "oauth-1.0a" / "package.json").exists()


def test_a_port_is_given_once_and_is_none_that_a_connection_could_take():
    first_of_connections = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0]
    given = {servers.free_port() for _ in range(100)}

    assert len(given) == 100
    assert max(given) < int(first_of_connections)


def test_no_process_of_the_suite_is_given_the_port_of_another():
    of_each = [
        servers.ports({"PYTEST_XDIST_WORKER": f"gw{number}", "PYTEST_XDIST_WORKER_COUNT": "3"})
        for number in range(3)
    ]

    assert len(set().union(*of_each)) == sum(map(len, of_each)) == len(servers.ports({}))


def test_a_program_that_dies_before_it_listens_is_noticed():
    program = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], env=os.environ)
    with pytest.raises(RuntimeError, match="exit code 3"):
        servers.wait_for(servers.free_port(), program=program)
