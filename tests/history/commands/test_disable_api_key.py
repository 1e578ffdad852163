from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord
from tests.factories import APIKeyFactory, APIUserFactory, CallRecordFactory, StoreFactory

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=100)


def disabled():
    return set(APIKey.objects.filter(status="disabled"))


def test_a_disabled_key_is_refused_from_the_next_call_on(command, call):
    key = APIKeyFactory()
    assert call(key).status_code == 200
    ran = command("disable_api_key", key.consumer_key, "--reason=leaked", "--json")
    assert (ran.code, ran.document["status"], ran.document["changed"]) == (0, "disabled", True)
    assert call(key).status_code == 401


def test_disabling_twice_is_done_and_recorded_once(command):
    key = APIKeyFactory()
    assert command("disable_api_key", key.consumer_key, "--reason=leaked").code == 0
    again = command("disable_api_key", key.consumer_key)
    assert again.code == 0
    assert "already" in again.out
    assert ChangeRecord.objects.get(action="disabled").reason == "leaked"


def test_a_dry_run_disables_nothing(command):
    key = APIKeyFactory()
    ran = command("disable_api_key", key.consumer_key, "--dry-run", "--json")
    assert (ran.document["status"], ran.document["changed"]) == ("enabled", True)
    assert not disabled()


@pytest.fixture
def cast():
    """Keys of which every option chooses one."""
    store = StoreFactory()
    return {
        "username": APIKeyFactory(api_user=APIUserFactory(store=store, username="sync")),
        "store": APIKeyFactory(),
        "seen": APIKeyFactory(store=store),
        "old": APIKeyFactory(store=store, date_added=LONG_AGO),
        "writes": APIKeyFactory(store=store, permission="write"),
    }


@pytest.mark.parametrize(
    ("option", "chosen"),
    [
        ("--username=Sync", "username"),
        ("--store={store}", "store"),
        ("--permission=write", "writes"),
        ("--seen-from=203.0.113.*", "seen"),
        ("--created-before=90d", "old"),
    ],
)
def test_an_incident_takes_exactly_the_chosen_keys(command, cast, option, chosen):
    CallRecordFactory(key=cast["seen"], ip="203.0.113.77")
    CallRecordFactory(key=cast["old"], ip="203.0.114.77")
    option = option.format(store=cast["store"].api_user.store.public_id)

    tried = command("disable_api_key", option, "--dry-run", "--json")
    assert not disabled()
    ran = command("disable_api_key", option, "--yes", "--json")

    assert (tried.code, ran.code) == (0, 0)
    assert tried.document == ran.document | {"dry_run": True}
    assert [row["consumer_key"] for row in ran.document["keys"]] == [cast[chosen].consumer_key]
    assert disabled() == {cast[chosen]}
    assert ChangeRecord.objects.get(action="disabled").reason == "incident"


@pytest.mark.parametrize(
    ("since", "before", "chosen"),
    [("110d", "90d", {"old"}), ("95d", "90d", set()), ("1d", "2099-01-01", {"new"})],
)
def test_keys_issued_between_two_moments(command, since, before, chosen):
    APIKeyFactory(username="old", date_added=LONG_AGO)
    APIKeyFactory(username="new")

    command("disable_api_key", f"--created-since={since}", f"--created-before={before}", "--yes")

    assert {key.api_user.username for key in disabled()} == chosen


def test_options_narrow_each_other(command, cast):
    CallRecordFactory(key=cast["seen"], ip="203.0.113.77")
    ran = command("disable_api_key", "--seen-from=203.0.113.0/24", "--username=sync", "--yes")
    assert ran.code == 3
    assert not disabled()


def test_all_takes_every_enabled_key(command, cast):
    ran = command("disable_api_key", "--all", "--yes", "--reason=breach", "--json")
    assert ran.document["disabled"] == len(cast)
    assert disabled() == set(cast.values())
    again = command("disable_api_key", "--all", "--yes")
    assert again.code == 3


def test_nobody_disables_many_keys_without_being_asked(command, cast):
    ran = command("disable_api_key", "--all")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert not disabled()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["KEY", "--all", "--yes"],
        ["KEY", "--username=sync", "--yes"],
        ["--all", "--username=sync", "--yes"],
        ["--seen-from=everywhere", "--yes"],
        ["--created-before=once", "--yes"],
        ["--permission=admin", "--yes"],
        ["--username=a\x00b", "--yes"],
    ],
)
def test_what_is_not_one_choice_is_wrong_usage(command, cast, arguments):
    assert command("disable_api_key", *arguments).code == 2
    assert not disabled()


@pytest.mark.parametrize("unknown", ["--username=nobody", "--store=nowhere"])
def test_an_unknown_name_matches_nothing(command, cast, unknown):
    assert command("disable_api_key", unknown, "--yes").code == 3
