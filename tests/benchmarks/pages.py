"""How fast the console's pages are with many keys and calls.

    python -m tests.benchmarks.pages [--keys 100000] [--calls 1000000] [--rounds 30]

Runs on SQLite, then on a private PostgreSQL when one is installed. Each page is asked for in
turn, round after round, inside this process; the table gives the median and the 95th percentile
in milliseconds, and the statements of one request.
"""

import argparse
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta

from tests import servers

PAGES = [
    "/console/",
    "/console/?days=90",
    "/console/keys/",
    "/console/keys/?page=40",
    "/console/keys/?order=-last_used",
    "/console/keys/?order=username",
    "/console/keys/?q=integration-777",
    "/console/keys/?q=198.51.100.7",
    "/console/keys/?status=disabled",
    "/console/keys/?status=idle",
    "/console/keys/?status=old_secret",
    "/console/keys/?q=nothing-like-it",
    "/console/keys/{key}/",
    "/console/keys/{key}/history/",
    "/console/keys/{key}/history/?result=denied",
    "/console/keys/{key}/history/?path=nowhere",
    "/console/keys/{key}/changes/",
    "/console/history/",
    "/console/history/?result=denied",
    "/console/history/?reason=ip_not_allowed",
    "/console/history/?ip=192.0.2.7",
    "/console/history/?path=/api/v1/whoami",
    "/console/history/?path=nowhere",
    "/console/history/?ip=192.0.2.0/28",
    "/console/history/?key=integration-0",
    "/console/history/attempts/",
    "/console/incident/?permission=write",
    "/console/changes/",
    "/console/users/",
    "/console/stores/",
    "/admin/apikeys/apikey/",
    "/admin/history/callrecord/",
]


def main():
    options = _options()
    if options.here:
        measure(options)
        return
    with tempfile.TemporaryDirectory(prefix="apikeys-bench-") as folder:
        _run(options, f"sqlite:///{folder}/bench.sqlite3")
    if servers.find("initdb"):
        with servers.postgresql() as server:
            _run(options, f"{server.url}/postgres")


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(options, url):
    arguments = [f"--keys={options.keys}", f"--calls={options.calls}", f"--rounds={options.rounds}"]
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.pages", "--here", *arguments],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        check=True,
    )


def measure(options):
    import django

    django.setup()
    logging.disable(logging.WARNING)

    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from history.rollup import roll_up

    call_command("migrate", verbosity=0)
    busiest = fill(options.keys, options.calls)
    roll_up()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("bench", "", "unused"))
    times = {page: [] for page in PAGES}
    counts = {}
    for turn in range(options.rounds + 1):
        for page in PAGES:
            with ExitStack() as stack:
                queries = stack.enter_context(_Counted()) if turn == 0 else None
                began = time.perf_counter()
                response = client.get(page.format(key=busiest))
                took = (time.perf_counter() - began) * 1000
            if queries is not None:
                counts[page] = (
                    queries.count if response.status_code == 200 else response.status_code
                )
            else:
                times[page].append(took)
    _report(connection.vendor, options, times, counts)


class _Counted:
    def __enter__(self):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self._capture = CaptureQueriesContext(connection)
        self._capture.__enter__()
        return self

    def __exit__(self, *error):
        self._capture.__exit__(*error)
        self.count = len(self._capture)


def _report(vendor, options, times, counts):
    say = sys.stdout.write
    say(f"\n{vendor}: {options.keys} keys, {options.calls} calls, {options.rounds} rounds\n")
    say(f"{'page':52} {'median':>8} {'p95':>8} {'SQL':>5}\n")
    for page, values in times.items():
        p95 = statistics.quantiles(values, n=20)[-1]
        say(f"{page:52} {statistics.median(values):8.1f} {p95:8.1f} {counts[page]:5}\n")


def fill(keys, calls):
    """Many rows, quickly; the first key makes a fifth of all calls. Returns its consumer key."""
    from django.utils import timezone

    from apikeys import tokens
    from apikeys.actor import Actor
    from apikeys.models import AllowedIP, APIKey, APIUser, ChangeRecord, Secret, Store

    chance = random.Random(1)
    now = timezone.now()
    actor = Actor.system("benchmark")
    stores = [Store.objects.open(actor=actor, name=f"Store {number}") for number in range(20)]
    users = APIUser.objects.bulk_create(
        [
            APIUser(username=f"integration-{number}", store=stores[number % 20])
            for number in range(max(1, keys // 5))
        ],
        batch_size=2000,
    )
    made = APIKey.objects.bulk_create(
        [
            APIKey(
                consumer_key=f"ck_live_{tokens.random_base62(16)}",
                api_user=users[number % len(users)],
                description=f"Key {number}",
                permission=chance.choice(["read", "write", "read_write"]),
                any_ip=number % 3 == 0,
                date_added=now - timedelta(minutes=number),
                date_modified=now - timedelta(minutes=number // 2),
                last_used_at=now - timedelta(minutes=number * 3) if number % 4 else None,
                status="disabled" if number % 10 == 9 else "enabled",
                disabled_at=now if number % 10 == 9 else None,
            )
            for number in range(keys)
        ],
        batch_size=2000,
    )
    Secret.objects.bulk_create(
        [Secret(api_key=key, version=1, digest=f"{key.pk:064x}", pepper_id=1) for key in made],
        batch_size=2000,
    )
    AllowedIP.objects.bulk_create(
        [
            AllowedIP(api_key=key, network=f"198.51.{key.pk % 200}.{key.pk % 250}/32")
            for key in made
            if not key.any_ip
        ],
        batch_size=2000,
    )
    ChangeRecord.objects.bulk_create(
        [
            ChangeRecord(
                action="issued",
                actor_kind="system",
                actor_name="benchmark",
                kind="api_key",
                name=str(key.pk),
                store=key.api_user.store,
                api_key=key,
                consumer_key=key.consumer_key,
                date_added=key.date_added,
            )
            for key in made
        ],
        batch_size=2000,
    )
    _fill_calls(made, calls, chance, now)
    return made[0].consumer_key


def _fill_calls(keys, calls, chance, now):
    from history.models import CallRecord

    step = timedelta(days=90) / calls
    reasons = ["", "", "", "", "", "", "", "", "ip_not_allowed", "rate_limited"]

    def rows():
        for number in range(calls):
            key = keys[0] if number % 5 == 0 else chance.choice(keys)
            reason = chance.choice(reasons)
            moment = now - step * (calls - number)
            yield CallRecord(
                date_added=moment,
                date_modified=moment,
                key_id=key.pk,
                consumer_key=key.consumer_key,
                username=key.api_user.username,
                store_id=key.api_user.store.public_id,
                outcome="denied" if reason else "allowed",
                reason=reason,
                ip=f"192.0.2.{number % 250}",
                method="GET",
                path="/api/v1/whoami" if number % 7 else "/api/v1/stores",
                status=403 if reason else 200,
                scheme="https",
                duration_ms=number % 40,
                request_id=f"{number:024x}",
            )

    portion = []
    for row in rows():
        portion.append(row)
        if len(portion) == 5000:
            CallRecord.objects.bulk_create(portion, batch_size=1000)
            portion = []
    CallRecord.objects.bulk_create(portion, batch_size=1000)


if __name__ == "__main__":
    main()
