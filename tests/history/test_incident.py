from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord
from history.incident import affected_keys, disable_keys
from tests.factories import (
    ACTOR,
    APIKeyFactory,
    APIUserFactory,
    CallRecordFactory,
    StoreFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def affected(**conditions):
    return set(affected_keys(APIKey.objects.all(), **conditions))


def test_every_enabled_key_is_affected_when_nothing_is_asked():
    enabled = APIKeyFactory()
    APIKeyFactory(disabled=True)

    assert affected() == {enabled}


def test_keys_are_found_by_user_store_creation_and_permission():
    store = StoreFactory()
    old = timezone.now() - timedelta(days=100)
    key = APIKeyFactory(
        api_user=APIUserFactory(store=store, username="Inventory-Sync"),
        permission="write",
        date_added=old,
    )
    APIKeyFactory()

    assert affected(username="inventory-sync") == {key}
    assert affected(store=store.public_id) == {key}
    assert affected(created_before=old + timedelta(seconds=1)) == {key}
    assert affected(created_before=old) == set()
    assert affected(created_since=old, created_before=old + timedelta(seconds=1)) == {key}
    assert key not in affected(created_since=old + timedelta(seconds=1))
    assert affected(permission="write") == {key}
    assert affected(username="inventory-sync", permission="read") == set()


@pytest.mark.parametrize(
    ("ip", "network", "seen"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.0/24", True),
        ("203.0.113.7", "203.0.*.*", True),
        ("203.0.114.1", "203.0.113.0/24", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db9::1", "2001:db8::/32", False),
        ("203.0.113.7", "::/0", False),
        (None, "0.0.0.0/0", False),
    ],
)
def test_keys_are_found_by_the_network_their_calls_came_from(ip, network, seen):
    key = CallRecordFactory(key=APIKeyFactory(), ip=ip) and APIKey.objects.get()

    assert affected(seen_from=network) == ({key} if seen else set())


def test_a_refused_call_counts_as_seen_and_a_call_of_long_ago_does_not():
    refused, silent = APIKeyFactory(), APIKeyFactory()
    CallRecordFactory(key=refused, reason="ip_not_allowed")
    CallRecordFactory(key=silent, date_added=timezone.now() - timedelta(days=31))

    assert affected(seen_from="203.0.113.7") == {refused}


def test_what_is_no_network_is_said_so():
    with pytest.raises(ValueError, match="not an address"):
        affected(seen_from="everywhere")


def test_keys_of_other_stores_are_out_of_reach():
    mine, _theirs = APIKeyFactory(), APIKeyFactory()
    staff = UserFactory(stores=[mine.api_user.store])

    assert set(affected_keys(APIKey.objects.visible_to(staff))) == {mine}


def test_disabling_many_keys_keeps_the_reason_with_each():
    keys = [APIKeyFactory(), APIKeyFactory()]
    keys[0].disable(actor=ACTOR)

    disabled = disable_keys(keys, actor=ACTOR, reason="laptop stolen")

    assert disabled == [keys[1]]
    assert not APIKey.objects.filter(status="enabled").exists()
    assert ChangeRecord.objects.of_key(keys[1]).first().reason == "laptop stolen"


def test_a_key_that_was_deleted_meanwhile_keeps_no_other_from_being_disabled():
    first, gone, last = (APIKeyFactory(disabled=False) for _ in range(3))
    chosen = list(affected_keys(APIKey.objects.all()))
    gone.disable(actor=ACTOR)
    gone.delete(actor=ACTOR)

    assert disable_keys(chosen, actor=ACTOR, reason="leak") == [first, last]
