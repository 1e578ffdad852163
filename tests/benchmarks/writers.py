"""How writers share SQLite's one lock: ``python -m tests.benchmarks.writers [seconds]``.

Two processes of eight threads write as fast as they can, in turn with the project's way to wait
for the lock and with SQLite's own. The table gives for each turn the writes that were made, the
longest wait for one of them, and how many were given up after five seconds.
"""

import os
import subprocess
import sys
import tempfile
import time
from threading import Thread

SECONDS = 8
TURNS = 2
PROCESSES = 2
THREADS = 8


def main(seconds):
    from tests import live

    with tempfile.TemporaryDirectory(prefix="apikeys-writers-") as folder:
        databases = live.Databases(folder, maintenance="sqlite:")
        for _turn in range(TURNS):
            for way in ("ours", "SQLite's"):
                report(way, *run(databases, way, seconds))


def run(databases, way, seconds):
    """The writes made, the longest wait in seconds, and the writes given up, of all processes."""
    env = environment(databases)
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.writers", "--write", way, str(seconds)],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    told = [writer.communicate()[0].split() for writer in writers]
    made, longest, given_up = zip(*told, strict=True)
    return sum(map(int, made)), max(map(float, longest)), sum(map(int, given_up))


def environment(databases):
    return (
        os.environ
        | databases.secrets
        | {
            "DATABASE_URL": databases.fresh(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
    )


def report(way, made, longest, given_up):
    sys.stdout.write(
        f"{way:9} {made:6} writes, longest wait {longest:.2f} s, {given_up} given up\n"
    )
    sys.stdout.flush()


def write(way, seconds):
    """One process of writers."""
    import django

    django.setup()
    from django.db import OperationalError, connection, transaction
    from django.db.backends.signals import connection_created

    from apikeys.models import Store
    from config import sqlite

    if way != "ours":
        connection_created.disconnect(sqlite.prepare)
    waits, given_up = [], []
    over_at = time.monotonic() + seconds

    def keep_writing():
        while (began := time.monotonic()) < over_at:
            try:
                with transaction.atomic():
                    Store.objects.update(name=f"{began}")
                waits.append(time.monotonic() - began)
            except OperationalError:
                given_up.append(began)
        connection.close()

    threads = [Thread(target=keep_writing) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(f"{len(waits)} {max(waits)} {len(given_up)}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2], float(sys.argv[3]))
    else:
        main(float(sys.argv[1]) if sys.argv[1:] else SECONDS)
