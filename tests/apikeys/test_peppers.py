"""A new pepper comes first: each secret moves to it on its next use, and only that secret."""

from datetime import timedelta

import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client
from oauthlib.oauth1.rfc5849 import SIGNATURE_TYPE_QUERY

from apikeys import tokens
from tests.calls import WHOAMI
from tests.factories import ACTOR, APIKeyFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "a1" * 32, "c3" * 32


@pytest.fixture
def add_pepper(settings):
    """Begins with one pepper; calling it puts a newer one before it."""
    settings.APIKEYS_PEPPERS = {1: OLD}
    return lambda: setattr(settings, "APIKEYS_PEPPERS", {3: NEW, 1: OLD})


def pepper_ids(key):
    return dict(key.secrets.values_list("version", "pepper_id"))


def signed(call, key, *, by, secret=None, of=None):
    """A call signed with one secret, ``by``, and with ``secret`` in a header if there is a key."""
    client = Client(
        (of or key).consumer_key,
        by,
        signature_method=SIGNATURE_HMAC_SHA256,
        signature_type=SIGNATURE_TYPE_QUERY,
    )
    url, _headers, _body = client.sign(f"https://testserver{WHOAMI}")
    path = url.removeprefix("https://testserver")
    return call(key, path, secret=secret, carrier="x-api-key", headers={"Host": "testserver"})


def test_a_secret_moves_to_the_newest_pepper_on_its_next_use(call, add_pepper, settings):
    key = APIKeyFactory()
    add_pepper()

    assert call(key).status_code == 200

    assert pepper_ids(key) == {1: 3}
    settings.APIKEYS_PEPPERS = {3: NEW}
    assert call(key).status_code == 200


def test_a_wrong_secret_moves_nothing(call, add_pepper):
    key = APIKeyFactory()
    add_pepper()

    assert call(key, secret=tokens.new_secret(key.consumer_key)).status_code == 401

    assert pepper_ids(key) == {1: 1}


def test_a_signed_call_that_brings_no_secret_moves_nothing(call, add_pepper):
    key = APIKeyFactory(signing=True)
    add_pepper()

    assert signed(call, None, of=key, by=key.secret).status_code == 200

    assert pepper_ids(key) == {1: 1}


def test_a_secret_beside_its_own_signature_moves_too(call, add_pepper):
    key = APIKeyFactory(signing=True)
    add_pepper()

    assert signed(call, key, secret=key.secret, by=key.secret).status_code == 200

    assert pepper_ids(key) == {1: 3}


def test_a_secret_beside_the_signature_of_another_version_proves_nothing(call, add_pepper):
    key = APIKeyFactory(signing=True)
    new = key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
    add_pepper()

    for secret, by in [(key.secret, new), (new, key.secret)]:
        response = signed(call, key, secret=secret, by=by)
        assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")

    assert pepper_ids(key) == {2: 1, 1: 1}
    assert call(key).status_code == call(key, secret=new).status_code == 200
