"""The worker: holds the lease, runs what is due, and survives every failure."""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections, reset_queries

from apikeys import outage
from apikeys.holder import is_dead, new_name
from apikeys.models import WorkerLease
from apikeys.worker_tasks import WorkerTask, shift

logger = logging.getLogger("apikeys.worker")

HEARTBEAT: Final = 3.0  # seconds; the lease lasts for five of them
FIRST_PAUSE: Final = 5.0  # seconds after a task's first failure in a row; then twice as long
LONGEST_PAUSE: Final = 300.0
WORTH_A_LINE: Final = timedelta(hours=1)
ONE_ROUND: Final = timedelta(minutes=1)
ASIDE: Final = 30.0  # seconds to wait for another worker to step aside


class LeaseTaken(Exception):
    """Another worker works and did not step aside in time."""


class Worker:
    """Runs tasks, each in a thread of its own, so that a long one keeps no other waiting."""

    def __init__(self, tasks: Iterable[WorkerTask]) -> None:
        self.tasks = list(tasks)
        self.ended = False
        self.holder = new_name()
        self.counts = Counter(dict.fromkeys((task.name for task in self.tasks), 0))
        self.failures: Counter[str] = Counter()
        self._due = dict.fromkeys(self.tasks, 0.0)
        self._running: dict[WorkerTask, Future[None]] = {}
        self._leading = False
        self._wanted = False
        self._beat_at = 0.0
        self._wake: SimpleQueue[None] = SimpleQueue()

    def end(self, *_signal: object) -> None:
        """Finish what was begun and return from ``work``. May be called by a signal handler."""
        self.ended = True
        # Of all ways to wake a thread this one is safe in a handler that interrupts the waiting.
        self._wake.put(None)

    @property
    def is_stopping(self) -> bool:
        """Whether it ends, or another worker wants the lease: long tasks come to an end."""
        return self.ended or self._wanted

    def work(self) -> None:
        """Work whenever the lease is ours, until ``end`` is called."""
        with ThreadPoolExecutor(max_workers=max(1, len(self.tasks))) as pool:
            while not self.ended or self._still_running():
                self._beat()
                if self._leading and not self.ended:
                    self._start_due(pool)
                self._sleep(self._pause())
        try:
            WorkerLease.objects.release(self.holder)
        except (DatabaseError, InterfaceError):
            logger.warning("The lease could not be given back; it ends by itself.")
        finally:
            close_old_connections()

    def work_once(self) -> None:
        """Run every task once, one after the other. A worker that is working steps aside."""
        give_up = time.monotonic() + ASIDE
        while not WorkerLease.objects.take(self.holder, lasting=ONE_ROUND):
            if time.monotonic() > give_up or self.ended:
                raise LeaseTaken
            WorkerLease.objects.ask()
            self._sleep(0.2)
        try:
            for task in self.tasks:
                if not self.ended:
                    WorkerLease.objects.take(self.holder, lasting=ONE_ROUND)
                    self._perform(task)
        finally:
            WorkerLease.objects.stop_asking()
            WorkerLease.objects.release(self.holder)

    def _beat(self) -> None:
        """Keep, take or give up the lease, every few seconds."""
        if time.monotonic() < self._beat_at:
            return
        self._beat_at = time.monotonic() + HEARTBEAT
        led = self._leading
        try:
            self._leading = self._lead()
        except (DatabaseError, InterfaceError) as error:
            self._leading = False
            logger.warning("Waiting. %s %s", outage.in_words(error), str(error).strip())
        finally:
            close_old_connections()
            reset_queries()
        if self._leading and not led:
            logger.info("Working as %s.", self.holder)

    def _lead(self) -> bool:
        lease = WorkerLease.objects
        self._wanted = lease.is_wanted()
        if not self.is_stopping:
            return lease.take(self.holder) or self._succeed_the_dead()
        if self._still_running():
            lease.take(self.holder)
        else:
            lease.release(self.holder)
        return False

    def _succeed_the_dead(self) -> bool:
        """A worker that was killed on this host is not waited for."""
        holder = WorkerLease.objects.values_list("holder", flat=True).first() or ""
        if not is_dead(holder):
            return False
        WorkerLease.objects.release(holder)
        return WorkerLease.objects.take(self.holder)

    def _start_due(self, pool: ThreadPoolExecutor) -> None:
        running = self._still_running()
        for task, due in self._due.items():
            if due <= time.monotonic() and task not in running:
                future = self._running[task] = pool.submit(self._perform_apart, task)
                future.add_done_callback(lambda _future: self._wake.put(None))

    def _still_running(self) -> set[WorkerTask]:
        return {task for task, future in self._running.items() if not future.done()}

    def _pause(self) -> float:
        """Seconds until something has to be done again."""
        moments = [self._beat_at]
        if self._leading and not self.ended:
            running = self._still_running()
            moments += [due for task, due in self._due.items() if task not in running]
        return max(0.01, min(moments) - time.monotonic())

    def _sleep(self, seconds: float) -> None:
        with suppress(Empty):
            self._wake.get(timeout=seconds)

    def _perform_apart(self, task: WorkerTask) -> None:
        try:
            self._perform(task)
        finally:
            close_old_connections()
            reset_queries()

    def _perform(self, task: WorkerTask) -> None:
        started = time.monotonic()
        try:
            with shift(lambda: self.is_stopping):
                count = task()
        except Exception as error:  # whatever it is, the other tasks go on
            self.failures[task.name] += 1
            doublings = min(self.failures[task.name] - 1, 10)
            pause = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
            self._due[task] = time.monotonic() + pause
            unavailable = isinstance(error, (DatabaseError, InterfaceError))
            logger.error(
                "%s failed, again in %d s. %s",
                task.name,
                pause,
                str(error).strip(),
                exc_info=not unavailable,
            )
        else:
            self.failures.pop(task.name, None)
            self._due[task] = started + task.every.total_seconds()
            self.counts[task.name] += count
            if count or task.every >= WORTH_A_LINE:
                logger.info("%s: %d", task.name, count)
