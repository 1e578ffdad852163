"""The courier: takes what is due out of the outbox and brings it to the receivers.

One delivery of a webhook is on its way at a time, and many webhooks are served beside each other:
a receiver that is slow or gone keeps nobody else waiting, and when the worker is killed at most
one message a webhook may arrive twice. A message that failed waits for its next attempt while the
ones after it go on.

Threads only call out. Claims and results are written by the one thread that runs the task.
"""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.holder import is_dead, new_name
from apikeys.models import Status
from apikeys.worker_tasks import stopping
from storefront import outgoing, signing
from storefront.models import Delivery, DeliveryStatus, Webhook
from storefront.models.delivery import wait_after
from storefront.outgoing import Answer

logger = logging.getLogger(__name__)

AT_ONCE: Final = 64
FOR_THE_FAILING: Final = AT_ONCE // 2
CLAIM: Final = timedelta(seconds=25)  # a little more than an attempt may take
LOOK_AGAIN: Final = 0.25  # seconds, while something is on its way
GIVE_UP_AFTER: Final = timedelta(days=3)
GIVE_UP_EXHAUSTED: Final = timedelta(days=2)  # when a message has used up its attempts
FEWEST_FAILURES: Final = 5
MOST_WAITING: Final = 10_000
GONE: Final = 410
PATIENCE: Final = 5  # times that a result is written again, when the database is busy
DATABASE_ERRORS: Final = (OperationalError, InterfaceError)
ACTOR: Final = Actor.system("webhook deliveries")


def deliver() -> int:
    """Send everything that is due, and what becomes due meanwhile. Returns how many arrived."""
    return Courier().run()


class Courier:
    """One round of deliveries."""

    def __init__(self) -> None:
        self.name = new_name()
        self.arrived = 0
        self._under_way: dict[Future[Answer], Delivery] = {}

    def run(self) -> int:
        """Work until nothing is due and nothing under way, or until the worker has to stop."""
        _inherit_once()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier") as threads:
            while True:
                for delivery in self._claim():
                    self._set_out(delivery, threads)
                if not self._under_way:
                    return self.arrived
                done, _rest = wait(self._under_way, LOOK_AGAIN, FIRST_COMPLETED)
                for future in done:
                    self._note(self._under_way.pop(future), future.result())

    def _claim(self) -> list[Delivery]:
        """What is to be sent next: nothing when the worker has to stop.

        When the database does not answer, what is under way is written down before the task
        fails; otherwise every message of it would be sent twice.
        """
        if stopping():
            return []
        try:
            return self._claim_oldest()
        except DATABASE_ERRORS:
            _mend_connection()
            if not self._under_way:
                raise
            return []

    def _claim_oldest(self) -> list[Delivery]:
        """The oldest due delivery of every webhook that has none under way, each now ours."""
        free = AT_ONCE - len(self._under_way)
        busy = [delivery.webhook_id for delivery in self._under_way.values()]
        waiting = _waiting().exclude(pk__in=busy)
        well = waiting.filter(failing_since=None)[:free]
        failing_now = sum(one.webhook.failures > 0 for one in self._under_way.values())
        failing = waiting.exclude(failing_since=None)[: max(0, FOR_THE_FAILING - failing_now)]
        due = [webhook.oldest for webhook in [*well, *failing][:free]]
        return [claimed for pk in due if (claimed := self._claim_one(pk))]

    def _claim_one(self, pk: int) -> Delivery | None:
        """Compare and set: of any number of workers one gets it, and none when it was stopped."""
        now = timezone.now()
        # No join: a joined UPDATE finds its rows beforehand, and PostgreSQL, once it has waited for
        # another worker's claim, would not look at them again.
        ours = Delivery.objects.filter(
            _unclaimed(now), pk=pk, status=DeliveryStatus.PENDING, webhook__in=_listening()
        ).update(claimed_by=self.name, claimed_until=now + CLAIM)
        if not ours:
            return None
        related = ("webhook", "event", "original")
        return Delivery.objects.select_related(*related).get(pk=pk)

    def _set_out(self, delivery: Delivery, threads: ThreadPoolExecutor) -> None:
        try:
            known = delivery.webhook.signing_secrets()
        except tokens.SealBroken:
            reason = "Its secret cannot be opened with APIKEYS_SEALING_KEYS. Rotate it."
            _switch_off(delivery.webhook, reason)
            return
        body = delivery.body()
        headers = signing.headers(
            message_id=delivery.message_id, timestamp=int(time.time()), body=body, secrets=known
        )
        sent = threads.submit(outgoing.post, delivery.webhook.url, body, headers)
        self._under_way[sent] = delivery

    def _note(self, delivery: Delivery, answer: Answer) -> None:
        """Write down what came of an attempt; a busy database is asked again."""
        for attempt in range(1, PATIENCE + 1):
            try:
                with transaction.atomic():
                    arrived = _settle(delivery, answer, claimed_by=self.name)
            except DATABASE_ERRORS:
                _mend_connection()
                if attempt == PATIENCE:
                    raise
                time.sleep(attempt / 2)
            else:
                self.arrived += arrived
                return


def _mend_connection() -> None:
    """Let the next statement open a new connection, when the server ended this one."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


@cache
def _inherit_once() -> None:
    """Free what a courier that was killed on this host had claimed, when this process begins."""
    claimed = Delivery.objects.pending().exclude(claimed_by="")
    for name in claimed.order_by().values_list("claimed_by", flat=True).distinct():
        if is_dead(name):
            claimed.filter(claimed_by=name).update(claimed_by="", claimed_until=None)


def _unclaimed(now: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=now)


def _listening() -> QuerySet[Webhook]:
    return Webhook.objects.listening().filter(store__status=Status.ENABLED)


def _waiting() -> QuerySet[Any]:
    """Webhooks with something due and nothing claimed, the longest waiting first."""
    now = timezone.now()
    pending = Delivery.objects.pending().filter(webhook=OuterRef("pk"))
    due = pending.filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    claimed = pending.filter(claimed_until__gt=now)
    return (
        _listening()
        .annotate(
            oldest=Subquery(due.values("pk")[:1]),
            since=Subquery(due.values("next_attempt_at")[:1]),
            claimed=Subquery(claimed.values("pk")[:1]),
        )
        .filter(oldest__isnull=False, claimed=None)
        .order_by("since", "pk")
    )


def _settle(delivery: Delivery, answer: Answer, *, claimed_by: str) -> bool:
    """Keep the result in the log, and in the webhook's health. Returns whether it arrived."""
    arrived = answer.status is not None and 200 <= answer.status < 300
    pause = None if arrived else wait_after(len(delivery.attempts) + 1)
    webhooks = Webhook.objects.filter(pk=delivery.webhook_id)
    # The webhook first, then its delivery, as when somebody switches it off: the other way round
    # the two could wait for each other for ever.
    if arrived:
        webhooks.exclude(failures=0).update(failures=0, failing_since=None)
    else:
        webhooks.update(
            failures=F("failures") + 1, failing_since=Coalesce("failing_since", timezone.now())
        )
    delivery.write_down(answer, arrived=arrived, pause=pause, claimed_by=claimed_by)
    if not arrived:
        _switch_off_if_dead(webhooks.get(), answer, exhausted=pause is None)
    return arrived


def _switch_off_if_dead(webhook: Webhook, answer: Answer, *, exhausted: bool) -> None:
    """Stop calling a receiver that said it is gone, or that has not answered well for days."""
    since = webhook.failing_since or timezone.now()
    failing_for = timezone.now() - since
    waiting = webhook.deliveries.pending()
    if answer.status == GONE:
        reason = "The receiver answered 410 Gone."
    elif webhook.failures >= FEWEST_FAILURES and failing_for >= (
        GIVE_UP_EXHAUSTED if exhausted else GIVE_UP_AFTER
    ):
        reason = f"No delivery has succeeded since {since:%Y-%m-%d %H:%M} UTC."
    elif waiting[MOST_WAITING:].exists():
        reason = f"More than {MOST_WAITING} deliveries were waiting."
    else:
        return
    _switch_off(webhook, reason)


def _switch_off(webhook: Webhook, reason: str) -> None:
    with suppress(Webhook.DoesNotExist):  # deleted while its message was under way
        if webhook.disable(actor=ACTOR, reason=reason):
            logger.warning("Webhook %s was switched off. %s", webhook.public_id, reason)
