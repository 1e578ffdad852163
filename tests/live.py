"""The real server under test: gunicorn with its own database, and the commands beside it."""

import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit

import psycopg
from cryptography.fernet import Fernet

from tests import servers

ROOT = Path(__file__).resolve().parents[1]
ADMIN_PASSWORD = "correct horse battery staple"


class Databases:
    """Migrated databases, one for every server, on the kind of database that the suite runs on.

    Migrating takes seconds, so it happens once; every other database is a copy. Each holds the
    store "Main store" and the superuser ``admin``.
    """

    def __init__(self, folder, maintenance=None):
        self.folder = Path(folder)
        self.maintenance = maintenance or os.environ.get("DATABASE_URL", "")
        self.secrets = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "APIKEYS_PEPPERS": f"1:{secrets.token_hex(32)}",
            "APIKEYS_SEALING_KEYS": Fernet.generate_key().decode(),
            "STATIC_ROOT": str(self.folder / "static"),
            "STATE_DIR": str(self.folder / "var"),
        }
        self._template = None
        self._made = []

    @property
    def on_postgresql(self):
        return self.maintenance.startswith("postgres")

    def fresh(self):
        """The URL of a database that nobody else uses."""
        if self._template is None:
            self._template = self._prepare()
        return self._copy(self._template)

    def drop(self):
        for name in self._made:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _prepare(self):
        template = self._empty("template")
        environment = command_environment(DATABASE_URL=template, **self.secrets)
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "collectstatic", "--no-input", "--verbosity=0")
        manage(environment, "create_store", "Main store")
        manage(
            environment | {"DJANGO_SUPERUSER_PASSWORD": ADMIN_PASSWORD},
            *("createsuperuser", "--no-input", "--username=admin", "--email=admin@example.com"),
        )
        return template

    def _empty(self, name):
        if not self.on_postgresql:
            return f"sqlite:///{self.folder / name}.sqlite3"
        return self._create(f"{name}_{secrets.token_hex(6)}")

    def _copy(self, template):
        name = f"live_{secrets.token_hex(6)}"
        if self.on_postgresql:
            return self._create(name, template=urlsplit(template).path[1:])
        path = self.folder / f"{name}.sqlite3"
        shutil.copyfile(template.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def _create(self, name, template="template0"):
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return urlunsplit(urlsplit(self.maintenance)._replace(path=f"/{name}"))

    def _execute(self, statement):
        with psycopg.connect(self.maintenance, autocommit=True) as connection:
            connection.execute(statement)


def command_environment(**settings):
    """What a program of ours sees: these settings, and nothing of the machine's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "config.settings"} | settings


def run(environment, *arguments, stdin=""):
    """Run a management command and return how it went."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def manage(environment, *arguments, stdin=""):
    """Run a management command that has to succeed, and return what it printed."""
    done = run(environment, *arguments, stdin=stdin)
    if done.returncode:
        raise AssertionError(
            f"manage.py {arguments[0]} ended with {done.returncode}\n{done.stderr}"
        )
    return done.stdout


def kill(*processes):
    """Kill -9 them all, and return when they are dead, whoever may have to bury them."""
    endings = [os.pidfd_open(process) for process in processes]
    for ending in endings:
        signal.pidfd_send_signal(ending, signal.SIGKILL)
    for ending in endings:
        select.select([ending], [], [])
        os.close(ending)


def has_ended(process):
    """Whether this process is dead, be it that nobody has buried it."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


class Console:
    """A running server: ``url``, ``env``, ``manage(...)``, ``stop()``, ``kill_worker()``..."""

    admin_username = "admin"
    admin_password = ADMIN_PASSWORD

    def __init__(self, databases, folder, **settings):
        self.port = servers.free_port()
        self.url = f"http://{servers.LOOPBACK}:{self.port}"
        state = Path(folder) / f"var-{self.port}"
        state.mkdir()
        self.output = Path(folder) / f"output-{self.port}"
        self.env = command_environment(
            **databases.secrets
            | {
                "DATABASE_URL": databases.fresh(),
                "HOST": servers.LOOPBACK,
                "PORT": str(self.port),
                "PUBLIC_URL": self.url,
                "STATE_DIR": str(state),
                "WEB_WORKERS": "2",
                "WEB_THREADS": "2",
                # Many tests share one address; those about the limit set one.
                "FAILED_ATTEMPT_LIMIT": "none",
                # A test on a busy machine is slow to say more; nobody hangs up on it meanwhile.
                "GUNICORN_CMD_ARGS": "--keep-alive=120",
            }
            | settings
        )
        self.start()

    def start(self):
        with self.output.open("ab") as output:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"],
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        servers.wait_for(self.port, program=self.server)
        self._wait_until_workers_answer()

    def stop(self):
        """End as an operator would: with SIGTERM."""
        servers.end(self.server, seconds=40)

    def restart(self):
        self.stop()
        self.start()

    def kill_worker(self):
        """Kill -9 one worker process; the server starts another. Returns its id once it is dead."""
        victim = self.worker_ids()[0]
        kill(victim)
        return victim

    def kill(self):
        """Kill -9 every process of the server at once, as a machine without memory does."""
        # Stopped, the first process starts no other one that would be left over.
        servers.halt(self.server.pid)
        # As long as one of them lives, so does their common place to accept connections.
        kill(*self.worker_ids(), self.server.pid)
        self.server.wait()

    def worker_ids(self):
        """Those that run: one that has died may wait for the server to ask how."""
        server = self.server.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text()
        return [int(child) for child in children.split() if not has_ended(child)]

    def run(self, *arguments, stdin=""):
        """A management command beside the server, however it ends."""
        return run(self.env, *arguments, stdin=stdin)

    def manage(self, *arguments, json_document=True, stdin=""):
        """A management command that has to succeed: its document, or its plain output."""
        if not json_document:
            return manage(self.env, *arguments, stdin=stdin)
        return json.loads(manage(self.env, *arguments, "--json", stdin=stdin))

    def said(self):
        """What the server has written so far, on standard output and standard error."""
        return self.output.read_text()

    def _wait_until_workers_answer(self):
        # The master listens before a worker can answer; this waits in the queue for the first.
        try:
            urllib.request.urlopen(f"{self.url}/healthz", timeout=120).close()
        except HTTPError as error:
            error.close()
