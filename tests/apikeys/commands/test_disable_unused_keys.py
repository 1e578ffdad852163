from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import APIKey, ChangeRecord
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=100)


def enabled():
    return set(APIKey.objects.filter(status="enabled"))


def test_keys_that_nobody_used_are_disabled_and_the_change_says_why(command):
    never = APIKeyFactory(date_added=LONG_AGO)
    not_lately = APIKeyFactory(date_added=LONG_AGO, last_used_at=NOW - timedelta(days=91))
    used = APIKeyFactory(date_added=LONG_AGO, last_used_at=NOW - timedelta(days=89))
    new = APIKeyFactory()

    ran = command("disable_unused_keys", "--days=90", "--json")

    assert (ran.code, ran.document["disabled"], ran.document["dry_run"]) == (0, 2, False)
    listed = {row["consumer_key"] for row in ran.document["keys"]}
    assert listed == {never.consumer_key, not_lately.consumer_key}
    assert enabled() == {used, new}
    changes = ChangeRecord.objects.filter(action="disabled")
    assert {change.reason for change in changes} == {"unused"}
    assert all(change.actor_name.startswith("disable_unused_keys by ") for change in changes)


def test_a_dry_run_says_the_same_and_changes_nothing(command):
    key = APIKeyFactory(date_added=LONG_AGO)
    ran = command("disable_unused_keys", "--dry-run", "--json")
    assert (ran.code, ran.document["disabled"], ran.document["dry_run"]) == (0, 1, True)
    assert "1 keys would be disabled" in ran.err
    assert enabled() == {key}


def test_finding_none_is_success(command):
    APIKeyFactory()
    ran = command("disable_unused_keys")
    assert ran.code == 0
    assert "0 keys disabled" in ran.err


def test_the_setting_says_how_many_days(command, settings):
    settings.DISABLE_UNUSED_AFTER_DAYS = 30
    APIKeyFactory(date_added=NOW - timedelta(days=31))
    assert command("disable_unused_keys", "--json").document["days"] == 30
    assert not enabled()


def test_a_key_that_was_enabled_again_gets_its_full_time(command):
    key = APIKeyFactory(date_added=LONG_AGO, disabled=True)
    key.enable(actor=Actor.system("tests"))
    command("disable_unused_keys")
    assert enabled() == {key}


@pytest.mark.parametrize("days", ["0", "-1", "many", "1.5", "99999"])
def test_what_is_no_number_of_days_is_wrong_usage(command, days):
    APIKeyFactory(date_added=LONG_AGO)
    assert command("disable_unused_keys", f"--days={days}").code == 2
    assert enabled()
