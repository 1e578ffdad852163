"""An unknown key costs the same work as a known one: no clock tells which keys exist.

Nor does a clock tell how much of a guess is right: what is secret is compared in constant time.
"""

import hmac
from collections import Counter

import pytest
from cryptography.fernet import MultiFernet
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from apikeys import tokens
from tests.calls import WHOAMI
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db

BARE = ("basic", "query", "x-api-key", "bearer", "token")
OAUTH = {"HMAC-SHA1": {}, "HMAC-SHA256": {"signature_method": SIGNATURE_HMAC_SHA256}}


@pytest.fixture
def work(monkeypatch, time_machine):
    """How often the costly steps of a proof are done while calls are sent."""
    time_machine.move_to(timezone.now(), tick=False)  # the first refusal of a minute costs more
    done = Counter()

    def count(owner, name):
        step = getattr(owner, name)

        def counted(*args, **options):
            done[name] += 1
            return step(*args, **options)

        monkeypatch.setattr(owner, name, counted)

    count(hmac, "digest")
    count(hmac, "compare_digest")
    count(MultiFernet, "decrypt")
    return done


def cost(work, send):
    """The steps and the statements of one refused call."""
    send()  # what is made once and kept is made by now
    work.clear()
    with CaptureQueriesContext(connection) as queries:
        assert send().json()["code"] == "invalid_credentials"
    return {**work, "statements": len(queries)}


@pytest.mark.parametrize("carrier", BARE)
def test_a_wrong_secret_costs_as_much_as_an_unknown_key(call, work, carrier):
    known, unknown = APIKeyFactory(), APIKeyFactory.build()
    wrong, nobodys = (tokens.new_secret(key.consumer_key) for key in (known, unknown))

    of_known = cost(work, lambda: call(known, secret=wrong, carrier=carrier))
    of_unknown = cost(work, lambda: call(unknown, secret=nobodys, carrier=carrier))

    assert of_known == of_unknown
    assert of_known["digest"] == of_known["compare_digest"] == 1


@pytest.mark.parametrize("method", OAUTH)
@pytest.mark.parametrize("signing", [True, False])
def test_a_wrong_signature_costs_as_much_as_an_unknown_key(call, work, method, signing):
    known, unknown = APIKeyFactory(signing=signing), APIKeyFactory.build()

    def send(key):
        signer = Client(key.consumer_key, client_secret="wrong", **OAUTH[method])
        _url, headers, _body = signer.sign(f"https://testserver{WHOAMI}")
        return call(headers=headers | {"Host": "testserver"})

    of_known, of_unknown = cost(work, lambda: send(known)), cost(work, lambda: send(unknown))

    assert of_known == of_unknown
    assert of_known["decrypt"] == 1
    # One comparison is that of the key under the seal; the signature is compared as well.
    assert of_known["compare_digest"] > 1
