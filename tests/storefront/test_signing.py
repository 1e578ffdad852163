"""Signatures of deliveries, checked as a receiver checks them."""

import base64
import hashlib
import hmac

import pytest

from storefront import signing
from storefront.signing import NotGenuine, Verifier

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = '{"z":1,"a":{"ü":"→"},"f":0.1}'.encode()
NOW = 1_795_000_000


def signed(*secrets, message_id="msg1", timestamp=NOW, body=BODY):
    return signing.headers(
        message_id=message_id, timestamp=timestamp, body=body, secrets=secrets or (SECRET,)
    )


def test_the_signatures_are_those_that_anybody_computes():
    headers = signed()

    plain = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    assert headers["X-Coinsnap-Sig"] == headers["BTCPay-Sig"] == f"sha256={plain}"
    standard = hmac.new(bytes(range(32)), b"msg1.%d." % NOW + BODY, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(standard).decode()


def test_a_secret_of_somebodys_own_stands_for_its_characters():
    assert signing.key_of("a-secret-of-my-own") == b"a-secret-of-my-own"
    assert signing.key_of("whsec_not base64!") == b"whsec_not base64!"


def test_a_genuine_delivery_is_taken_once():
    verifier = Verifier(SECRET)

    assert verifier.check(signed(), BODY, now=NOW) == "msg1"
    with pytest.raises(NotGenuine, match="before"):
        verifier.check(signed(), BODY, now=NOW + 10)


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({}, BODY + b" "),
        ({}, BODY.replace(b"0.1", b"0.10")),
        ({"webhook-id": "msg2"}, BODY),
        ({"webhook-timestamp": str(NOW + 1)}, BODY),
        ({"webhook-timestamp": "soon"}, BODY),
        ({"webhook-timestamp": ""}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-signature": "v1,AAAA"}, BODY),
        ({"webhook-signature": "ü"}, BODY),
    ],
)
def test_whatever_was_changed_is_noticed(changed, body):
    with pytest.raises(NotGenuine):
        Verifier(SECRET).check(signed() | changed, body, now=NOW)


@pytest.mark.parametrize("difference", [301, -301])
def test_a_delivery_of_another_time_is_refused(difference):
    with pytest.raises(NotGenuine, match="long ago"):
        Verifier(SECRET).check(signed(), BODY, now=NOW + difference)


def test_another_secret_is_refused():
    with pytest.raises(NotGenuine, match="another"):
        Verifier("whsec_" + base64.b64encode(bytes(32)).decode()).check(signed(), BODY, now=NOW)


def test_while_a_secret_is_replaced_both_receivers_are_content():
    headers = signed("the-new-secret-of-mine", SECRET)

    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in ("the-new-secret-of-mine", SECRET):
        assert Verifier(secret).check(headers, BODY, now=NOW)


def test_the_verifier_needs_nothing_but_python():
    with open(signing.__file__) as source:
        assert not {"django", "apikeys", "storefront"} & {
            line.split()[1].partition(".")[0]
            for line in source
            if line.startswith(("import ", "from "))
        }
