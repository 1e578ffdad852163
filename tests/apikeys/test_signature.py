"""Which signatures are right: known answers, an independent client, and tampering."""

from dataclasses import replace
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, Client
from oauthlib.oauth1.rfc5849 import SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_QUERY

from apikeys import oauth, signature, tokens
from apikeys.call import Call, parameters

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


@settings(max_examples=500, deadline=None)
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


@pytest.mark.parametrize("host", ["shop.example", "SHOP.example", "shop.example:80"])
@pytest.mark.parametrize("typed", ["shop.example", "shop.example:80"])
def test_the_default_port_may_be_signed_or_not(host, typed):
    call = replace(signed_as_typed(f"http://{typed}/api/v1/whoami?a=1"), host=host)
    expected = host.lower().startswith(typed.lower()) or host.islower()
    assert (reading_of(call) == signature.RFC) is expected


def signed_as_typed(url, *, method="GET", name="HMAC-SHA256", sent="", pairs=()):
    """A client that signs the address as it was typed, as those of npm and PHP do."""
    import hmac
    from base64 import b64encode

    base, _, query = url.partition("?")
    signed = dict(parameters(query)) | {
        "oauth_consumer_key": KEY,
        "oauth_nonce": "n1",
        "oauth_signature_method": name,
        "oauth_timestamp": "1700000000",
    }
    normalized = "&".join(
        f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in sorted(signed.items())
    )
    text = "&".join([method, quote(base, safe="~"), quote(normalized, safe="~")])
    digest = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}[name]
    made = hmac.digest(f"{SECRET}&".encode(), text.encode(), digest)
    signed["oauth_signature"] = b64encode(made).decode()
    return call_to(f"{base}?{sent}{urlencode(signed)}", method=method)
