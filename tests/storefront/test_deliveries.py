"""Deliveries: from the change of an invoice to the receiver, and into the log."""

import json
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys.models import ChangeRecord
from apikeys.worker_tasks import shift
from storefront import courier, outgoing
from storefront.courier import Courier, deliver
from storefront.duties import forget_old_deliveries
from storefront.models import Delivery, Event, Invoice, Webhook
from storefront.outgoing import Answer, Trouble
from storefront.signing import Verifier
from tests.factories import ACTOR, StoreFactory
from tests.storefront.factories import InvoiceFactory, WebhookFactory
from tests.storefront.receiver import listening

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _receivers_are_here(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ("127.0.0.0/8",)


@pytest.fixture
def receiver():
    with listening() as receiver:
        yield receiver


@pytest.fixture
def answers(monkeypatch):
    """Let every receiver answer with this status, and keep what it would have been sent."""
    sent = []

    def from_now_on(status):
        def post(url, body, headers):
            sent.append((url, body, headers))
            return Answer(status, None if status else Trouble.TIMEOUT, 7)

        monkeypatch.setattr(outgoing, "post", post)
        return sent

    return from_now_on


def test_every_change_of_an_invoice_arrives_signed(receiver):
    webhook = WebhookFactory(url=receiver.url, names=["New", "Settled", "Invalid"])
    invoice = InvoiceFactory(store=webhook.store, metadata={"orderId": "ü", "f": 0.1})
    invoice.mark("Settled", actor=ACTOR)
    invoice.mark("Invalid", actor=ACTOR)

    assert deliver() == 3

    verifier = Verifier(webhook.secret)
    for received in receiver.received:
        verifier.check(received.headers, received.body)
    messages = [json.loads(received.body) for received in receiver.received]
    assert [message["type"] for message in messages] == ["New", "Settled", "Invalid"]
    settled = messages[1]
    assert settled == {
        "deliveryId": settled["deliveryId"],
        "webhookId": webhook.public_id,
        "originalDeliveryId": settled["deliveryId"],
        "isRedelivery": False,
        "type": "Settled",
        "timestamp": settled["timestamp"],
        "storeId": webhook.store.public_id,
        "invoiceId": invoice.public_id,
        "orderId": "",
        "metadata": {"orderId": "ü", "f": 0.1},
        "additionalStatus": "Marked",
        "overPaid": False,
        "manuallyMarked": True,
    }


def test_a_receiver_of_greenfields_events_gets_greenfields_names(receiver):
    webhook = WebhookFactory(url=receiver.url, names=["InvoiceCreated", "InvoiceExpired"])
    InvoiceFactory(store=webhook.store, expires_at=timezone.now()).expire()

    deliver()

    messages = [json.loads(received.body) for received in receiver.received]
    assert [message["type"] for message in messages] == ["InvoiceCreated", "InvoiceExpired"]
    assert messages[1]["isUnderpaid"] is messages[1]["underpaid"] is False


def test_only_what_was_asked_for_is_sent(receiver):
    webhook = WebhookFactory(url=receiver.url, names=["Settled"])
    InvoiceFactory(store=webhook.store)

    assert deliver() == 0
    assert not Event.objects.exists()


def test_a_change_that_is_undone_sends_nothing(receiver):
    webhook = WebhookFactory(url=receiver.url)

    with transaction.atomic():
        InvoiceFactory(store=webhook.store)
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)

    assert deliver() == 0
    assert not Invoice.objects.exists()


def test_a_refused_request_sends_nothing(shop, receiver):
    WebhookFactory(store=shop.store, url=receiver.url)

    shop.post("invoices", {"amount": "1", "redirectUrl": "javascript:1"})

    assert not Delivery.objects.exists()


def test_events_stay_in_their_store():
    with listening() as one, listening() as other:
        stores = [StoreFactory(), StoreFactory()]
        for store, receiver in zip(stores, (one, other), strict=True):
            WebhookFactory(store=store, url=receiver.url)
        for _ in range(20):
            InvoiceFactory(store=random.choice(stores))
        for store in stores:
            InvoiceFactory(store=store)

        assert deliver() == 22

        for store, receiver in zip(stores, (one, other), strict=True):
            told = {json.loads(received.body)["storeId"] for received in receiver.received}
            assert told == {store.public_id}


def test_a_retry_has_the_same_id_and_bytes_and_a_new_time(receiver, time_machine):
    time_machine.move_to(timezone.now())
    receiver.answers = 500
    webhook = WebhookFactory(url=receiver.url)
    InvoiceFactory(store=webhook.store)
    for attempt in range(4):
        time_machine.shift(timedelta(minutes=15))
        receiver.answers = 500 if attempt < 3 else 204
        deliver()

    received = receiver.received
    assert len(received) == 4
    assert len({one.headers["webhook-id"] for one in received}) == 1
    assert len({one.body for one in received}) == 1
    times = [int(one.headers["webhook-timestamp"]) for one in received]
    assert times == sorted(set(times))
    for one, moment in zip(received, times, strict=True):
        Verifier(webhook.secret).check(one.headers, one.body, now=moment)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status) == ("delivered", 204)
    assert [attempt["status"] for attempt in delivery.attempts] == [500, 500, 500, 204]
    assert all(attempt["duration_ms"] >= 0 for attempt in delivery.attempts)


def test_a_retry_keeps_its_bytes_although_its_webhook_has_another_dialect_by_now(
    receiver, time_machine
):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    webhook = WebhookFactory(url=receiver.url, names=["New"])
    InvoiceFactory(store=webhook.store)
    receiver.answers = 500
    deliver()

    webhook.change(actor=ACTOR, names=["InvoiceCreated"])
    receiver.answers = 200
    time_machine.move_to("2026-11-22 12:01Z", tick=False)
    assert deliver() == 1

    first, second = receiver.received
    assert first.body == second.body


def test_a_message_sent_again_by_hand_is_spelt_as_its_webhook_wants_it_now(receiver):
    webhook = WebhookFactory(url=receiver.url, names=["New"])
    InvoiceFactory(store=webhook.store)
    deliver()

    webhook.change(actor=ACTOR, names=["InvoiceCreated"])
    Delivery.objects.get().redeliver(actor=ACTOR)
    deliver()

    messages = [json.loads(received.body) for received in receiver.received]
    assert [message["type"] for message in messages] == ["New", "InvoiceCreated"]


def test_a_failed_message_does_not_hold_up_the_next(answers, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    webhook = WebhookFactory()
    answers(500)
    first = InvoiceFactory(store=webhook.store)
    deliver()
    answers(200)
    second = InvoiceFactory(store=webhook.store)

    assert deliver() == 1

    waiting = Delivery.objects.get(status="pending")
    assert waiting.event.invoice == first
    assert Delivery.objects.get(status="delivered").event.invoice == second
    wait = waiting.next_attempt_at - timezone.now()
    assert timedelta(seconds=9) <= wait <= timedelta(seconds=11)


def test_the_waits_grow_and_are_spread(answers):
    random.seed(1)
    spread = {courier.wait_after(1) for _ in range(20)}

    assert len(spread) == 20
    assert timedelta(seconds=9) <= min(spread) <= max(spread) <= timedelta(seconds=11)
    waits = [courier.wait_after(attempt) for attempt in range(1, 11)]
    assert waits == sorted(waits)
    assert courier.wait_after(11) is None


def test_a_dead_receiver_is_switched_off_and_says_why(answers, time_machine):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    sent = answers(500)
    webhook = WebhookFactory()
    InvoiceFactory(store=webhook.store)
    gaps = []
    for _ in range(3 * 24 * 6):
        before = len(sent)
        deliver()
        gaps += [timezone.now()] * (len(sent) - before)
        time_machine.shift(timedelta(minutes=10))

    webhook.refresh_from_db()
    assert not webhook.is_enabled
    assert webhook.disabled_reason == "No delivery has succeeded since 2026-11-22 12:00 UTC."
    assert 8 <= len(sent) <= 11
    waits = [later - earlier for earlier, later in pairwise(gaps)]
    assert waits[-1] > waits[2]
    record = ChangeRecord.objects.get(kind="webhook", action="disabled")
    assert (record.actor_kind, record.reason) == ("system", webhook.disabled_reason)
    assert not Delivery.objects.pending().exists()
    InvoiceFactory(store=webhook.store)
    assert not Delivery.objects.pending().exists()


def test_a_new_address_is_not_blamed_for_what_the_old_one_did(shop, answers):
    answers(500)
    webhook = WebhookFactory(store=shop.store)
    Webhook.objects.update(failures=9, failing_since=timezone.now() - timedelta(days=4))

    shop.put(f"webhooks/{webhook.public_id}", {"url": "https://new.example.com/hook"})
    InvoiceFactory(store=shop.store)
    deliver()

    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.failures) == (True, 1)


def test_one_message_that_is_always_refused_switches_nothing_off(monkeypatch, time_machine):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    webhook = WebhookFactory()
    bad = InvoiceFactory(store=webhook.store)

    def post(url, body, headers):
        return Answer(400 if bad.public_id.encode() in body else 200, None, 1)

    monkeypatch.setattr(outgoing, "post", post)
    for _ in range(4 * 24):
        InvoiceFactory(store=webhook.store)
        deliver()
        time_machine.shift(timedelta(hours=1))

    webhook.refresh_from_db()
    assert webhook.is_enabled
    assert Delivery.objects.filter(status="failed").count() == 1


def test_a_receiver_that_is_gone_is_believed(answers):
    answers(410)
    webhook = WebhookFactory()
    InvoiceFactory(store=webhook.store)

    deliver()

    webhook.refresh_from_db()
    assert webhook.disabled_reason == "The receiver answered 410 Gone."


def test_the_queue_of_a_failing_receiver_is_bounded(answers, monkeypatch):
    monkeypatch.setattr(courier, "MOST_WAITING", 3)
    answers(500)
    webhook = WebhookFactory()
    for _ in range(5):
        InvoiceFactory(store=webhook.store)

    deliver()

    webhook.refresh_from_db()
    assert webhook.disabled_reason == "More than 3 deliveries were waiting."


def test_a_disabled_store_sends_nothing_until_it_is_enabled(receiver):
    webhook = WebhookFactory(url=receiver.url)
    for _ in range(10):
        InvoiceFactory(store=webhook.store)
    webhook.store.disable(actor=ACTOR)

    assert deliver() == 0
    assert receiver.received == []

    webhook.store.enable(actor=ACTOR)
    assert deliver() == 10


@pytest.mark.parametrize("deed", ["disable", "delete"])
def test_a_webhook_that_is_disabled_or_deleted_drops_its_queue(receiver, deed):
    webhook = WebhookFactory(url=receiver.url)
    InvoiceFactory(store=webhook.store)

    getattr(webhook, deed)(actor=ACTOR)
    if deed == "disable":
        webhook.enable(actor=ACTOR)

    assert deliver() == 0
    assert Delivery.objects.get().status == "stopped"
    assert receiver.received == []


@pytest.mark.parametrize("deed", ["rotate", "disable", "delete"])
def test_no_deed_on_a_key_touches_invoices_or_webhooks(shop, receiver, deed):
    webhook = shop.post("webhooks", {"url": receiver.url}).json()
    invoice = shop.post("invoices", {"amount": "1"}).json()
    before = list(Invoice.objects.values()), list(Webhook.objects.values())

    if deed == "delete":
        shop.key.disable(actor=ACTOR)
    getattr(shop.key, deed)(actor=ACTOR)

    assert (list(Invoice.objects.values()), list(Webhook.objects.values())) == before
    assert deliver() == 1
    message = json.loads(receiver.received[0].body)
    assert (message["webhookId"], message["invoiceId"]) == (webhook["id"], invoice["id"])


def test_both_secrets_sign_while_one_replaces_the_other(receiver, time_machine):
    time_machine.move_to(timezone.now())
    webhook = WebhookFactory(url=receiver.url)
    new = webhook.rotate(actor=ACTOR)
    InvoiceFactory(store=webhook.store)
    deliver()
    time_machine.shift(timedelta(hours=25))
    InvoiceFactory(store=webhook.store)
    deliver()

    during, after = (one.headers["webhook-signature"].split() for one in receiver.received)
    assert (len(during), len(after)) == (2, 1)
    for secret in (webhook.secret, new):
        Verifier(secret, tolerance=10**6).check(
            receiver.received[0].headers, receiver.received[0].body
        )


def test_what_another_worker_has_claimed_is_left_to_it(receiver):
    webhook = WebhookFactory(url=receiver.url)
    InvoiceFactory(store=webhook.store)
    claim = Delivery.objects.filter(status="pending")
    claim.update(claimed_by="another", claimed_until=timezone.now() + timedelta(seconds=20))

    assert deliver() == 0

    claim.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert deliver() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_couriers_at_once_one_gets_a_message():
    InvoiceFactory(store=WebhookFactory().store)
    message = Delivery.objects.get()

    def claim_elsewhere(start):
        try:
            start.wait()
            return Courier()._claim_one(message.pk)
        finally:
            connections.close_all()

    for _ in range(10):
        start = threading.Barrier(8)
        with ThreadPoolExecutor(8) as threads:
            claimed = list(threads.map(claim_elsewhere, [start] * 8))
        assert [one.pk for one in claimed if one] == [message.pk]
        Delivery.objects.update(claimed_by="", claimed_until=None)


def test_what_was_sent_is_written_down_although_the_database_was_away(receiver, monkeypatch):
    webhook = WebhookFactory(url=receiver.url)
    for _ in range(3):
        InvoiceFactory(store=webhook.store)
    monkeypatch.setattr(courier.time, "sleep", lambda seconds: None)
    outage = [OperationalError("gone")] * 3
    settle, claim = courier._settle, courier.Courier._claim_oldest

    def settle_or_fail(*arguments, **options):
        if outage:
            raise outage.pop()
        return settle(*arguments, **options)

    def claim_or_fail(self):
        if self._under_way and outage:
            raise outage.pop()
        return claim(self)

    monkeypatch.setattr(courier, "_settle", settle_or_fail)
    monkeypatch.setattr(courier.Courier, "_claim_oldest", claim_or_fail)

    assert deliver() == 3
    assert outage == []
    assert len(receiver.received) == 3


def test_a_courier_without_a_database_says_so(receiver, monkeypatch):
    def fail(self):
        raise OperationalError("gone")

    monkeypatch.setattr(courier.Courier, "_claim_oldest", fail)

    with pytest.raises(OperationalError):
        deliver()


def test_a_worker_that_has_to_stop_takes_up_nothing_new(receiver):
    webhook = WebhookFactory(url=receiver.url)
    InvoiceFactory(store=webhook.store)

    with shift(is_over=lambda: True):
        assert deliver() == 0

    assert Delivery.objects.pending().count() == 1


def test_slow_receivers_keep_nobody_waiting(monkeypatch):
    monkeypatch.setattr(outgoing, "TIME", 120.0)
    all_fast_ones_came = threading.Event()
    came_meanwhile = []

    def slowly(handler):
        came_meanwhile.append(all_fast_ones_came.wait(60))
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with listening(slowly) as slow, listening() as fast:
        for _ in range(20):
            WebhookFactory(store=(store := StoreFactory()), url=slow.url)
            InvoiceFactory(store=store)
        for _ in range(20):
            WebhookFactory(store=(store := StoreFactory()), url=fast.url)
            InvoiceFactory(store=store)

        def watch():
            fast.wait_for(20)
            all_fast_ones_came.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert deliver() == 40
        watcher.join()

    assert came_meanwhile == [True] * 20


def test_a_message_is_sent_again_by_hand_under_the_same_id(shop, receiver):
    webhook = WebhookFactory(store=shop.store, url=receiver.url)
    InvoiceFactory(store=shop.store)
    deliver()
    log = f"webhooks/{webhook.public_id}/deliveries"
    (first,) = shop.get(log).json()

    again = shop.post(f"{log}/{first['id']}/redeliver")

    assert again.status_code == 200
    assert shop.get(f"{log}/{again.json()}").json()["originalDeliveryId"] == first["id"]
    assert deliver() == 1
    one, other = receiver.received
    assert one.headers["webhook-id"] == other.headers["webhook-id"]
    message = json.loads(other.body)
    assert (message["isRedelivery"], message["deliveryId"]) == (True, again.json())
    delivered = shop.get(f"{log}/{again.json()}").json()
    assert (delivered["state"], delivered["status"]) == ("delivered", "HttpSuccess")
    assert shop.get(f"{log}/{again.json()}/request").json() == message


def test_the_log_tells_status_and_duration_and_nothing_the_receiver_said(shop, receiver):
    def answer(handler):
        handler.send_response(403)
        handler.send_header("X-Inside", "secret of the receiver")
        handler.send_header("Content-Length", "8")
        handler.end_headers()
        handler.wfile.write(b"<script>")

    receiver.answers = answer
    webhook = WebhookFactory(store=shop.store, url=receiver.url)
    invoice = InvoiceFactory(store=shop.store)
    deliver()

    listed = shop.get(f"webhooks/{webhook.public_id}/deliveries")

    (delivery,) = listed.json()
    assert delivery["httpCode"] == 403
    assert delivery["durationMs"] >= 0
    assert delivery["invoiceId"] == invoice.public_id
    assert delivery["nextAttemptTime"] > delivery["timestamp"]
    assert b"script" not in listed.content
    assert b"secret of" not in listed.content


def test_the_log_spells_the_time_of_an_attempt_as_every_answer_spells_times(
    shop, receiver, time_machine
):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    webhook = WebhookFactory(store=shop.store, url=receiver.url)
    InvoiceFactory(store=shop.store)
    deliver()

    (delivery,) = shop.get(f"webhooks/{webhook.public_id}/deliveries").json()

    assert [attempt["at"] for attempt in delivery["attempts"]] == ["2026-11-22T12:00:00.000Z"]


@pytest.mark.parametrize("path", ["", "/{0}", "/{0}/request", "/{0}/redeliver"])
def test_the_log_of_another_store_is_missing(shop, receiver, path):
    foreign = WebhookFactory(url=receiver.url)
    own = WebhookFactory(store=shop.store, url=receiver.url)
    InvoiceFactory(store=foreign.store)
    delivery = Delivery.objects.get()
    method = "POST" if "redeliver" in path else "GET"

    tails = [path.format(delivery.public_id)]
    answers = [shop.call(method, f"webhooks/{foreign.public_id}/deliveries{tails[0]}")]
    if path:
        answers.append(shop.call(method, f"webhooks/{own.public_id}/deliveries{tails[0]}"))

    assert {answer.status_code for answer in answers} == {404}
    assert Delivery.objects.count() == 1


def test_a_secret_that_cannot_be_opened_switches_off_its_webhook_only(receiver, settings):
    broken = WebhookFactory(url=receiver.url)
    broken.sealed = "damaged"
    broken.save()
    webhook = WebhookFactory(url=receiver.url)
    for store in (broken.store, webhook.store):
        InvoiceFactory(store=store)

    assert deliver() == 1

    broken.refresh_from_db()
    assert "APIKEYS_SEALING_KEYS" in broken.disabled_reason


def test_a_new_secret_mends_a_webhook_whose_old_one_cannot_be_opened(shop, receiver):
    webhook = WebhookFactory(store=shop.store, url=receiver.url)
    Webhook.objects.update(sealed="damaged")

    secret = shop.post(f"webhooks/{webhook.public_id}/rotate-secret", {}).json()["secret"]
    InvoiceFactory(store=shop.store)
    assert deliver() == 1
    Verifier(secret).check(receiver.received[0].headers, receiver.received[0].body)

    Webhook.objects.update(sealed="damaged")
    chosen = {"secret": "a-secret-of-our-own"}
    assert shop.put(f"webhooks/{webhook.public_id}", chosen).status_code == 200
    InvoiceFactory(store=shop.store)
    assert deliver() == 1


def test_a_webhook_that_is_deleted_before_its_message_is_signed_holds_up_nobody(
    receiver, monkeypatch
):
    deleted, other = WebhookFactory(url=receiver.url), WebhookFactory(url=receiver.url)
    for webhook in (deleted, other):
        InvoiceFactory(store=webhook.store)
    signing_secrets = Webhook.signing_secrets

    def deleted_now(webhook):
        if webhook == deleted:
            deleted.delete(actor=ACTOR)
            webhook.refresh_from_db()
        return signing_secrets(webhook)

    monkeypatch.setattr(Webhook, "signing_secrets", deleted_now)

    assert deliver() == 1
    assert deleted.deliveries.get().status == "stopped"


@pytest.mark.parametrize("deed", ["disable", "delete"])
@pytest.mark.parametrize(("answer", "status"), [(200, "delivered"), (500, "stopped")])
def test_what_was_under_way_is_in_the_log_although_its_webhook_was_switched_off(
    monkeypatch, deed, answer, status
):
    webhook = WebhookFactory()
    InvoiceFactory(store=webhook.store)

    # In the courier's own thread, as if somebody did it while the receiver takes its time.
    def note(self, delivery, result):
        getattr(webhook, deed)(actor=ACTOR)
        courier._settle(delivery, result, claimed_by=self.name)

    monkeypatch.setattr(outgoing, "post", lambda *args: Answer(answer, None, 7))
    monkeypatch.setattr(courier.Courier, "_note", note)
    deliver()

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status) == (status, answer)
    assert len(delivery.attempts) == 1
    assert delivery.next_attempt_at is None


def test_a_failure_and_switching_off_lock_in_the_same_order(answers):
    answers(500)
    webhook = WebhookFactory()
    InvoiceFactory(store=webhook.store)

    for deed in (deliver, lambda: webhook.disable(actor=ACTOR)):
        with CaptureQueriesContext(connection) as captured:
            deed()
        updated = re.findall(r'UPDATE "(\w+)"', "\n".join(query["sql"] for query in captured))
        assert updated[-2:] == ["storefront_webhook", "storefront_delivery"]


def test_what_came_in_while_a_webhook_was_being_disabled_is_not_sent_later(receiver):
    webhook = WebhookFactory(url=receiver.url)
    InvoiceFactory(store=webhook.store)
    Webhook.objects.update(status="disabled")  # as if the event had not seen it yet

    webhook.refresh_from_db()
    webhook.enable(actor=ACTOR)

    assert deliver() == 0
    assert Delivery.objects.get().status == "stopped"


def test_the_log_forgets_after_a_month(receiver, time_machine):
    time_machine.move_to(timezone.now())
    webhook = WebhookFactory(url=receiver.url)
    InvoiceFactory(store=webhook.store)
    deliver()
    Delivery.objects.get().redeliver(actor=ACTOR)
    time_machine.shift(timedelta(days=31))
    deliver()

    assert forget_old_deliveries() == 0  # its redelivery is new
    time_machine.shift(timedelta(days=31))
    assert forget_old_deliveries() == 2
    assert not Delivery.objects.exists()
    assert not Event.objects.exists()
    assert Invoice.objects.exists()


def test_one_answer_costs_few_queries(receiver, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(courier, "LOOK_AGAIN", 60.0)  # a slow machine would look more often
    webhook = WebhookFactory(url=receiver.url)
    for _ in range(10):
        InvoiceFactory(store=webhook.store)

    with django_assert_max_num_queries(10 * 10):
        assert deliver() == 10
