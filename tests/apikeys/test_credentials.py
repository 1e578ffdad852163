"""Which credential a call carries, in whatever form, and what is refused before any look-up."""

import random
import string
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from django.core.exceptions import TooManyFieldsSent
from hypothesis import given, settings
from hypothesis import strategies as st

from apikeys import credentials
from apikeys.call import Call
from apikeys.denial import DenialReason, Denied

# Written down, not minted: they stand in the names of tests, which every process must share.
KEY = "ck_live_MadeUpForTests01"
SECRET = "cs_live_MadeUpForTests01xxxxxxxxxxxxxxxxxxxxAAAAAAAAAAAAAAAAAAAAAAA2EiWvE"
OTHER_KEY = "ck_live_MadeUpForTests02"
OTHER_SECRET = "cs_live_MadeUpForTests02yyyyyyyyyyyyyyyyyyyyBBBBBBBBBBBBBBBBBBBBBBB14d2Fw"
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
            content_type="Application/X-WWW-Form-URLencoded ; charset=utf-8",
            method="POST",
        ),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_signature_is_read_from_header_query_or_form_over_any_scheme(call, scheme):
    credential = credentials.read(replace(call, scheme=scheme))
    assert (credential.consumer_key, credential.secret) == (KEY, None)
    assert credential.signed.timestamp == 1700000000
    assert credential.signed.nonce == "n1"
    assert credential.carriers == (f"OAuth {credential.signed.place}",)


def test_no_credential_at_all_is_missing():
    assert denial_of(call_with()) == MISSING
    assert denial_of(call_with(("cookie", "sessionid=1"), query="page=2")) == MISSING


@settings(max_examples=300)
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


PAYLOAD = b64encode(f"{KEY}:{SECRET}".encode()).decode()
TOO_LONG = "x" * 9000


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(call_with(authorization(value)), id=repr(value[:40]))
        for value in (
            "",
            " ",
            "Basic",
            "Basic ",
            "Basic Og==",
            "Basic  " + PAYLOAD,
            "Basic " + PAYLOAD + " ",
            "Basic " + PAYLOAD[:20] + "!!" + PAYLOAD[20:],
            "Basic " + PAYLOAD[:20] + "\n" + PAYLOAD[20:],
            "Basic " + PAYLOAD.rstrip("="),
            "Basic " + PAYLOAD + "=",
            "Basic " + PAYLOAD[:-2] + chr(ord(PAYLOAD[-2]) + 1) + "=",
            "Basic " + PAYLOAD.replace("=", "") + "====",
            "Basic //79/g==",
            "Basic 7aCA",
            "Basic " + b64encode(b"no colon").decode(),
            "Basic " + b64encode(b":" + SECRET.encode()).decode(),
            "Basic " + b64encode(KEY.encode() + b":").decode(),
            "Basic " + b64encode(b"x:" + b"y" * 511).decode(),
            "Basic " + TOO_LONG,
            "Basic\t" + PAYLOAD,
            " Basic " + PAYLOAD,
            "Basic\N{NO-BREAK SPACE}" + PAYLOAD,
            "Bearer",
            "Bearer ",
            "Bearer \xff\xfe\xfd",
            "Bearer " + TOO_LONG,
            "token ",
            "OAuth",
            "OAuth ",
            'OAuth realm="x"',
            oauth_header({"realm": TOO_LONG} | protocol())[1],
            "OAuth nonsense",
            "Digest username=x",
            "Negotiate abc",
            "AWS4-HMAC-SHA256 Credential=x",
            "ApiKey " + SECRET,
            SECRET,
            "Bas\u0131c " + PAYLOAD,
        )
    ]
    + [
        pytest.param(call_with(x_api_key(value)), id="key " + repr(value[:40]))
        for value in ("", "\xff\xfe\xfd", "x" * 513, TOO_LONG, "\N{CYRILLIC SMALL LETTER A}")
    ]
    + [
        pytest.param(call_with(query=query), id="query " + repr(query[:40]))
        for query in (
            f"consumer_key={KEY}",
            f"consumer_secret={SECRET}",
            f"consumer_key[]={KEY}&consumer_secret={SECRET}",
            "consumer_key=&consumer_secret=",
            f"consumer_key={KEY}&consumer_secret=",
            f"consumer_key=&consumer_secret={SECRET}",
            f"consumer_key={KEY}&consumer_secret={TOO_LONG}",
        )
    ],
)
def test_what_cannot_be_read_exactly_is_malformed(call):
    assert denial_of(call) == MALFORMED


@pytest.mark.parametrize(
    "call",
    [
        call_with(authorization(f"Basic {PAYLOAD},Bearer {SECRET}")),
        call_with(authorization(f"Basic {PAYLOAD}, Basic {PAYLOAD}")),
        call_with(authorization(f"Bearer {SECRET},Bearer {OTHER_SECRET}")),
        call_with(authorization(f"token {SECRET},")),
        call_with(x_api_key(f"{SECRET},{SECRET}")),
        call_with(basic(KEY, SECRET), x_api_key(OTHER_SECRET)),
        call_with(basic("ck_unknown", "cs_x"), x_api_key(SECRET)),
        call_with(basic(KEY, SECRET), query=f"consumer_key={KEY}&consumer_secret={OTHER_SECRET}"),
        call_with(x_api_key(SECRET), query=PAIR.replace(SECRET, "x")),
        call_with(query=f"{PAIR}&consumer_key={KEY}"),
        call_with(query=f"{PAIR}&consumer%5Fsecret={SECRET}"),
        call_with(oauth_header(protocol()), query=urlencode(protocol())),
        call_with(oauth_header(protocol()), query="oauth_nonce=n2"),
        call_with(
            oauth_header(protocol()),
            body=b"oauth_consumer_key=x",
            content_type="application/x-www-form-urlencoded",
        ),
        call_with(query=urlencode(protocol()) + "&oauth_nonce=n1"),
        call_with(query=urlencode(protocol()) + "&%6fauth_signature=x"),
        call_with(authorization(oauth_header(protocol())[1] + ', oauth_nonce="n2"')),
        call_with(authorization(oauth_header(protocol())[1] + f", Bearer {SECRET}")),
        call_with(authorization(oauth_header(protocol())[1] + "," + oauth_header(protocol())[1])),
        call_with(oauth_header(protocol()), x_api_key(OTHER_SECRET)),
        call_with(basic(OTHER_KEY, OTHER_SECRET), query=urlencode(protocol())),
        call_with(query=urlencode(protocol()) + f"&{PAIR}".replace(SECRET, OTHER_SECRET)),
    ],
)
def test_two_credentials_or_one_in_conflict_are_ambiguous(call):
    assert denial_of(call) == AMBIGUOUS


@pytest.mark.parametrize(
    "call",
    [
        call_with(basic(KEY, OTHER_SECRET)),
        call_with(basic(SECRET, KEY)),
        call_with(basic(KEY, KEY)),
        call_with(basic(KEY, SECRET + "\n")),
        call_with(basic(KEY, " " + SECRET)),
        call_with(basic(KEY, SECRET[:-1])),
        call_with(basic(KEY, SECRET.upper())),
        call_with(basic(KEY, SECRET + ":")),
        call_with(x_api_key(KEY)),
        call_with(x_api_key(SECRET + " ")),
        call_with(authorization(f"Bearer  {SECRET}")),
        call_with(authorization("Bearer eyJhbGciOiJIUzI1NiJ9.e30.x")),
        call_with(query=PAIR.replace(KEY, OTHER_KEY)),
        call_with(query=PAIR.replace(KEY, "inventory.sync")),
        call_with(query=PAIR.replace(KEY, "%20" + KEY)),
        call_with(query=PAIR.replace(KEY, KEY + "%0A")),
        call_with(query=PAIR.replace(KEY, "%25")),
        call_with(query=PAIR.replace(KEY, KEY[:20])),
        call_with(query=PAIR + "%FF"),
        call_with(oauth_header(protocol(consumer_key="ck_%"))),
        call_with(oauth_header(protocol(consumer_key="ck_live_short"))),
    ],
)
def test_what_no_key_of_ours_could_have_sent_is_invalid(call):
    assert denial_of(call) == INVALID


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("nonce", "signature", "signature_method", "timestamp")),
        {"consumer_key": None},
        *({name: ""} for name in ("consumer_key", "nonce", "signature", "signature_method")),
        *(
            {"timestamp": value}
            for value in ("", "+1", "01", "1e9", "1.0", "1 ", "٣", "9" * 13, "-0", "--1", "0x1")
        ),
        *(
            {"signature_method": value}
            for value in ("PLAINTEXT", "RSA-SHA1", "HMAC-MD5", "none", "hmac-sha1", "HMAC-SHA512")
        ),
        *({"version": value} for value in ("", "1.0a", "2.0", "1")),
        {"token": "x"},
        {"nonce": "n" * 256},
        {"nonce": "\n"},
        {"nonce": "é"},
        {"signature": "x" * 513},
        {"signature": "é"},
        *({"body_hash": value} for value in ("", "x", "A" * 28, "A" * 44)),
    ],
)
def test_protocol_parameters_must_be_complete_and_plain(changes):
    sent = protocol(**changes)
    assert denial_of(call_with(oauth_header(sent))) == MALFORMED
    assert denial_of(call_with(query=urlencode(sent))) == MALFORMED


@pytest.mark.parametrize(
    "header",
    [
        'OAuth oauth_nonce="n1"',
        "OAuth oauth_nonce=n1",
        "OAuth oauth_nonce='n1'",
        oauth_header(protocol())[1] + ",",
        oauth_header(protocol())[1] + ', foo="bar"',
        oauth_header(protocol())[1] + ' oauth_token=""',
        oauth_header(protocol())[1].replace('"n1"', '"%zz"'),
        oauth_header(protocol())[1].replace('"n1"', '"%"'),
        oauth_header(protocol())[1] + ', oauth_token="%FF"',
        oauth_header(protocol())[1].upper(),
        oauth_header(protocol())[1][:-1],
    ],
)
def test_an_oauth_header_is_read_to_its_last_character(header):
    assert denial_of(call_with(authorization(header))) == MALFORMED


def test_a_signed_query_or_form_must_be_utf_8():
    form = {"content_type": "application/x-www-form-urlencoded", "method": "POST"}
    assert denial_of(call_with(query="a=%FF&" + urlencode(protocol()))) == MALFORMED
    assert denial_of(call_with(oauth_header(protocol()), body=b"a=\xff", **form)) == MALFORMED
    many = "&".join(["a=1"] * 1001).encode()
    assert denial_of(call_with(oauth_header(protocol()), body=many, **form)) == MALFORMED
    assert credentials.read(call_with(x_api_key(SECRET), body=many, **form)).secret == SECRET


def test_more_than_a_thousand_query_parameters_are_not_read_at_all():
    """Whatever credential comes with them: a request that large is not judged, but sent back."""
    thousand = "&".join(["a"] * 1000)
    assert credentials.read(call_with(x_api_key(SECRET), query=thousand)).secret == SECRET
    for headers in ([], [x_api_key(SECRET)]):
        with pytest.raises(TooManyFieldsSent):
            credentials.read(call_with(*headers, query=thousand + "&a"))


def test_an_unsigned_body_of_a_signed_call_is_insecure_over_http():
    sent = {"method": "POST", "body": b"{}", "content_type": "application/json"}
    assert denial_of(call_with(oauth_header(protocol()), scheme="http", **sent)) == INSECURE
    assert credentials.read(call_with(oauth_header(protocol()), **sent)).signed
    wrong_hash = protocol(body_hash="A" * 27 + "=")
    assert denial_of(call_with(oauth_header(wrong_hash), **sent)) == INVALID


def test_a_negative_timestamp_is_read_so_that_it_can_be_called_stale():
    assert (
        credentials.read(call_with(oauth_header(protocol(timestamp="-1")))).signed.timestamp == -1
    )


@pytest.mark.parametrize(
    "headers",
    [
        [basic(KEY, SECRET)],
        [basic("inventory.sync", SECRET)],
        [x_api_key(SECRET)],
        [x_api_key(SECRET), basic(KEY, SECRET)],
    ],
)
def test_a_secret_and_a_signature_of_one_key_are_one_credential_and_both_must_prove(headers):
    credential = credentials.read(call_with(*headers, query=urlencode(protocol())))
    assert (credential.consumer_key, credential.secret) == (KEY, SECRET)
    assert credential.signed.consumer_key == KEY
    assert len(credential.carriers) == len(headers) + 1


BARE = [
    {"headers": [basic(KEY, SECRET)]},
    {"headers": [x_api_key(SECRET)]},
    {"headers": [authorization(f"Bearer {SECRET}")]},
    {"query": PAIR},
    {"headers": [x_api_key(SECRET)], "query": urlencode(protocol())},
    {"headers": [x_api_key("mistyped")]},
]


@pytest.mark.parametrize("sent", BARE)
def test_a_bare_secret_over_http_is_insecure(sent):
    headers = [
        *sent.get("headers", []),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-ssl", "on"),
        ("forwarded", "proto=https"),
    ]
    assert denial_of(call_with(*headers, query=sent.get("query", ""), scheme="http")) == INSECURE


def test_a_trusted_proxy_attests_https(settings):
    settings.TRUSTED_PROXIES = ("10.0.0.0/24",)
    proto = ("x-forwarded-proto", "https")
    call = call_with(x_api_key(SECRET), proto, scheme="http", peer="10.0.0.1")
    assert credentials.read(call).secret == SECRET
    downgraded = call_with(x_api_key(SECRET), ("x-forwarded-proto", "http"), peer="10.0.0.1")
    assert denial_of(downgraded) == INSECURE


def test_http_can_be_allowed_on_purpose(settings):
    settings.ALLOW_INSECURE_TRANSPORT = True
    assert credentials.read(call_with(x_api_key(SECRET), scheme="http")).secret == SECRET


def test_plain_loopback_needs_no_https(settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    call = call_with(x_api_key(SECRET), scheme="http", peer="127.0.0.1")
    assert credentials.read(call).secret == SECRET
    via = call_with(x_api_key(SECRET), ("via", "1.1 x"), scheme="http", peer="127.0.0.1")
    assert denial_of(via) == INSECURE


def test_credentials_in_the_query_can_be_switched_off(settings):
    settings.ALLOW_QUERY_CREDENTIALS = False
    assert denial_of(call_with(query=PAIR)) == MALFORMED
    assert denial_of(call_with(x_api_key(SECRET), query=PAIR)) == MALFORMED
    assert credentials.read(call_with(query=urlencode(protocol()))).signed


def test_other_spellings_and_places_carry_no_credential(rf):
    request = rf.post(
        f"/{SECRET}?Consumer_Secret={SECRET}&;consumer_secret=x&consumer_secret%20=x&key={SECRET}",
        data=f'{{"consumer_key": "{KEY}", "consumer_secret": "{SECRET}"}}',
        content_type="application/json",
        secure=True,
        headers={"Cookie": f"consumer_key={KEY}; consumer_secret={SECRET}", "Api-Key": SECRET},
    )
    request.META["HTTP_X.API.KEY"] = SECRET
    request.META["RAW_URI"] = f"https://{KEY}:{SECRET}@testserver{request.get_full_path()}"
    assert denial_of(Call.from_request(request)) == MISSING


carriers = st.sampled_from(
    [
        (f"Basic {PAYLOAD}", None, ""),
        (f"Bearer {SECRET}", None, ""),
        (None, SECRET, ""),
        (None, None, PAIR),
        (f"token {SECRET}", SECRET, ""),
    ]
)


@settings(max_examples=1000)
@given(carriers, st.data())
def test_only_the_exact_credential_is_ever_read_from_a_changed_one(carrier, data):
    place = data.draw(st.sampled_from([i for i, text in enumerate(carrier) if text]))
    text = carrier[place]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 2)))
    edited = list(carrier)
    edited[place] = text[:start] + data.draw(st.text(max_size=3)) + text[end:]
    headers = [
        header
        for header in (("authorization", edited[0]), ("x-api-key", edited[1]))
        if header[1] is not None
    ]
    try:
        credential = credentials.read(call_with(*headers, query=edited[2]))
    except Denied:
        return
    assert (credential.secret, credential.consumer_key) == (SECRET, KEY)


def test_twenty_thousand_random_changes_never_make_another_credential():
    source = random.Random(31)
    alphabet = string.printable + "\xa0\xff\u0130\ufb00\0"
    sent = [f"Basic {PAYLOAD}", f"Bearer {SECRET}", oauth_header(protocol())[1], f"token {SECRET}"]
    for _ in range(20_000):
        text = list(source.choice(sent))
        for _ in range(source.randint(1, 3)):
            text[source.randrange(len(text))] = source.choice(alphabet) * source.randint(0, 2)
        try:
            credential = credentials.read(call_with(authorization("".join(text))))
        except Denied:
            continue
        assert credential.signed or (credential.secret, credential.consumer_key) == (SECRET, KEY)
