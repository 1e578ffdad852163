import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from apikeys import gate
from apikeys.actor import Actor
from apikeys.models import APIKey, ChangeRecord
from tests.calls import the_record
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
    assert "Would be disabled: 1" in ran.err
    assert enabled() == {key}


def test_finding_none_is_success(command):
    APIKeyFactory()
    ran = command("disable_unused_keys")
    assert ran.code == 0
    assert "Disabled: 0" in ran.err


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


def test_a_call_that_is_being_judged_is_refused_when_the_key_goes(call, command, monkeypatch):
    key = APIKeyFactory(date_added=LONG_AGO)
    take = gate._take

    def disable_meanwhile(of_key):
        command("disable_unused_keys")
        return take(of_key)

    monkeypatch.setattr(gate, "_take", disable_meanwhile)
    assert call(key).status_code == 401
    the_record(reason="key_disabled")
    key.refresh_from_db()
    assert key.last_used_at is None


def test_a_key_that_was_called_meanwhile_is_not_disabled(call):
    key = APIKeyFactory(date_added=LONG_AGO)
    moment = NOW - timedelta(days=90)
    listed = APIKey.objects.unused_since(moment).get()
    assert call(key).status_code == 200
    assert listed.disable_if_unused(moment, actor=Actor.system("tests")) is False
    assert enabled() == {key}


def test_a_key_that_was_deleted_meanwhile_is_passed_over():
    key = APIKeyFactory(date_added=LONG_AGO, disabled=True)
    listed = APIKey.objects.get()
    key.delete(actor=Actor.system("tests"))
    assert listed.disable_if_unused(NOW, actor=Actor.system("tests")) is False


@pytest.mark.e2e
def test_a_key_in_use_is_never_disabled_under_its_caller(start_console):
    """Calls come from eight threads while the command runs: all are let in, or none is."""
    console = start_console(DEFAULT_RATE_LIMIT="none")
    created = console.manage("create_api_key", "sync", "--any-ip")
    credential = (created["consumer_key"], created["consumer_secret"])
    age = "from apikeys.models import APIKey; from datetime import *; "
    age += "APIKey.objects.update(**dict.fromkeys(['date_added', 'enabled_at'], "
    age += "datetime.now(UTC) - timedelta(days=91)))"
    console.manage("shell", "-c", age, json_document=False)
    running = threading.Event()

    def call(_number):
        with requests.Session() as session:
            running.wait(60)
            while running.is_set():
                answer = session.get(f"{console.url}/api/v1/whoami", auth=credential, timeout=60)
                yield answer.status_code

    with ThreadPoolExecutor(8) as pool:
        callers = [pool.submit(lambda number: list(call(number)), number) for number in range(8)]
        running.set()
        disabled = console.manage("disable_unused_keys")["disabled"]
        running.clear()
        statuses = [status for caller in callers for status in caller.result()]

    assert statuses
    assert set(statuses) == ({401} if disabled else {200})


def test_where_nothing_is_listed_nothing_is_printed(command):
    assert command("disable_unused_keys", "--dry-run").out == ""
