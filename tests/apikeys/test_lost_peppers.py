"""A lost or exchanged .env beside a database with keys is noticed, and said."""

import logging
from importlib import import_module

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured

from apikeys import at_rest
from apikeys.models import KnownPepper, Secret
from tests.factories import ACTOR, APIKeyFactory

pytestmark = pytest.mark.django_db
OTHER = {2: "f6" * 32, 1: "e5" * 32}


def ids():
    found = run_checks(tags=[Tags.database], databases=["default"])
    return {message.id for message in found if message.id.startswith("apikeys.")}


@pytest.fixture(params=["another pepper", "no pepper", "another sealing key"])
def exchanged(request, settings):
    """Keys that were issued under settings which are gone."""
    APIKeyFactory(signing=True)
    match request.param:
        case "another pepper":
            settings.APIKEYS_PEPPERS = OTHER
        case "no pepper":
            settings.APIKEYS_PEPPERS = {3: "ab" * 32}
        case "another sealing key":
            settings.APIKEYS_SEALING_KEYS = (Fernet.generate_key().decode(),)


def test_exchanged_settings_fail_the_check_of_the_database(exchanged):
    assert ids() == {"apikeys.E009"}


def test_exchanged_settings_are_not_ready(client, exchanged, caplog):
    with caplog.at_level(logging.ERROR):
        assert client.get("/readyz").status_code == 503
    assert "Put that .env back" in caplog.text


def test_exchanged_settings_let_no_worker_work(command, exchanged):
    ran = command("run_worker", "--once")

    assert (ran.code, ran.out) == (1, "")
    assert "Put that .env back" in ran.err


def test_the_settings_that_made_the_database_are_ready(client):
    APIKeyFactory(signing=True)

    assert ids() == set()
    assert client.get("/readyz").status_code == 200


def test_newer_peppers_and_sealing_keys_in_front_are_no_loss(settings):
    APIKeyFactory(signing=True)
    settings.APIKEYS_PEPPERS = {3: "ab" * 32} | settings.APIKEYS_PEPPERS
    settings.APIKEYS_SEALING_KEYS = (
        Fernet.generate_key().decode(),
        *settings.APIKEYS_SEALING_KEYS,
    )
    APIKeyFactory(signing=True)

    assert not at_rest.mismatches()


def test_what_only_ended_secrets_need_may_be_dropped(settings):
    key = APIKeyFactory(signing=True)
    settings.APIKEYS_PEPPERS = {3: "ab" * 32} | settings.APIKEYS_PEPPERS
    settings.APIKEYS_SEALING_KEYS = (Fernet.generate_key().decode(),)
    key.rotate(actor=ACTOR)
    settings.APIKEYS_PEPPERS = {3: "ab" * 32}

    assert not at_rest.mismatches()


def test_no_key_is_issued_under_a_pepper_that_took_the_place_of_another(settings):
    APIKeyFactory()
    settings.APIKEYS_PEPPERS = OTHER

    with pytest.raises(ImproperlyConfigured, match="number that was never used"):
        APIKeyFactory()
    settings.APIKEYS_PEPPERS = {3: "ab" * 32} | OTHER
    assert APIKeyFactory().current_secret.pepper_id == 3


def test_a_secret_does_not_move_to_a_pepper_that_took_the_place_of_another(call, settings):
    mine = settings.APIKEYS_PEPPERS
    settings.APIKEYS_PEPPERS = {3: "ab" * 32} | mine
    APIKeyFactory()
    settings.APIKEYS_PEPPERS = mine
    key = APIKeyFactory()
    settings.APIKEYS_PEPPERS = {3: "cd" * 32} | mine

    assert call(key).status_code == 200
    assert key.current_secret.pepper_id == 2


def test_a_secret_that_moves_notes_its_new_pepper(call, settings):
    key = APIKeyFactory()
    settings.APIKEYS_PEPPERS = {3: "ab" * 32} | settings.APIKEYS_PEPPERS

    assert call(key).status_code == 200

    assert key.current_secret.pepper_id == 3
    assert KnownPepper.objects.get(pk=3).is_in_place


def test_what_is_noted_of_a_pepper_is_no_digest_of_any_secret():
    APIKeyFactory()
    noted = KnownPepper.objects.values_list("digest", flat=True)

    assert not Secret.objects.filter(digest__in=noted).exists()


def test_peppers_that_were_in_use_before_are_noted_by_the_migration():
    APIKeyFactory()
    KnownPepper.objects.all().delete()

    import_module("apikeys.migrations.0007_note_peppers_in_use").note(apps, None)

    assert [known.pk for known in KnownPepper.objects.all()] == [2]
    assert KnownPepper.objects.get().is_in_place
