from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import ACTOR, APIKeyFactory, APIUserFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=100)


def listed(command, *options):
    ran = command("list_api_keys", "--json", *options)
    assert ran.code == 0
    return [row["consumer_key"] for row in ran.document]


def test_every_key_is_listed_newest_first_without_its_secret(command):
    older = APIKeyFactory(date_added=LONG_AGO)
    newer = APIKeyFactory(signing=True, allowed_ips=["203.0.113.7"])

    ran = command("list_api_keys", "--json")

    assert [row["consumer_key"] for row in ran.document] == [newer.consumer_key, older.consumer_key]
    assert ran.document[0]["signing"]
    assert ran.document[0]["allowed_ips"] == ["203.0.113.7/32"]
    assert ran.document[1]["status"] == "enabled"
    assert "cs_" not in ran.out
    assert newer.current_secret.digest not in ran.out


def test_no_key_is_an_empty_list(command):
    assert listed(command) == []


@pytest.mark.parametrize("status", ["enabled", "disabled", "expired"])
def test_a_key_has_one_status(command, status):
    keys = {
        "enabled": APIKeyFactory(),
        "disabled": APIKeyFactory(disabled=True, expired=True),
        "expired": APIKeyFactory(expired=True),
    }
    assert listed(command, f"--status={status}") == [keys[status].consumer_key]


def test_an_enabled_key_that_lets_no_call_in_says_what_keeps_it_out(command):
    APIKeyFactory(username="plain")
    APIKeyFactory(username="user-off").api_user.disable(actor=ACTOR)
    APIKeyFactory(username="owner-gone", owner=UserFactory(is_active=False))
    APIKeyFactory(username="shop-shut", store=StoreFactory(disabled=True))

    rows = {row["username"]: row for row in command("list_api_keys", "--json").document}

    assert {name: row["obstacle"] for name, row in rows.items()} == {
        "plain": None,
        "user-off": "user_disabled",
        "owner-gone": "owner_inactive",
        "shop-shut": "store_disabled",
    }
    assert {row["status"] for row in rows.values()} == {"enabled"}


def test_keys_of_an_api_user_or_a_store(command):
    api_user = APIUserFactory(username="sync")
    mine, other = APIKeyFactory(api_user=api_user), APIKeyFactory()
    assert listed(command, "--username=SYNC") == [mine.consumer_key]
    assert listed(command, f"--store={other.api_user.store.public_id}") == [other.consumer_key]


def test_unused_keys_are_those_the_cron_line_would_disable(command):
    unused = APIKeyFactory(date_added=LONG_AGO)
    APIKeyFactory(date_added=LONG_AGO, last_used_at=timezone.now())
    APIKeyFactory()
    assert listed(command, "--unused-for=90") == [unused.consumer_key]


@pytest.mark.parametrize("unknown", ["--username=nobody", "--store=nowhere"])
def test_an_unknown_name_matches_nothing(command, unknown):
    ran = command("list_api_keys", "--json", unknown)
    assert (ran.code, ran.out) == (3, "")


@pytest.mark.parametrize(
    "wrong",
    ["--status=new", "--unused-for=0", "--unused-for=-1", "--unused-for=99999", "--username=a\x00"],
)
def test_what_does_not_fit_is_wrong_usage(command, wrong):
    assert command("list_api_keys", wrong).code == 2


def test_people_read_one_line_a_key(command):
    key = APIKeyFactory(username="sync", description="Nightly stock")
    header, line = command("list_api_keys").out.splitlines()
    assert header.startswith("CONSUMER_KEY")
    assert line.startswith(f"{key.consumer_key}  sync  ")
    assert line.endswith("Nightly stock")


def test_the_number_of_queries_does_not_grow_with_the_keys(command):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            command("list_api_keys", "--json")
        return len(captured)

    store = StoreFactory()
    APIKeyFactory(store=store, allowed_ips=["203.0.113.7"])
    few = queries()
    for _ in range(5):
        APIKeyFactory(store=store, allowed_ips=["203.0.113.7"])
    assert queries() == few <= 3
