"""Which signatures are right: known answers, an independent client, and tampering."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, Client
from oauthlib.oauth1.rfc5849 import SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_QUERY

from apikeys import oauth, signature, tokens
from apikeys.call import Call, parameters
from apikeys.denial import DenialReason, Denied

KEY, SECRET = tokens.mint()
METHODS = [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256]


def call_to(url, *, method="GET", headers=(), body=b"", content_type="", host=None):
    parts = urlsplit(url)
    return Call(
        method=method,
        scheme=parts.scheme,
        host=parts.netloc if host is None else host,
        path=parts.path or "/",
        query=parts.query,
        headers=tuple((name.lower(), value) for name, value in headers),
        peer="203.0.113.7",
        content_type=content_type,
        read_body=lambda: body,
    )


def read(call):
    authorization = call.header("authorization") or ""
    header = authorization[6:] if authorization.startswith("OAuth ") else None
    return oauth.read(call, header=header, query=parameters(call.query, errors="replace"))


def reading_of(call, secret=SECRET):
    return signature.verify(secret, read(call), call)


def signed_by_oauthlib(url, *, method="GET", body=None, content_type=None, place=None, **options):
    """The call that oauthlib's own client makes of a request."""
    client = Client(KEY, SECRET, signature_type=place or SIGNATURE_TYPE_AUTH_HEADER, **options)
    sent = {"Content-Type": content_type} if content_type else {}
    url, headers, body = client.sign(url, http_method=method, body=body, headers=sent)
    return call_to(
        url,
        method=method,
        headers=headers.items(),
        body=(body or "").encode(),
        content_type=content_type or "",
    )


WOO_KEY = "ck_0123456789abcdef0123456789abcdef01234567"
WOO_SECRET = "cs_89abcdef0123456789abcdef0123456789abcdef"
WOO_PROTOCOL = f"oauth_consumer_key={WOO_KEY}&oauth_timestamp=1700000000&oauth_nonce={'a' * 32}"


def woo_call(query, method, made):
    protocol = f"{WOO_PROTOCOL}&oauth_signature={quote(made)}&oauth_signature_method={method}"
    query = "&".join(filter(None, [query, protocol]))
    return call_to(f"http://127.0.0.1:8000/wp-json/wc/v3/products?{query}")


BRACKETS = "per_page=2&search=blue+shirt%2B100%25&include[0]=11"


@pytest.mark.parametrize(
    ("query", "method", "made", "reading"),
    [
        ("", "HMAC-SHA1", "mKPX+enWFPkxU4PHXtdRJ2uqyOg=", signature.RFC),
        (
            BRACKETS,
            "HMAC-SHA256",
            "GVPxdA+K5ybmb+FCk5kNd/XAoIeN3hDTh1xbWmOS3d0=",
            signature.RFC,
        ),
        (
            BRACKETS.replace("[", "%5B").replace("]", "%5d").replace("+", "%20"),
            "HMAC-SHA256",
            "GVPxdA+K5ybmb+FCk5kNd/XAoIeN3hDTh1xbWmOS3d0=",
            signature.RFC,
        ),
        (
            f"{BRACKETS}&per_page=2&search=blue%20shirt%2B100%25&include%5B0%5D=11",
            "HMAC-SHA256",
            "GVPxdA+K5ybmb+FCk5kNd/XAoIeN3hDTh1xbWmOS3d0=",
            signature.COLLAPSED,
        ),
    ],
)
def test_the_known_answers_of_woocommerce_verify(query, method, made, reading):
    assert reading_of(woo_call(query, method, made), WOO_SECRET) == reading


def test_a_plus_that_was_not_escaped_in_the_signature_is_still_a_plus():
    call = woo_call("", "HMAC-SHA1", "mKPX+enWFPkxU4PHXtdRJ2uqyOg=")
    call = replace(call, query=call.query.replace("%2B", "+"))
    assert reading_of(call, WOO_SECRET) == signature.RFC


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
names = words.filter(lambda name: name and not name.startswith("oauth_"))
pairs = st.lists(st.tuples(names, words), max_size=6)
paths = st.lists(words.map(lambda word: quote(word, safe="~!$&'()*+,=:@")), max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)
hosts = st.sampled_from(
    ["shop.example", "Shop.Example", "127.0.0.1", "[2001:DB8::1]", "shop-1.example"]
)
ports = st.sampled_from(["", ":80", ":443", ":8000", ":65535"])


@settings(max_examples=500)
@given(
    scheme=st.sampled_from(["http", "https"]),
    host=hosts,
    port=ports,
    path=paths,
    query=pairs,
    form=st.none() | pairs,
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    signature_method=st.sampled_from(METHODS),
    place=st.sampled_from([SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_QUERY]),
    realm=st.sampled_from([None, "store API", "a, b"]),
)
def test_what_oauthlib_signs_verifies(
    scheme, host, port, path, query, form, method, signature_method, place, realm
):
    if method in {"GET", "HEAD"}:
        form = None
    call = signed_by_oauthlib(
        f"{scheme}://{host}{port}{path}" + (f"?{urlencode(query)}" if query else ""),
        method=method,
        body=urlencode(form) if form else None,
        content_type="application/x-www-form-urlencoded" if form else None,
        place=place,
        signature_method=signature_method,
        realm=realm if place == SIGNATURE_TYPE_AUTH_HEADER else None,
    )
    assert reading_of(call) == signature.RFC
    assert reading_of(call, tokens.new_secret(KEY)) is None


def signed_as_typed(url, *, method="GET", name="HMAC-SHA256", sent="", form=None, **protocol):
    """The call of a client that signs names once and the address as typed (npm, PHP, PyPI)."""
    base, _, query = url.partition("?")
    oauth_parameters = {
        "oauth_consumer_key": KEY,
        "oauth_nonce": "n1",
        "oauth_signature_method": name,
        "oauth_timestamp": "1700000000",
    } | protocol
    signed = [*parameters(query), *oauth_parameters.items(), *parameters(form or "")]
    normalized = "&".join(
        f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(signed)
    )
    text = "&".join([method, quote(base, safe="~"), quote(normalized, safe="~")])
    made = hmac.digest(f"{SECRET}&".encode(), text.encode(), name[5:].replace("-", ""))
    tail = urlencode(oauth_parameters | {"oauth_signature": b64encode(made).decode()})
    return call_to(
        f"{base}?{sent}{query}&{tail}",
        method=method,
        body=(form or "").encode(),
        content_type="application/x-www-form-urlencoded" if form else "",
    )


@pytest.mark.parametrize(
    ("typed", "host", "reading"),
    [
        ("http://shop.example", "shop.example", signature.RFC),
        ("http://shop.example:80", "shop.example", signature.RFC),
        ("http://shop.example:80", "shop.example:80", signature.RFC),
        ("http://shop.example", "shop.example:80", signature.RFC),
        ("http://Shop.Example", "Shop.Example", signature.RFC),
        ("http://shop.example", "SHOP.EXAMPLE", signature.RFC),
        ("https://shop.example:443", "shop.example", signature.RFC),
        ("http://shop.example:8000", "shop.example:8000", signature.RFC),
        ("http://shop.example:8000", "shop.example", None),
        ("http://shop.example", "shop.example:8000", None),
        ("http://shop.example:443", "shop.example", None),
        ("https://shop.example:80", "shop.example", None),
        ("http://shop.example", "other.example", None),
        ("http://shop.example", "", None),
        ("http://shop.example", "shop.example:99999", None),
        ("http://shop.example", "shop.example/x", None),
        ("http://shop.example", "user@shop.example", None),
        ("http://shop.example", "[bad]", None),
        ("http://shop.example", "shop.example\n", None),
        ("http://shop.example", "sh\N{LATIN SMALL LETTER O WITH STROKE}p.example", None),
    ],
)
def test_the_host_and_its_default_port_are_signed_as_typed_or_as_in_the_rfc(typed, host, reading):
    assert reading_of(replace(signed_as_typed(f"{typed}/a?b=1"), host=host)) == reading


GOOD = signed_as_typed("http://shop.example/api/v1/invoices?page=2&status=paid&empty=")


def test_the_call_that_is_tampered_with_below_is_right_at_first():
    assert reading_of(GOOD) == signature.RFC


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"method": "HEAD"},
        {"method": "\udcff"},
        {"path": "/api/v1/invoices/"},
        {"path": "/api/v1//invoices"},
        {"path": "/api/v1/Invoices"},
        {"path": "/api/v1/%69nvoices"},
        {"path": "/api/v1/invoices;"},
        {"path": "/api/v1/webhooks"},
        {"path": "/api/v1/invo\xefces"},
        {"path": "/api/v1/\udcff"},
        {"scheme": "https"},
        {"query": GOOD.query.replace("page=2", "page=3")},
        {"query": GOOD.query.replace("page=2&", "")},
        {"query": GOOD.query.replace("&empty=", "")},
        {"query": GOOD.query.replace("status", "Status")},
        {"query": GOOD.query + "&role=admin"},
        {"query": GOOD.query + "&role"},
        {"query": GOOD.query + "&page=3"},
        {"query": GOOD.query.replace("oauth_nonce=n1", "oauth_nonce=n2")},
        {"query": GOOD.query.replace("=1700000000", "=1700000001")},
        {"query": GOOD.query.replace("-SHA256", "-SHA1")},
        {"query": GOOD.query + "&oauth_version=1.0"},
        {"query": GOOD.query + "&oauth_token="},
        {"query": GOOD.query + "&oauth_callback=oob"},
    ],
)
def test_whatever_else_is_changed_breaks_the_signature(changes):
    assert reading_of(replace(GOOD, **changes)) is None


def test_a_method_that_only_becomes_post_in_upper_case_is_not_signed():
    call = signed_as_typed("http://shop.example/", method="POST")
    assert reading_of(call) == signature.RFC
    assert reading_of(replace(call, method="PO\N{LATIN SMALL LETTER LONG S}T")) is None


def test_the_order_and_the_escaping_of_parameters_are_not_signed():
    query = "&".join(reversed(GOOD.query.split("&"))).replace("page", "%70age")
    assert reading_of(replace(GOOD, query=query)) == signature.RFC


def with_signature(change):
    signed = read(GOOD)
    return replace(signed, signature=change(signed.signature))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda made: made[:-1], id="without padding"),
        pytest.param(lambda made: made + "=", id="more padding"),
        pytest.param(lambda made: made[:-2] + chr(ord(made[-2]) + 1) + "=", id="spare bits"),
        pytest.param(lambda made: made[: len(made) // 2], id="truncated"),
        pytest.param(lambda made: made + "AAAA", id="trailing bytes"),
        pytest.param(lambda made: made.swapcase(), id="swapped case"),
        pytest.param(lambda made: b64decode(made).hex(), id="hexadecimal"),
        pytest.param(lambda made: made.translate(str.maketrans("+/", "-_")) + " ", id="URL safe"),
        pytest.param(lambda made: "", id="empty"),
        pytest.param(lambda made: f"{SECRET}&", id="PLAINTEXT"),
        pytest.param(lambda made: "\udcff", id="surrogate"),
    ],
)
def test_only_the_canonical_base64_of_the_whole_signature_counts(change):
    assert signature.verify(SECRET, with_signature(change), GOOD) is None


@pytest.mark.parametrize(("declared", "used"), [("HMAC-SHA1", "HMAC-SHA256"), METHODS])
def test_the_declared_method_must_be_the_one_that_was_used(declared, used):
    call = signed_as_typed("http://shop.example/", name=used)
    assert signature.verify(SECRET, replace(read(call), method=declared), call) is None


def test_the_blank_secret_signs_nothing():
    assert signature.verify("", read(GOOD), GOOD) is None


TWICE = signed_as_typed("http://shop.example/a?page=2&q=x", sent="page=2&q=x&")


def test_parameters_signed_once_and_sent_twice_verify_as_collapsed():
    assert reading_of(TWICE) == signature.COLLAPSED


def test_after_collapsing_the_last_copy_is_signed():
    last = TWICE.query.rpartition("page=2")
    changed = replace(TWICE, query=f"{last[0]}page=3{last[2]}")
    assert reading_of(changed) is None
    first = replace(TWICE, query=TWICE.query.replace("page=2", "page=3", 1))
    assert reading_of(first) == signature.COLLAPSED


def test_without_repeated_names_there_is_one_reading():
    assert {reading for reading, _ in signature.base_strings(read(GOOD), GOOD)} == {signature.RFC}


FORM = signed_as_typed(
    "http://shop.example/a?page=2", method="POST", form="amount=1&amount=2&note=a+b"
)


def test_a_form_is_signed():
    assert reading_of(FORM) == signature.RFC
    for body in (b"amount=9&amount=2&note=a+b", b"amount=1&amount=2", b"", b"note=a+b"):
        assert reading_of(replace(FORM, read_body=lambda body=body: body)) is None


def test_a_name_in_query_and_form_is_never_collapsed_into_one():
    call = signed_as_typed("http://shop.example/a", method="POST", form="amount=1")
    assert reading_of(call) == signature.RFC
    assert reading_of(replace(call, query=call.query + "&amount=9")) is None
    assert reading_of(replace(call, query=call.query + "&amount=9&amount=1")) is None


def test_a_body_under_another_type_is_no_form():
    call = replace(FORM, content_type="text/plain")
    assert read(call).form is None
    assert reading_of(call) is None


@pytest.mark.parametrize(
    ("seconds", "detail"),
    [
        (-86400, "86400 s ahead of"),
        (-901, "901 s ahead of"),
        (-899, ""),
        (0, ""),
        (899, ""),
        (901, "901 s behind"),
        (86400, "86400 s behind"),
    ],
)
def test_a_timestamp_is_accepted_near_the_servers_time_only(
    settings, time_machine, seconds, detail
):
    settings.SIGNATURE_WINDOW = 900
    time_machine.move_to(1700000000 + seconds, tick=False)
    if not detail:
        signature.check_timestamp(read(GOOD))
        return
    with pytest.raises(Denied) as denied:
        signature.check_timestamp(read(GOOD))
    assert denied.value.reason == DenialReason.STALE
    assert denied.value.detail == f"the caller's clock is {detail} the server's"


@pytest.mark.parametrize("timestamp", ["0", "-1", "999999999999", "-999999999999"])
def test_a_senseless_timestamp_is_stale(timestamp):
    call = signed_as_typed("http://shop.example/", oauth_timestamp=timestamp)
    with pytest.raises(Denied) as denied:
        signature.check_timestamp(read(call))
    assert denied.value.reason == DenialReason.STALE


def test_a_signed_request_does_not_print_its_signature():
    signed = read(GOOD)
    assert signed.signature not in repr(signed)
    assert SECRET not in repr(replace(signed, consumer_key=SECRET))


BODY = b'{"amount": 1}'
HASHES = {name: b64encode(hashlib.new(name, BODY).digest()).decode() for name in ("sha1", "sha256")}


def posted(body=BODY, *, scheme="http", content_type="application/json", **protocol):
    call = signed_as_typed(f"{scheme}://shop.example/a", method="POST", **protocol)
    return replace(call, read_body=lambda: body, content_type=content_type)


def body_denial(call):
    try:
        oauth.check_body(read(call), call)
    except Denied as denied:
        return denied.reason
    return None


@pytest.fixture
def strict_bodies(settings):
    settings.PUBLIC_URL = "https://shop.example"
    settings.ALLOW_UNSIGNED_BODIES = False
    settings.TRUSTED_PROXIES = ()


@pytest.mark.usefixtures("strict_bodies")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", HASHES)
def test_a_body_hash_is_always_checked(scheme, method, name):
    call = posted(scheme=scheme, name=method, oauth_body_hash=HASHES[name])
    assert reading_of(call) == signature.RFC
    assert body_denial(call) is None
    for body in (b'{"amount": 9}', b"", BODY + b" "):
        assert body_denial(replace(call, read_body=lambda body=body: body)) == DenialReason.INVALID


@pytest.mark.usefixtures("strict_bodies")
def test_an_unsigned_body_is_refused_over_http_only():
    assert body_denial(posted()) == DenialReason.INSECURE
    assert body_denial(posted(content_type="multipart/form-data")) == DenialReason.INSECURE
    assert body_denial(posted(content_type="")) == DenialReason.INSECURE
    assert body_denial(posted(scheme="https")) is None
    assert body_denial(posted(b"")) is None
    assert body_denial(FORM) is None


@pytest.mark.usefixtures("strict_bodies")
def test_an_unsigned_body_can_be_allowed_or_never_leave_the_machine(settings):
    settings.ALLOW_UNSIGNED_BODIES = True
    assert body_denial(posted()) is None
    settings.ALLOW_UNSIGNED_BODIES = False
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert body_denial(posted()) == DenialReason.INSECURE
    assert body_denial(replace(posted(), peer="127.0.0.1")) is None


@settings(max_examples=200)
@given(st.text(), st.text(), st.text(), st.text(), st.binary())
def test_no_call_makes_the_verification_fail(method, host, path, query, body):
    call = replace(
        GOOD,
        method=method,
        host=host,
        path=path,
        query=GOOD.query + query,
        content_type="application/x-www-form-urlencoded",
        read_body=lambda: body,
    )
    try:
        signed = read(call)
    except Denied:
        return
    assert signature.verify(SECRET, signed, call) is None
