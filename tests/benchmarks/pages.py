"""How fast the console's pages are with many keys and calls.

    python -m tests.benchmarks.pages [sqlite] [postgresql] [--keys 100000] [--calls 1000000]

Without a name on SQLite, then on a private PostgreSQL when one is installed. Each page is asked
for in turn, round after round, inside this process; the table gives the median and the 95th
percentile in milliseconds, the statements of one request, and a mark beyond 150 ms.
"""

import argparse
import gc
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests import servers

MOST = 150
# {key} makes a fifth of all calls, {quiet} hardly any; {ending} is how the latter ends.
PAGES = [
    "/console/",
    "/console/?days=90",
    "/console/keys/",
    "/console/keys/?page=40",
    "/console/keys/?page=200",
    "/console/keys/?per_page=200",
    "/console/keys/?order=-last_used",
    "/console/keys/?order=last_used",
    "/console/keys/?order=username",
    "/console/keys/?order=-username",
    "/console/keys/?order=status",
    "/console/keys/?order=-permission",
    "/console/keys/?order=-modified",
    "/console/keys/?status=enabled",
    "/console/keys/?status=disabled",
    "/console/keys/?status=expired",
    "/console/keys/?status=expiring",
    "/console/keys/?status=idle",
    "/console/keys/?status=old_secret",
    "/console/keys/?status=retired_in_use",
    "/console/keys/?status=any_ip",
    "/console/keys/?permission=write",
    "/console/keys/?store={store}",
    "/console/keys/?status=disabled&permission=write&store={store}",
    "/console/keys/?status=enabled&order=username",
    "/console/keys/?status=disabled&order=-last_used",
    "/console/keys/?permission=write&order=-username",
    "/console/keys/?user=integration-777",
    "/console/keys/?q=integration-777",
    "/console/keys/?q=integration",
    "/console/keys/?q=till",
    "/console/keys/?q=till+harbour",
    "/console/keys/?q={ending}",
    "/console/keys/?q=198.51.100.7",
    "/console/keys/?q=nothing-like-it",
    "/console/keys/{key}/",
    "/console/keys/{key}/edit/",
    "/console/keys/{key}/ips/",
    "/console/keys/{key}/changes/",
    "/console/keys/{key}/history/",
    "/console/keys/{key}/history/?days=90",
    "/console/keys/{key}/history/?result=denied",
    "/console/keys/{key}/history/?path=nowhere",
    "/console/keys/{quiet}/history/",
    "/console/keys/{key}/history/export/",
    "/console/history/",
    "/console/history/?result=denied",
    "/console/history/?result=allowed",
    "/console/history/?reason=ip_not_allowed",
    "/console/history/?reason=key_disabled",
    "/console/history/?method=DELETE",
    "/console/history/?ip=192.0.2.7",
    "/console/history/?ip=192.0.2.0/28",
    "/console/history/?path=/api/v1/whoami",
    "/console/history/?path=nowhere",
    "/console/history/?period=month&path=nowhere",
    "/console/history/?result=denied&period=week",
    "/console/history/?request_id=nothing-like-it",
    "/console/history/?key=integration-0",
    "/console/history/?key={quiet}",
    "/console/history/export/",
    "/console/history/export/?path=nowhere&period=day",
    "/console/history/attempts/",
    "/console/history/attempts/?ip=203.0.113.7",
    "/console/history/attempts/?key={key}",
    "/console/incident/?permission=write",
    "/console/incident/?username=integration-777",
    "/console/incident/?store={store}",
    "/console/incident/?created_before=2026-01-01",
    "/console/incident/?created_since=2026-01-01",
    "/console/incident/?created_since=2026-01-01&created_before=2026-02-01",
    "/console/incident/?seen_from=192.0.2.7",
    "/console/incident/?seen_from=192.0.2.0/28",
    "/console/incident/?everything=on",
    "/console/changes/",
    "/console/changes/?page=100",
    "/console/changes/?kind=store",
    "/console/changes/?q=integration-777",
    "/console/changes/?q=person7",
    "/console/changes/?q=nobody",
    "/console/users/",
    "/console/users/?page=100",
    "/console/users/?q=777",
    "/console/users/?q=integration",
    "/console/users/?status=disabled",
    "/console/users/integration-0/",
    "/console/stores/",
    "/console/stores/{store}/",
    "/console/shop/products/",
    "/console/shop/products/?q=book+777",
    "/console/shop/products/?q=till",
    "/console/shop/invoices/",
    "/console/shop/invoices/?status=Settled",
    "/console/shop/invoices/?status=Invalid",
    "/console/shop/invoices/?q=order-777",
    "/console/shop/webhooks/",
    "/console/shop/webhooks/?q=receiver7",
    "/console/shop/deliveries/",
    "/console/shop/deliveries/?status=failed",
    "/console/shop/carts/",
    "/console/shop/carts/?q=customer7",
    "/console/shop/carts/?state=open",
    "/console/shop/transfers/",
    "/console/shop/transfers/targets/",
    "/admin/apikeys/apikey/",
    "/admin/apikeys/apikey/?p=100",
    "/admin/apikeys/apikey/?q=integration-777",
    "/admin/apikeys/apikey/?q=nothing",
    "/admin/apikeys/apikey/?state=disabled&o=7",
    "/admin/apikeys/apikey/1/change/",
    "/admin/apikeys/apiuser/",
    "/admin/apikeys/apiuser/?q=777",
    "/admin/apikeys/allowedip/?q=198.51.100.7",
    "/admin/apikeys/secret/",
    "/admin/apikeys/changerecord/",
    "/admin/apikeys/changerecord/?q=integration-777",
    "/admin/history/callrecord/",
    "/admin/history/callrecord/?q=integration-777",
    "/admin/history/callrecord/?q=nothing",
    "/admin/history/callrecord/?reason=key_disabled",
    "/admin/history/unprovencalls/?q=203.0.113.7",
    "/admin/history/dailycalls/",
    "/admin/storefront/product/?q=book+777",
    "/admin/storefront/invoice/",
    "/admin/storefront/delivery/",
]
# Asked for once more by somebody who is staff of one store in twenty.
BY_STAFF = [
    "/console/",
    "/console/keys/",
    "/console/keys/?order=-last_used",
    "/console/keys/?q=integration-777",
    "/console/keys/?q=till",
    "/console/keys/?status=idle",
    "/console/history/",
    "/console/history/?result=denied",
    "/console/history/?path=nowhere",
    "/console/changes/",
    "/console/users/",
    "/console/shop/invoices/",
    "/console/shop/deliveries/",
    "/admin/apikeys/apikey/",
    "/admin/history/callrecord/",
]


def main():
    options = _options()
    if options.here:
        measure(options)
        return
    if "sqlite" in options.databases:
        with tempfile.TemporaryDirectory(prefix="apikeys-bench-") as folder:
            _run(options, f"sqlite:///{folder}/bench.sqlite3")
    if "postgresql" in options.databases and servers.find("initdb"):
        with servers.postgresql() as server:
            _run(options, f"{server.url}/postgres")


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
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

    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from history.rollup import roll_up
    from tests.benchmarks.fill import House
    from tests.benchmarks.shop import Shop

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    house = House(keys=options.keys, calls=options.calls)
    house.fill()
    Shop(house).fill()
    roll_up()
    if connection.vendor == "postgresql":  # does it by itself in the end; SQLite never does
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    filled = time.monotonic() - began
    quiet = house.consumer_keys[-7]
    names = {
        "key": house.busiest,
        "quiet": quiet,
        "ending": quiet[-7:],
        "store": house.stores[0],
    }
    results = {}
    everybody = _people(house.stores[0])
    asked = [(who, page) for who, pages in ((0, PAGES), (1, BY_STAFF)) for page in pages]
    for turn in range(options.rounds + 1):
        if turn == 1:  # as the server does with what it has loaded
            gc.collect()
            gc.freeze()
        for who, page in asked:
            client = everybody[who]
            url = page.format(**names)
            if turn == 0:
                with CaptureQueriesContext(connection) as captured:
                    status = _ask(client, url)
                shown = len(captured) if status == 200 else f"= {status}"
                results[who, page] = ([], shown)
            else:
                began = time.perf_counter()
                _ask(client, url)
                results[who, page][0].append((time.perf_counter() - began) * 1000)
    _report(connection.vendor, options, filled, results)


def _ask(client, url):
    response = client.get(url)
    if response.streaming:  # until the first bytes
        next(iter(response.streaming_content))
        response.close()
    return response.status_code


def _people(store):
    """A superuser and somebody who may do everything in one store, each logged in."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.test import Client

    from apikeys.models import Store

    people = get_user_model().objects
    staff = people.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.all())
    Store.objects.get(public_id=store).staff.add(staff)
    clients = []
    for person in (people.create_superuser("bench"), staff):
        clients.append(Client())
        clients[-1].force_login(person)
    return clients


def _report(vendor, options, filled, results):
    say = sys.stdout.write
    say(
        f"\n{vendor}: {options.keys:,} keys, {options.calls:,} calls, filled in {filled:.0f} s, "
        f"{options.rounds} rounds\n{'page':64} {'median':>8} {'p95':>8} {'SQL':>6}\n"
    )
    slow = 0
    for (who, page), (times, statements) in results.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        slow += p95 > MOST
        name = f"{page} (staff)" if who else page
        mark = f"  > {MOST} ms" if p95 > MOST else ""
        say(f"{name:64} {statistics.median(times):8.1f} {p95:8.1f} {statements:>6}{mark}\n")
    say(f"{len(results)} pages, {slow} of them beyond {MOST} ms at the 95th percentile\n")


if __name__ == "__main__":
    main()
