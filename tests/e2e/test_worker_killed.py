"""500 events, and a worker that is killed ten times in the middle of a delivery."""

import json
import subprocess
import sys
import threading

import pytest

from storefront.signing import Verifier
from tests import live
from tests.storefront.receiver import listening

pytestmark = pytest.mark.e2e
EVENTS, KILLS = 500, 10

MAKE = """
import json, sys
from decimal import Decimal
from django.db import transaction
from apikeys.actor import Actor
from apikeys.models import Store
from storefront.models import Invoice, Webhook
store = Store.objects.get()
_webhook, secret = Webhook.objects.register(actor=Actor.system("tests"), store=store, url="{url}")
with transaction.atomic():
    ids = [Invoice.objects.create_for(store, amount=Decimal(1)).public_id for _ in range({events})]
print(json.dumps([secret, ids]))
"""


class Supervised:
    """A worker that is started again whenever it was killed."""

    def __init__(self, env):
        self.env = env
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run_worker"],
            cwd=live.ROOT,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self):
        self.process.kill()
        self.process.wait()


def test_every_event_arrives_and_hardly_one_twice(live_databases, tmp_path):
    console = live.Console(live_databases, tmp_path, WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8")
    console.stop()  # only its database and settings are needed
    killed = threading.Event()
    with listening() as receiver:
        made = live.manage(
            console.env, "shell", "-v0", "-c", MAKE.format(url=receiver.url, events=EVENTS)
        )
        secret, invoices = json.loads(made)
        worker = Supervised(console.env)
        open_attempts = []

        def answer(handler):
            """Every 45th message is the last that this worker ever sends: it hears no answer."""
            count = len(receiver.received)
            if count % 45 == 0 and len(open_attempts) < KILLS:
                worker.kill()
                open_attempts.append(count)
                killed.set()
            handler.send_response(200)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        receiver.answers = answer
        for _ in range(KILLS):
            assert killed.wait(120)
            killed.clear()
            worker.start()
        receiver.wait_for(EVENTS + KILLS, seconds=120)
        worker.kill()

    assert len(open_attempts) == KILLS
    told = {json.loads(received.body)["invoiceId"] for received in receiver.received}
    assert told == set(invoices)
    ids = [received.headers["webhook-id"] for received in receiver.received]
    assert len(set(ids)) == EVENTS
    assert len(ids) - EVENTS <= EVENTS * 2 // 100
    verifier = Verifier(secret)
    seen = set()
    for received in receiver.received:
        if received.headers["webhook-id"] not in seen:
            seen.add(verifier.check(received.headers, received.body))
