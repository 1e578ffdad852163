"""The call history in the admin: found fast, for the own stores, and only to look at."""

from datetime import timedelta

import pytest
from django.utils import timezone

from history.models import CallRecord, UnprovenCalls
from tests.back_office import listing, page
from tests.factories import (
    ACTOR,
    APIKeyFactory,
    CallRecordFactory,
    StoreFactory,
    UnprovenCallsFactory,
    UserFactory,
)


@pytest.fixture
def superuser(client, db):
    user = UserFactory(superuser=True)
    client.force_login(user)
    return user


def found(client, model, **query):
    return list(client.get(listing(model), query).context["cl"].result_list)


@pytest.mark.usefixtures("superuser")
def test_a_call_is_found_by_key_name_address_and_request_id(client):
    key = APIKeyFactory(username="inventory-sync")
    wanted = CallRecordFactory(key=key, ip="2001:db8::1", request_id="a" * 24)
    CallRecordFactory(ip="203.0.113.9")

    for term in (key.consumer_key, "inventory-sync", "2001:db8:0::1", "a" * 24):
        assert found(client, CallRecord, q=term) == [wanted]


@pytest.mark.usefixtures("superuser")
def test_calls_of_a_deleted_key_are_found_by_its_consumer_key(client):
    key = APIKeyFactory(disabled=True)
    wanted = CallRecordFactory(key=key)
    key.delete(actor=ACTOR)

    assert found(client, CallRecord, q=wanted.consumer_key) == [wanted]


@pytest.mark.usefixtures("superuser")
def test_calls_are_filtered(client):
    old = timezone.now() - timedelta(days=3)
    refused = CallRecordFactory(reason="ip_not_allowed")
    allowed = CallRecordFactory(date_added=old)

    assert found(client, CallRecord, outcome__exact="denied") == [refused]
    assert found(client, CallRecord, reason="ip_not_allowed") == [refused]
    assert found(client, CallRecord, days="1") == [refused]
    assert found(client, CallRecord, days="7") == [refused, allowed]
    assert found(client, CallRecord, store=allowed.store_id) == [allowed]


@pytest.mark.usefixtures("superuser")
def test_unproven_calls_are_filtered(client):
    key = APIKeyFactory()
    named = UnprovenCallsFactory(key=key)
    UnprovenCallsFactory(reason="missing_credentials", network="203.0.113.7")

    assert found(client, UnprovenCalls, q=key.consumer_key) == [named]
    assert found(client, UnprovenCalls, reason="invalid_credentials") == [named]
    assert len(found(client, UnprovenCalls, days="1")) == 2


def test_staff_sees_the_calls_of_its_stores_only(client, db):
    store = StoreFactory()
    ours = CallRecordFactory(key=APIKeyFactory(store=store))
    theirs = CallRecordFactory()
    named = UnprovenCallsFactory(key=APIKeyFactory(store=store))
    UnprovenCallsFactory(reason="missing_credentials")
    rights = ["history.view_callrecord", "history.view_unprovencalls"]
    client.force_login(UserFactory(permissions=rights, stores=[store]))

    assert found(client, CallRecord) == [ours]
    assert found(client, CallRecord, q=theirs.consumer_key) == []
    assert found(client, CallRecord, store=theirs.store_id) == []
    assert found(client, UnprovenCalls) == [named]
    assert client.get(page(ours)).status_code == 200
    assert client.get(page(theirs)).status_code == 404


@pytest.mark.parametrize("right", ["apikeys.view_apikey", "history.change_callrecord"])
def test_who_may_not_look_at_calls_does_not(client, db, right):
    record = CallRecordFactory()
    client.force_login(UserFactory(permissions=[right]))

    assert client.get(listing(UnprovenCalls)).status_code == 403
    assert client.post(page(record), {"status": "200"}).status_code == 405
    assert CallRecord.objects.get().status == 200


@pytest.mark.usefixtures("superuser")
def test_the_list_counts_no_further_than_it_turns_pages(client, monkeypatch):
    monkeypatch.setattr("apikeys.paging.COUNTED", 3)
    CallRecordFactory.create_batch(5, key=APIKeyFactory())

    response = client.get(listing(CallRecord))

    assert response.context["cl"].result_count == 3
