"""How a management command went, as the shell that ran it sees it."""

import json
import signal
import subprocess
import sys
from typing import NamedTuple

from tests import live


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self):
        """The one JSON document on standard output; anything beside it is an error here."""
        return json.loads(self.out)


class Shell:
    """Runs commands as programs: ``shell("list_api_keys", "--json")``, or ``start`` for one."""

    def __init__(self, databases, **settings):
        self.env = live.command_environment(
            DATABASE_URL=databases.fresh(), **databases.secrets | settings
        )

    def __call__(self, *arguments, stdin="", **settings):
        done = live.run(self.env | settings, *arguments, stdin=stdin)
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
        return subprocess.Popen(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=live.ROOT,
            env=self.env,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            # A suite that runs in the background ignores Ctrl-C, and its children would as well.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
