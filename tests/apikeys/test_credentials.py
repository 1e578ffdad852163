"""Which credential a call carries, in whatever form, and what is refused before any look-up."""

from base64 import b64encode
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apikeys import credentials, tokens
from apikeys.call import Call
from apikeys.denial import DenialReason, Denied

KEY, SECRET = tokens.mint()
OTHER_KEY, OTHER_SECRET = tokens.mint()
PAIR = f"consumer_key={KEY}&consumer_secret={SECRET}"

AMBIGUOUS = DenialReason.AMBIGUOUS
INSECURE = DenialReason.INSECURE
INVALID = DenialReason.INVALID
MALFORMED = DenialReason.MALFORMED
MISSING = DenialReason.MISSING


@pytest.fixture(autouse=True)
def default_settings(settings):
    settings.PUBLIC_URL = "https://shop.example"
    settings.TRUSTED_PROXIES = ()
    settings.CLIENT_IP_HEADER = "X-Forwarded-For"
    settings.ALLOW_QUERY_CREDENTIALS = True
    settings.ALLOW_INSECURE_TRANSPORT = False
    settings.ALLOW_UNSIGNED_BODIES = False


def call_with(
    *headers, query="", scheme="https", method="GET", body=b"", content_type="", peer="203.0.113.7"
):
    return Call(
        method=method,
        scheme=scheme,
        host="shop.example",
        path="/api/v1/whoami",
        query=query,
        headers=headers,
        peer=peer,
        content_type=content_type,
        read_body=lambda: body,
    )


def authorization(value):
    return ("authorization", value)


def basic(user, secret, scheme="Basic"):
    return authorization(f"{scheme} {b64encode(f'{user}:{secret}'.encode()).decode()}")


def x_api_key(value):
    return ("x-api-key", value)


def protocol(**changes):
    """The OAuth parameters of a call; nobody checks the signature here."""
    sent = {
        "oauth_consumer_key": KEY,
        "oauth_nonce": "n1",
        "oauth_signature": "c2lnbmF0dXJlIG9mIDIwIGI=",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "1700000000",
        "oauth_version": "1.0",
    }
    sent |= {f"oauth_{name}": value for name, value in changes.items()}
    return {name: value for name, value in sent.items() if value is not None}


def oauth_header(sent, prefix="OAuth "):
    return authorization(
        prefix + ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in sent.items())
    )


def denial_of(call):
    with pytest.raises(Denied) as denied:
        credentials.read(call)
    shown = f"{denied.value.detail} {denied.value!r}"
    assert denied.value.detail
    assert SECRET[24:40] not in shown
    assert OTHER_SECRET[24:40] not in shown
    return denied.value.reason


@pytest.mark.parametrize(
    ("call", "principals"),
    [
        (call_with(basic(KEY, SECRET)), (KEY,)),
        (call_with(basic("inventory.sync", SECRET)), ("inventory.sync",)),
        (call_with(basic(KEY, SECRET, scheme="basic")), (KEY,)),
        (call_with(basic(KEY, SECRET, scheme="BASIC")), (KEY,)),
        (call_with(query=PAIR), (KEY,)),
        (call_with(query=f"a=%FF&{PAIR}&b[0]=1"), (KEY,)),
        (call_with(query=PAIR.replace("_", "%5F")), (KEY,)),
        (call_with(x_api_key(SECRET)), ()),
        (call_with(authorization(f"Bearer {SECRET}")), ()),
        (call_with(authorization(f"bearer {SECRET}")), ()),
        (call_with(authorization(f"token {SECRET}")), ()),
        (call_with(authorization(f"token {SECRET}"), x_api_key(SECRET)), ()),
        (call_with(authorization(f"Bearer {SECRET}"), query=PAIR), (KEY,)),
        (call_with(basic("inventory.sync", SECRET), query=PAIR), ("inventory.sync", KEY)),
    ],
)
def test_a_bare_secret_is_read_from_every_carrier(call, principals):
    credential = credentials.read(call)
    assert (credential.consumer_key, credential.secret) == (KEY, SECRET)
    assert (credential.principals, credential.signed) == (principals, None)
    assert len(credential.carriers) == len(call.headers) + bool(call.query)
    assert SECRET[8:] not in repr(credential)


@pytest.mark.parametrize(
    "call",
    [
        call_with(oauth_header(protocol())),
        call_with(oauth_header({"realm": "x"} | protocol())),
        call_with(oauth_header(protocol(), prefix="oauth ")),
        call_with(query=urlencode(protocol())),
        call_with(query="a[0]=1&a[0]=2&" + urlencode(protocol(version=None, token=""))),
        call_with(
            body=urlencode(protocol()).encode(),
            content_type="application/x-www-form-urlencoded; charset=utf-8",
            method="POST",
        ),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_signature_is_read_from_header_query_or_form_over_any_scheme(call, scheme):
    from dataclasses import replace

    credential = credentials.read(replace(call, scheme=scheme))
    assert (credential.consumer_key, credential.secret) == (KEY, None)
    assert credential.signed.timestamp == 1700000000
    assert credential.signed.nonce == "n1"
    assert credential.carriers == (f"OAuth {credential.signed.place}",)


def test_no_credential_at_all_is_missing():
    assert denial_of(call_with()) == MISSING
    assert denial_of(call_with(("cookie", "sessionid=1"), query="page=2")) == MISSING


@settings(max_examples=300, deadline=None)
@given(st.text(), st.text(), st.text(), st.binary(), st.sampled_from(["http", "https"]))
def test_whatever_is_sent_reading_ends_in_a_denial(auth, key, query, body, scheme):
    for value in (auth, f"Basic {auth}", f"OAuth {auth}", f"Bearer {auth}"):
        call = call_with(
            authorization(value),
            x_api_key(key),
            query=query,
            body=body,
            content_type="application/x-www-form-urlencoded",
            scheme=scheme,
        )
        with pytest.raises(Denied):
            credentials.read(call)
