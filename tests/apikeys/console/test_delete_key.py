from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord
from tests.factories import PASSWORD, APIKeyFactory


@pytest.fixture
def key(admin):
    return APIKeyFactory(username="till-1", disabled=True)


def url(key):
    return f"/console/keys/{key.consumer_key}/delete/"


def test_a_disabled_key_goes_after_its_name_was_typed(client, key):
    response = client.post(url(key), {"name": "till-1"}, follow=True)

    assert "Its history and its changes stay." in response.content.decode()
    assert not APIKey.objects.exists()
    assert ChangeRecord.objects.filter(action="deleted", username="till-1").exists()


@pytest.mark.parametrize("name", ["", "till", "TILL-1", "till-1 x"])
def test_another_name_deletes_nothing(client, key, name):
    assert client.post(url(key), {"name": name}).status_code == 400
    assert APIKey.objects.exists()


def test_an_enabled_key_is_not_deleted(client, admin):
    key = APIKeyFactory(username="till-1")

    assert "This key is enabled" in client.get(url(key)).content.decode()
    client.post(url(key), {"name": "till-1"})

    assert APIKey.objects.exists()


def test_the_password_is_asked_again_after_15_minutes(client, key):
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.post(url(key), {"name": "till-1"}).status_code == 400
        assert APIKey.objects.exists()
        client.post(url(key), {"name": "till-1", "password": PASSWORD})

    assert not APIKey.objects.exists()


@pytest.mark.parametrize(("seconds", "is_due"), [(-1, True), (0, False), (899, False), (900, True)])
def test_a_password_counts_for_15_minutes_after_it_was_typed(client, key, seconds, is_due):
    start = timezone.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False):
        client.post("/console/login/", {"username": "admin", "password": PASSWORD})
    with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
        page = client.get(url(key)).content.decode()

    assert ("Your password" in page) == is_due


def test_the_page_says_when_the_key_was_last_used_and_focus_is_on_cancel(client, key):
    page = client.get(url(key)).content.decode()

    assert "Last used" in page
    assert "autofocus>Cancel" in page


def test_the_changes_of_a_deleted_key_stay_on_the_global_page(client, key):
    client.post(url(key), {"name": "till-1"})

    page = client.get("/console/changes/").content.decode()
    assert key.hint in page
    assert f"/console/keys/{key.consumer_key}/" not in page
