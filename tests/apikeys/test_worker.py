"""The worker: one at a time, every task when it is due, and no failure ends it."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from apikeys.holder import new_name
from apikeys.models import WorkerLease
from apikeys.worker import LeaseTaken, Worker
from apikeys.worker_tasks import WorkerTask, stopping, tasks
from tests.factories import WorkerLeaseFactory

HERE = __name__
MINUTE = timedelta(minutes=1)
PATIENCE = 60  # seconds that a busy machine may take for what is done at once on any other


class Duty:
    """A function that can be awaited: what it does is up to the test."""

    def __init__(self, act=lambda: 1):
        self.act = act
        self.calls = 0
        self.called = threading.Event()

    def __call__(self):
        self.calls += 1
        self.called.set()
        return self.act()


@pytest.fixture
def duty(monkeypatch):
    """Make a task of a function: ``duty("name", function)``."""

    def make(name, act=lambda: 1, *, every=MINUTE):
        made = Duty(act)
        monkeypatch.setitem(globals(), name, made)
        return WorkerTask(f"{HERE}.{name}", every=every), made

    return make


@pytest.fixture
def start(monkeypatch):
    """Start workers in threads, as on several hosts, and stop them in the end."""
    monkeypatch.setattr("apikeys.worker.HEARTBEAT", 0.1)
    started = []

    def run(*tasks):
        worker = Worker(tasks)
        thread = threading.Thread(target=worker.work)
        started.append((worker, thread))
        thread.start()
        return worker, thread

    yield run
    for worker, _thread in started:
        worker.end()
    for _worker, thread in started:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def fail():
    raise RuntimeError("out of order")


def lose_the_database():
    raise OperationalError("server closed the connection")


@pytest.mark.django_db
class TestOnce:
    def test_every_task_is_run_once_and_counted(self, duty):
        first, one = duty("one", lambda: 3)
        second, two = duty("two", lambda: None)
        worker = Worker([first, second])

        worker.work_once()

        assert worker.counts == {"one": 3, "two": 0}
        assert (one.calls, two.calls) == (1, 1)
        assert not worker.failures

    def test_a_failing_task_does_not_stop_the_others(self, duty, caplog):
        broken, _ = duty("broken", fail)
        sound, other = duty("sound")
        worker = Worker([broken, sound])

        worker.work_once()

        assert other.calls == 1
        assert worker.failures == {"broken": 1}
        assert "broken failed, again in 5 s. out of order" in caplog.text

    def test_an_outage_of_the_database_is_logged_without_a_traceback(self, duty, caplog):
        task, _ = duty("cut_off", lose_the_database)

        Worker([task]).work_once()

        assert "cut_off failed, again in 5 s. server closed the connection" in caplog.text
        assert "Traceback" not in caplog.text

    def test_a_task_that_fails_for_days_is_still_tried_every_few_minutes(self, duty, caplog):
        task, _ = duty("broken", fail)
        worker = Worker([task])
        worker.failures["broken"] = 5000
        worker.work_once()
        assert "again in 300 s" in caplog.text

    def test_the_lease_is_given_back(self, duty):
        Worker([duty("one")[0]]).work_once()
        assert WorkerLease.objects.take("another")

    def test_it_gives_up_when_the_working_one_does_not_step_aside(self, duty, monkeypatch):
        monkeypatch.setattr("apikeys.worker.ASIDE", 0.1)
        WorkerLeaseFactory()
        task, done = duty("one")
        with pytest.raises(LeaseTaken):
            Worker([task]).work_once()
        assert not done.calls


@pytest.mark.django_db
class TestLease:
    def test_one_holder_at_a_time(self):
        lease = WorkerLease.objects
        assert lease.take("a")
        assert not lease.take("b")
        assert lease.take("a")

    def test_an_expired_lease_is_anybodys(self):
        lease = WorkerLease.objects
        assert lease.take("a")
        lease.update(expires_at=Now())
        assert lease.take("b")
        assert not lease.take("a")

    def test_nobody_gives_back_the_lease_of_another(self):
        lease = WorkerLease.objects
        assert lease.take("a")
        lease.release("b")
        assert not lease.take("b")
        lease.release("a")
        assert lease.take("b")


@pytest.mark.django_db(transaction=True)
class TestWork:
    def test_a_task_is_run_again_when_it_is_due(self, duty, start):
        again = threading.Event()
        task, done = duty("often", lambda: done.calls == 3 and again.set(), every=timedelta(0))
        start(task)
        assert again.wait(PATIENCE)

    def test_two_workers_share_one_lease(self, duty, start):
        task, done = duty("daily", every=timedelta(days=1))
        start(task)
        assert done.called.wait(PATIENCE)

        second, _thread = start(task)
        second_looked = threading.Event()
        # In this order: the thread may call the new one as soon as it is there.
        lead, second._lead = second._lead, lambda: (lead(), second_looked.set())[0]

        assert second_looked.wait(PATIENCE)
        assert done.calls == 1
        assert not second._leading

    def test_a_worker_that_was_killed_on_this_host_is_not_waited_for(self, duty, start):
        program = subprocess.Popen([sys.executable, "-c", ""])
        program.wait()
        host, _colon, _rest = new_name().partition(":")
        killed = f"{host}:{program.pid}:00000000"
        assert WorkerLease.objects.take(killed, lasting=timedelta(days=1))

        task, done = duty("heir")
        start(task)

        assert done.called.wait(PATIENCE)

    def test_another_worker_goes_on_when_the_first_stops(self, duty, start):
        first_task, first_done = duty("first")
        second_task, second_done = duty("second")
        worker, thread = start(first_task)
        assert first_done.called.wait(PATIENCE)
        start(second_task)

        worker.end()
        thread.join(PATIENCE)

        assert second_done.called.wait(PATIENCE)

    def test_a_long_task_keeps_no_other_waiting_and_is_finished(self, duty, start):
        free = threading.Event()
        long_one, long_done = duty("long", lambda: free.wait(PATIENCE))
        short_one, short_done = duty("short")
        worker, thread = start(long_one, short_one)
        assert long_done.called.wait(PATIENCE)
        assert short_done.called.wait(PATIENCE)

        worker.end()
        assert thread.is_alive()
        free.set()
        thread.join(PATIENCE)

        assert worker.counts["long"] == 1

    def test_a_long_task_is_told_to_stop_and_the_process_is_not(self, duty, start):
        def work_until_told():
            while not stopping():
                told.wait(0.01)
            return 1

        told = threading.Event()
        task, done = duty("endless", work_until_told)
        worker, thread = start(task)
        assert done.called.wait(PATIENCE)

        worker.end()
        thread.join(PATIENCE)
        worker.end()  # a second signal, when there is nothing left to end

        assert worker.counts["endless"] == 1
        assert not stopping()

    def test_a_failing_task_is_tried_again(self, duty, start, monkeypatch):
        monkeypatch.setattr("apikeys.worker.FIRST_PAUSE", 0.01)
        well = threading.Event()
        task, done = duty("shaky", lambda: well.set() if done.calls == 3 else fail())
        worker, _thread = start(task)
        assert well.wait(PATIENCE)
        assert worker.failures["shaky"] in {0, 2}

    def test_a_database_that_does_not_answer_is_waited_for(self, duty, start, monkeypatch):
        task, done = duty("patient")
        outage = [lose_the_database] * 3
        take = WorkerLease.objects.take
        monkeypatch.setattr(
            Worker,
            "_lead",
            lambda self: outage.pop()() if outage else take(self.holder),
        )
        start(task)
        assert done.called.wait(PATIENCE)

    def test_once_makes_a_working_one_step_aside_for_a_round(self, duty, start, monkeypatch):
        steady, steady_done = duty("steady", every=timedelta(0))
        start(steady)
        assert steady_done.called.wait(PATIENCE)
        task, done = duty("now")

        Worker([task]).work_once()

        assert done.calls == 1
        steady_done.called.clear()
        assert steady_done.called.wait(PATIENCE)


def test_the_tasks_of_all_apps_can_be_found():
    found = tasks()
    assert {"disable_unused_keys", "forget_old_history", "roll_up"} <= {t.name for t in found}
    assert len({task.name for task in found}) == len(found)
