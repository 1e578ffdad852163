"""The demo looks like a shop that has been at work for a while, and never stands beside one."""

import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from apikeys.management.base import Failed
from apikeys.models import APIKey, APIUser, Secret
from history.models import CallRecord, UnprovenCalls
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db


def test_the_demo_has_keys_in_every_state_and_sixty_days_of_calls(capsys):
    call_command("fill_demo", json=True)

    made = json.loads(capsys.readouterr().out)
    keys = APIKey.objects.all()
    assert made == {"keys": len(keys), "calls": CallRecord.objects.count()}
    assert {key.state for key in keys} == {"enabled", "disabled", "expired"}
    assert keys.with_retired_secret_in_use().exists()
    assert keys.filter(last_used_at=None).exists()
    assert UnprovenCalls.objects.exists()
    oldest = CallRecord.objects.earliest("date_added").date_added
    assert 59 <= (timezone.now() - oldest).days <= 61
    assert not CallRecord.objects.filter(date_added__gt=timezone.now()).exists()
    for row in [*keys, *APIUser.objects.all()]:
        assert {*row.search_words.values_list("word", flat=True)} == {*row.words()}


def test_what_the_demo_says_of_a_replaced_secret_fits_its_calls(capsys):
    call_command("fill_demo", json=True)

    old = Secret.objects.get(refused_count__gt=0)
    new = old.api_key.current_secret
    refused = CallRecord.objects.filter(key_id=old.api_key_id, reason="secret_retired")
    assert old.refused_count == refused.count()
    assert old.refused_at == refused.latest("date_added").date_added
    assert old.date_added < old.last_used_at < old.retires_at <= new.date_added
    assert new.date_added < refused.earliest("date_added").date_added
    assert new.used_at == old.api_key.last_used_at


def test_the_demo_refuses_to_stand_beside_real_keys():
    APIKeyFactory()

    with pytest.raises(Failed, match="keys already"):
        call_command("fill_demo")

    assert APIKey.objects.count() == 1
    assert not CallRecord.objects.exists()
