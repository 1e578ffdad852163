from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import ChangeRecord
from history.models import CallRecord, UnprovenCalls
from tests.factories import APIKeyFactory, CallRecordFactory, UnprovenCallsFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


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


def test_the_setting_says_how_long_history_is_kept(command, settings):
    settings.HISTORY_RETENTION_DAYS = 30
    CallRecordFactory(date_added=NOW - timedelta(days=31))
    assert command("prune_history", "--json").document["deleted"] == 1


def test_who_pruned_is_kept_among_the_changes(command):
    CallRecordFactory(date_added=NOW - timedelta(days=400))
    before = ChangeRecord.objects.count()
    command("prune_history")
    change = ChangeRecord.objects.first()
    assert change.action == "history pruned"
    assert change.actor_name.startswith("prune_history by ")
    assert change.after["deleted"] == 1
    assert ChangeRecord.objects.count() == before + 1


def test_finding_nothing_is_success_and_no_change(command):
    CallRecordFactory()
    before = ChangeRecord.objects.count()
    assert command("prune_history", "--older-than=1d").code == 0
    assert ChangeRecord.objects.count() == before


@pytest.mark.parametrize("age", ["365", "-1d", "always", "1y", "99999d"])
def test_what_is_no_age_is_wrong_usage(command, age):
    CallRecordFactory(date_added=NOW - timedelta(days=400))
    assert command("prune_history", f"--older-than={age}").code == 2
    assert CallRecord.objects.exists()
