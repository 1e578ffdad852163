"""Fixtures: calls as integrations send them, private servers, the real console, a browser."""

import fcntl
import hashlib
import subprocess
import sys
from functools import partial
from pathlib import Path

import hypothesis
import pytest
from django.core.management import get_commands, load_command_class
from django.db import connections

from apikeys import ratelimit
from tests import calls, chromium, commands, live, servers
from tests.factories import UserFactory

HERE = Path(__file__).parent

# The same examples for everybody, on a machine of any speed: what fails, fails for all.
hypothesis.settings.register_profile(
    "everywhere",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("everywhere")


@pytest.fixture(autouse=True)
def _fresh_limits():
    """No test is refused for the calls of another: every count begins at zero."""
    ratelimit.clear()


@pytest.fixture
def call(client):
    """Send a call over https: ``call(key, "/api/v1/stores", carrier="bearer")``.

    Further options: ``method``, ``secret``, ``headers``, ``data``, ``content_type``, ``secure``
    and WSGI variables such as ``REMOTE_ADDR``. Carriers: see ``tests.calls.credential``.
    """
    return partial(calls.send, client)


@pytest.fixture
def admin(client, db):
    """A superuser, logged in with ``client``."""
    user = UserFactory(username="admin", superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in this process as a shell would: ``command("list_api_keys", "--json")``.

    Gives its exit ``code``, ``out``, ``err`` and the JSON ``document`` on its standard output.
    """
    # The connection belongs to the test.
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def run(name, *arguments):
        argv = ["manage.py", name, *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        capsys.readouterr()
        code = 0
        try:
            load_command_class(get_commands()[name], name).run_from_argv(argv)
        except SystemExit as end:
            code = end.code
        return commands.Ran(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def postgresql_url():
    """A private PostgreSQL server, whatever database the suite itself runs on."""
    servers.require("initdb", "postgres")
    with servers.postgresql() as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_url():
    servers.require("redis-server")
    with servers.redis() as server:
        yield server.url


@pytest.fixture(scope="session")
def live_databases(tmp_path_factory):
    databases = live.Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.drop()


@pytest.fixture(scope="session")
def live_console(live_databases, tmp_path_factory):
    """One real server for many tests: make your own keys, change nothing that others rely on."""
    console = live.Console(live_databases, tmp_path_factory.mktemp("console"))
    yield console
    console.stop()


@pytest.fixture
def start_console(live_databases, tmp_path):
    """Start real servers with settings of their own: ``start_console(SIGNATURE_WINDOW="60")``."""
    started = []

    def start(**settings):
        started.append(live.Console(live_databases, tmp_path, **settings))
        return started[-1]

    yield start
    for console in started:
        console.stop()


@pytest.fixture
def shell(live_databases):
    """Commands as programs of their own, on a database with the store "Main store"."""
    return commands.Shell(live_databases)


# Playwright keeps an event loop running, in which Django refuses to touch the database: the
# browser therefore lives no longer than the module that asks for it.
@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, which reaches this machine and nothing else."""
    servers.require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        debian = chromium.launch(playwright)
        yield debian
        debian.close()


@pytest.fixture
def page(browser):
    """An empty page of a visitor whom nobody has seen before."""
    context = browser.new_context()
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def node_modules():
    """The folder of the JavaScript clients, installed from tests/package-lock.json."""
    servers.require("node", "npm")
    folder, lock = HERE / "node_modules", HERE / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    # Several processes run tests; one of them installs.
    with (HERE / ".npm.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        stamp = folder / ".installed"
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
                cwd=HERE,
                check=True,
                capture_output=True,
            )
            stamp.write_text(wanted)
    return folder
