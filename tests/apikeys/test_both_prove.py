"""A secret and a signature in one call: both must prove the key; and who may sign at all."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY, Client

from apikeys import tokens
from apikeys.models import APIKey
from history.models import CallRecord
from tests.calls import basic
from tests.factories import ACTOR, APIKeyFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]


def signed_by(key, secret):
    """The path of a call that is signed in its query."""
    client = Client(key.consumer_key, client_secret=secret, signature_type=SIGNATURE_TYPE_QUERY)
    url, _headers, _body = client.sign(f"https://testserver{NOTES}")
    return url.removeprefix("https://testserver")


@pytest.fixture
def code_of(call):
    """What becomes of a call that is signed with one secret and brings another one, or none."""

    def send(key, *, signed, bare=""):
        beside = basic(key.consumer_key, bare) if bare else {}
        answer = call(path=signed_by(key, signed), headers={"Host": "testserver"} | beside)
        return 200 if answer.status_code == 200 else answer.json()["code"]

    return send


@pytest.fixture
def key():
    return APIKeyFactory(signing=True)


@pytest.mark.parametrize(
    ("secret_is_right", "signature_is_right", "code"),
    [
        (True, True, 200),
        (False, True, "invalid_credentials"),
        (True, False, "invalid_credentials"),
    ],
)
def test_beside_a_signature_the_secret_must_be_right_too(
    code_of, key, secret_is_right, signature_is_right, code
):
    wrong = tokens.new_secret(key.consumer_key)
    bare = key.secret if secret_is_right else wrong
    signed = key.secret if signature_is_right else wrong

    assert code_of(key, signed=signed, bare=bare) == code
    assert CallRecord.objects.exists() == (code == 200)


@pytest.mark.parametrize("used", ["old", "new"])
def test_the_secret_and_the_signature_must_be_of_one_version(code_of, key, used):
    new = key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
    secret, other = (key.secret, new) if used == "old" else (new, key.secret)

    assert code_of(key, signed=other, bare=secret) == "invalid_credentials"
    assert code_of(key, signed=secret, bare=secret) == 200


def test_a_replaced_secret_signs_until_its_overlap_ends(code_of, key, time_machine):
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    new = key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
    assert code_of(key, signed=key.secret) == 200

    time_machine.move_to(start + timedelta(hours=1), tick=False)

    assert key.secrets.get(version=1).sealed  # the worker has not come by yet
    assert code_of(key, signed=key.secret) == "invalid_credentials"
    assert code_of(key, signed=new) == 200


def test_a_replaced_secret_beside_its_own_signature_still_leaves_the_warning(code_of, key):
    new = key.rotate(actor=ACTOR)

    assert code_of(key, signed=new, bare=new) == 200
    assert not APIKey.objects.with_retired_secret_in_use().exists()

    assert code_of(key, signed=key.secret, bare=key.secret) == "invalid_credentials"
    assert APIKey.objects.with_retired_secret_in_use().get() == key


def test_a_replaced_secret_under_a_wrong_name_still_leaves_the_warning(call, key):
    key.rotate(actor=ACTOR)

    assert call(path=NOTES, headers=basic("somebody-else", key.secret)).status_code == 401

    assert key.secrets.get(version=1).refused_count == 1
