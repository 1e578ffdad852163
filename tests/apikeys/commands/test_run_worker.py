import shutil
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord, Secret, SpentNonce, WorkerLease
from history.models import CallRecord
from tests.factories import (
    APIKeyFactory,
    CallRecordFactory,
    SecretFactory,
    SpentNonceFactory,
    WorkerLeaseFactory,
)

LONG_AGO = timezone.now() - timedelta(days=400)


@pytest.mark.django_db
class TestOnce:
    def test_unused_keys_are_disabled_when_the_setting_says_so(self, command, settings, caplog):
        settings.DISABLE_UNUSED_AFTER_DAYS = 90
        unused, used = APIKeyFactory(date_added=LONG_AGO), APIKeyFactory()

        ran = command("run_worker", "--once", "--json")

        assert (ran.code, ran.document["failed"]) == (0, [])
        assert ran.document["tasks"]["disable_unused_keys"] == 1
        assert "disable_unused_keys: 1" in caplog.text
        assert list(APIKey.objects.filter(status="enabled")) == [used]
        change = ChangeRecord.objects.get(action="disabled", consumer_key=unused.consumer_key)
        assert (change.actor_kind, change.reason) == ("system", "unused")

    def test_they_stay_as_long_as_the_setting_is_off(self, command):
        APIKeyFactory(date_added=LONG_AGO)
        ran = command("run_worker", "--once", "--json")
        assert ran.document["tasks"]["disable_unused_keys"] == 0
        assert APIKey.objects.get().is_enabled

    def test_history_is_kept_as_long_as_the_setting_says(self, command, settings):
        settings.HISTORY_RETENTION_DAYS = 30
        key = APIKeyFactory()
        CallRecordFactory(key=key, date_added=timezone.now() - timedelta(days=31))
        kept = CallRecordFactory(key=key, date_added=timezone.now() - timedelta(days=29))
        assert (
            command("run_worker", "--once", "--json").document["tasks"]["forget_old_history"] == 1
        )
        assert CallRecord.objects.get() == kept

    def test_what_may_be_forgotten_is(self, command):
        SpentNonceFactory.useless()
        SpentNonceFactory()
        key = APIKeyFactory(signing=True)
        SecretFactory(api_key=key, overlap=timedelta(hours=1))
        Secret.objects.filter(version=1).update(retires_at=timezone.now())

        tasks = command("run_worker", "--once", "--json").document["tasks"]

        assert (tasks["forget_useless_nonces"], tasks["forget_sealed_secrets"]) == (1, 1)
        assert SpentNonce.objects.count() == 1
        assert [secret.version for secret in Secret.objects.exclude(sealed="")] == [2]

    def test_a_failing_task_is_named_and_the_others_are_done(self, command, monkeypatch):
        SpentNonceFactory.useless()

        def fail():
            raise RuntimeError("out of order")

        monkeypatch.setattr("history.retention.forget_old_history", fail)
        ran = command("run_worker", "--once", "--json")

        assert ran.code == 1
        assert ran.document["failed"] == ["forget_old_history"]
        assert "Failed: forget_old_history" in ran.err
        assert not SpentNonce.objects.exists()

    def test_it_ends_with_1_when_another_worker_does_not_step_aside(self, command, monkeypatch):
        WorkerLeaseFactory()
        monkeypatch.setattr("apikeys.worker.ASIDE", 0.1)
        ran = command("run_worker", "--once", "--json")
        assert (ran.code, ran.out) == (1, "")
        assert "Another worker" in ran.err

    def test_signals_are_as_before_when_it_has_ended(self, command):
        before = signal.getsignal(signal.SIGTERM)
        command("run_worker", "--once")
        assert signal.getsignal(signal.SIGTERM) is before
        assert WorkerLease.objects.take("another")


def wait_for_line(program, text):
    for line in program.stderr:
        if text in line:
            return line
    raise AssertionError(f"It ended without saying {text!r}")


class TestAsAProgram:
    @pytest.fixture
    def worker(self, shell):
        """Start workers; a test that fails leaves none behind."""
        started = []

        def start():
            started.append(shell.start("run_worker", "--json"))
            return started[-1]

        yield start
        for program in started:
            program.kill()
            program.communicate()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_cleanly(self, shell, worker, number):
        program = worker()
        wait_for_line(program, "forget_old_history: 0")

        program.send_signal(number)
        out, err = program.communicate(timeout=60)

        assert program.returncode == 0
        assert '"disable_unused_keys": 0' in out
        assert "Traceback" not in err

    def test_another_one_goes_on_at_once_and_once_is_done_beside_it(self, shell, worker):
        first = worker()
        wait_for_line(first, "Working as")
        assert shell("run_worker", "--once", "--json").code == 0
        second = worker()
        first.terminate()
        first.communicate(timeout=60)
        assert first.returncode == 0
        wait_for_line(second, "Working as")

    def test_it_waits_for_a_database_that_is_not_there_yet(self, worker, absent_database):
        program = worker()
        wait_for_line(program, "Waiting. The database")
        absent_database()
        wait_for_line(program, "Working as")

    @pytest.fixture
    def absent_database(self, shell, live_databases, tmp_path):
        """Take the database of the commands away; gives the function that brings it back."""
        url = shell.env["DATABASE_URL"]
        if live_databases.on_postgresql:
            name = url.rpartition("/")[2]
            live_databases._execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_away"')
            return lambda: live_databases._execute(
                f'ALTER DATABASE "{name}_away" RENAME TO "{name}"'
            )
        away, here = tmp_path / "away", tmp_path / "here"
        away.mkdir()
        shutil.copyfile(url.removeprefix("sqlite:///"), away / "db.sqlite3")
        shell.env["DATABASE_URL"] = f"sqlite:///{here}/db.sqlite3"
        return lambda: away.rename(here)
