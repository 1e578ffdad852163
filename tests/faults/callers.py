"""Integrations that keep calling: each over one connection, which ends in one worker process."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.calls import WHOAMI, basic


class Answer(NamedTuple):
    status: int
    headers: Any
    document: Any
    seconds: float

    @property
    def code(self):
        """The reason of a refusal."""
        return self.document.get("code", "")


def issue(console, username, *options):
    """A key that may read and write without a limit; from anywhere, unless addresses are given."""
    defaults = ["--permission=read_write"]
    if not any(option.startswith("--allow-ip") for option in options):
        defaults.append("--any-ip")
    if not any(option.startswith("--rate-limit") for option in options):
        defaults.append("--rate-limit=none")
    return console.manage("create_api_key", username, *defaults, *options)


class Caller:
    """One kept connection of one key, so that every call reaches the same worker process."""

    def __init__(self, console, key):
        parts = urlsplit(console.url)
        self.console, self.key = console, key
        self.connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.headers = basic(key["consumer_key"], key["consumer_secret"])

    def call(self, method, path, document=None):
        body = None if document is None else json.dumps(document)
        typed = {"Content-Type": "application/json"} if body else {}
        return self.send(method, path, body, self.headers | typed)

    def send(self, method, path, body, headers):
        began = time.monotonic()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        seconds = time.monotonic() - began
        return Answer(response.status, response.headers, json.loads(text), seconds)

    def whoami(self):
        return self.call("GET", WHOAMI)

    def add_invoice(self):
        path = f"/api/v1/stores/{self.key['store_id']}/invoices"
        return self.call("POST", path, {"amount": "12.50", "currency": "EUR"})

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    @property
    def worker(self):
        """The id of the process at the other end of the connection, as the kernel knows it."""
        own, served = self.connection.sock.getsockname()[1], self.connection.port
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _number, local, remote, *_rest, inode = line.split()[:10]
            if local.endswith(f":{served:04X}") and remote.endswith(f":{own:04X}"):
                return self._holder(f"socket:[{inode}]")
        raise AssertionError("the connection is closed")

    def _holder(self, socket):
        for worker in self.console.worker_ids():
            for descriptor in Path(f"/proc/{worker}/fd").iterdir():
                with suppress(FileNotFoundError):  # one that the process has just closed
                    if str(descriptor.readlink()) == socket:
                        return worker
        raise AssertionError("no worker process holds the connection")


@contextmanager
def in_every_worker(console, key, *, each=1):
    """Callers of a key whose connections reach every worker process, so many ``each``."""
    with ExitStack() as connections:
        found = {worker: [] for worker in console.worker_ids()}
        # Nearly all may go to one process for a while, as long as it is the first one awake.
        for _attempt in range(5000):
            caller = Caller(console, key)
            caller.call("GET", "/healthz")
            if len(found[caller.worker]) < each:
                found[caller.worker].append(connections.enter_context(caller))
            else:
                caller.close()
            if all(len(callers) == each for callers in found.values()):
                yield [caller for callers in found.values() for caller in callers]
                return
        raise AssertionError("some worker process takes no connection")


def at_once(callers, deed, *, times=1):
    """All callers do it at the same time, each so many times; what it returned, by caller."""
    start = threading.Barrier(len(callers))

    def work(caller):
        start.wait()
        return [deed(caller) for _ in range(times)]

    with ThreadPoolExecutor(len(callers)) as pool:
        return dict(zip(callers, pool.map(work, callers), strict=True))


class Load:
    """Callers that add invoices without a pause, and remember what was promised to them.

    ``answers`` holds every answer with its caller and the moment when the call began; ``cut`` is
    how many calls got no answer at all.
    """

    def __init__(self, callers):
        self.console, self.key = callers[0].console, callers[0].key
        self.answers, self.cut = [], 0
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_calling, args=[caller], daemon=True)
            for caller in callers
        ]

    @classmethod
    def of(cls, console, key, *, callers=6):
        return cls([Caller(console, key) for _ in range(callers)])

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self):
        """The invoice of every answer 200, by the request id."""
        return {
            answer.headers["X-Request-ID"]: answer.document["id"]
            for _began, _caller, answer in self.answers
            if answer.status == 200
        }

    @property
    def refused(self):
        return [answer for _began, _caller, answer in self.answers if answer.status != 200]

    def wait_for(self, status, *, count=1, seconds=120):
        """Wait for so many further answers of this status."""
        with self._changed:
            seen = len(self.answers)
            enough = self._changed.wait_for(
                lambda: [entry[2].status for entry in self.answers[seen:]].count(status) >= count,
                seconds,
            )
        assert enough, f"not {count} answers {status} within {seconds} s"

    def _keep_calling(self, caller):
        while not self._over.is_set():
            began = time.monotonic()
            try:
                answer = caller.add_invoice()
            except (OSError, HTTPException):
                caller.close()  # http.client connects again with the next call
                answer = None
            with self._changed:
                if answer is None:
                    self.cut += 1
                else:
                    self.answers.append((began, caller, answer))
                self._changed.notify_all()
            if answer is None or answer.status != 200:
                self._over.wait(0.02)  # nobody repeats a failed call faster than that
        caller.close()
