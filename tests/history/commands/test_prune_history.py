import json
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from apikeys.models import ChangeRecord
from history.models import CallRecord, UnprovenCalls
from tests.factories import APIKeyFactory, CallRecordFactory, UnprovenCallsFactory

NOW = timezone.now()


@pytest.mark.django_db
def test_a_dry_run_counts_what_the_run_deletes(command):
    key = APIKeyFactory()
    for ago in (1, 364, 366, 400):
        CallRecordFactory(key=key, date_added=NOW - timedelta(days=ago))
        UnprovenCallsFactory(date_added=NOW - timedelta(days=ago))

    tried = command("prune_history", "--older-than=365d", "--dry-run", "--json")
    assert CallRecord.objects.count() == UnprovenCalls.objects.count() == 4
    ran = command("prune_history", "--older-than=365d", "--json")

    assert (tried.code, ran.code) == (0, 0)
    assert (tried.document["deleted"], tried.document["dry_run"]) == (4, True)
    assert (ran.document["deleted"], ran.document["dry_run"]) == (4, False)
    assert CallRecord.objects.count() == UnprovenCalls.objects.count() == 2


@pytest.mark.django_db
def test_the_setting_says_how_long_history_is_kept(command, settings):
    settings.HISTORY_RETENTION_DAYS = 30
    CallRecordFactory(date_added=NOW - timedelta(days=31))
    assert command("prune_history", "--json").document["deleted"] == 1


@pytest.mark.django_db
def test_who_pruned_is_kept_among_the_changes(command):
    CallRecordFactory(date_added=NOW - timedelta(days=400))
    before = ChangeRecord.objects.count()
    command("prune_history")
    change = ChangeRecord.objects.first()
    assert change.action == "history pruned"
    assert change.actor_name.startswith("prune_history by ")
    assert change.after["deleted"] == 1
    assert ChangeRecord.objects.count() == before + 1


@pytest.mark.django_db
def test_finding_nothing_is_success_and_no_change(command):
    CallRecordFactory()
    before = ChangeRecord.objects.count()
    assert command("prune_history", "--older-than=1d").code == 0
    assert ChangeRecord.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("age", ["365", "-1d", "always", "1y", "99999d"])
def test_what_is_no_age_is_wrong_usage(command, age):
    CallRecordFactory(date_added=NOW - timedelta(days=400))
    assert command("prune_history", f"--older-than={age}").code == 2
    assert CallRecord.objects.exists()


class TestAsPrograms:
    """Calls from before and after the moment, pruned by processes that are killed and compete."""

    OLD, NEW = 12_000, 500
    SEED = f"""
from datetime import timedelta
from django.utils import timezone
from history.models import CallRecord
def call(number):
    moment = timezone.now() - timedelta(days=400 if number < {OLD} else 1)
    return CallRecord(
        key_id=1, outcome="allowed", status=200, duration_ms=1,
        date_added=moment, date_modified=moment,
    )
CallRecord.objects.bulk_create(map(call, range({OLD + NEW})), batch_size=2000)
"""

    # The command itself, but when the first rows are gone it says so and waits.
    HALF_WAY = """
import sys
from django.core.management import call_command
from django.db import connection
deletions = []
def wait_at_the_second(execute, statement, *arguments):
    if statement.startswith("DELETE FROM \\"history_callrecord"):
        deletions.append(statement)
        if len(deletions) == 2:
            print("half way", flush=True)
            sys.stdin.read()
    return execute(statement, *arguments)
with connection.execute_wrapper(wait_at_the_second):
    call_command("prune_history", "--older-than=365d")
"""

    @pytest.fixture
    def history(self, shell):
        """Gives a function that counts the calls that are left."""
        assert shell("shell", "-v0", "-c", self.SEED).code == 0
        url = shell.env["DATABASE_URL"]
        if url.startswith("sqlite:///"):
            connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        else:
            connection = psycopg.connect(url, autocommit=True)
        count = "SELECT count(*) FROM history_callrecord"
        with closing(connection):
            yield lambda: connection.execute(count).fetchone()[0]

    def test_what_was_killed_half_way_is_finished_by_the_next(self, shell, history):
        program = shell.start("shell", "-v0", "-c", self.HALF_WAY, stdin=subprocess.PIPE)
        assert program.stdout.readline() == "half way\n"
        program.kill()
        program.communicate()
        left = history()
        assert self.NEW < left < self.OLD + self.NEW

        ran = shell("prune_history", "--older-than=365d", "--json")

        assert ran.document["deleted"] == left - self.NEW
        assert history() == self.NEW

    def test_two_at_once_share_the_work(self, shell, history):
        programs = [shell.start("prune_history", "--older-than=365d", "--json") for _ in range(2)]
        outputs = [program.communicate(timeout=60) for program in programs]
        assert [program.returncode for program in programs] == [0, 0], outputs
        assert sum(json.loads(out)["deleted"] for out, _err in outputs) == self.OLD
        assert history() == self.NEW
