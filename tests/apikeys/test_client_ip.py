"""Whose address a call has, and what a proxy is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apikeys import client_ip
from apikeys.call import Call
from apikeys.networks import canonical_ip


def call_from(peer, *headers, scheme="http"):
    return Call(
        method="GET",
        scheme=scheme,
        host="shop.example",
        path="/api/v1/whoami",
        query="",
        headers=headers,
        peer=peer,
        content_type="",
        read_body=lambda: b"",
    )


def forwarded_for(value):
    return ("x-forwarded-for", value)


@pytest.fixture
def proxied(settings):
    settings.TRUSTED_PROXIES = ("10.0.0.0/24",)
    settings.CLIENT_IP_HEADER = "X-Forwarded-For"


@pytest.fixture
def unproxied(settings):
    settings.TRUSTED_PROXIES = ()
    settings.CLIENT_IP_HEADER = "X-Forwarded-For"


@pytest.mark.usefixtures("unproxied")
def test_a_forwarded_address_from_a_stranger_is_not_believed():
    found = client_ip.client_address(call_from("198.51.100.7", forwarded_for("203.0.113.10")))
    assert found.ip == "198.51.100.7"
    assert found.how == "X-Forwarded-For was sent, but 198.51.100.7 is not a trusted proxy."


@pytest.mark.usefixtures("unproxied")
def test_the_peer_is_the_caller_when_nobody_forwards():
    found = client_ip.client_address(call_from("::ffff:203.0.113.10"))
    assert (found.ip, found.how) == ("203.0.113.10", "203.0.113.10 is connected to us directly.")


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    ("value", "ip"),
    [
        ("203.0.113.10", "203.0.113.10"),
        ("203.0.113.10, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.10,198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 203.0.113.10, 10.0.0.2", "203.0.113.10"),
        ("<script>, 203.0.113.10", "203.0.113.10"),
        ("203.0.113.10:8443", "203.0.113.10"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.10", "203.0.113.10"),
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.7, 10.0.0.6", "10.0.0.7"),
        ("\t203.0.113.10 ", "203.0.113.10"),
    ],
)
def test_a_trusted_proxy_is_read_from_the_right(value, ip):
    found = client_ip.client_address(call_from("10.0.0.1", forwarded_for(value)))
    assert found.ip == ip
    assert "X-Forwarded-For" in found.how


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    "value",
    [
        "",
        ",",
        "unknown",
        "<script>alert(1)</script>",
        "999.1.1.1",
        "203.0.113.10.evil",
        "," * 8192,
        "203.0.113.010",
        "203.0.113.10:",
        "203.0.113.10:x",
        "203.0.113.10:8443:1",
        "[203.0.113.10",
        "[]",
        "[fe80::1%eth0]",
        "fe80::1%eth0",
        "203.0.113.10\N{NO-BREAK SPACE}",
        "203.0.113.10, 10.0.0.5, nonsense, 10.0.0.6",
        "for=203.0.113.10",
    ],
)
def test_garbage_from_a_trusted_proxy_leaves_no_address(value):
    found = client_ip.client_address(call_from("10.0.0.1", forwarded_for(value)))
    assert found.ip is None
    assert "not an address" in found.how
    assert len(found.how) < 200


@pytest.mark.usefixtures("proxied")
def test_a_proxy_that_forwards_nothing_is_the_caller_itself():
    found = client_ip.client_address(call_from("10.0.0.1"))
    assert found.ip == "10.0.0.1"
    assert found.how == "10.0.0.1 is a trusted proxy, but it sent no X-Forwarded-For."


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize("peer", ["", "unix:", "fe80::1%eth0"])
def test_without_a_peer_there_is_no_address(peer):
    found = client_ip.client_address(call_from(peer, forwarded_for("203.0.113.10")))
    assert found.ip is None
    assert found.how == "The server does not know the address of its peer."


@pytest.mark.usefixtures("proxied")
def test_only_the_configured_header_counts(settings):
    settings.CLIENT_IP_HEADER = "X-Real-IP"
    call = call_from(
        "10.0.0.1",
        forwarded_for("203.0.113.10"),
        ("x.real.ip", "1.1.1.1"),
        ("x-real-ip", "2.2.2.2"),
    )
    assert client_ip.client_address(call).ip == "2.2.2.2"


@pytest.mark.usefixtures("proxied")
def test_a_request_of_the_console_has_the_same_address(rf):
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="<b>x</b>, 198.51.100.7")
    assert client_ip.of_request(request).ip == "198.51.100.7"
    assert client_ip.axes_client_ip(request) == "198.51.100.7"


@pytest.mark.usefixtures("proxied")
def test_logins_without_an_address_are_counted_together(rf):
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="nonsense")
    assert client_ip.axes_client_ip(request) == "0.0.0.0"


@pytest.mark.usefixtures("proxied")
@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_sent_the_address_is_valid_or_missing(peer, value):
    for sender in (peer, "10.0.0.1"):
        found = client_ip.client_address(call_from(sender, forwarded_for(value)))
        assert found.ip is None or canonical_ip(found.ip) == found.ip
        assert found.how


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    ("peer", "scheme", "said", "attested"),
    [
        ("10.0.0.1", "http", "https", "https"),
        ("10.0.0.1", "https", "http", "http"),
        ("10.0.0.1", "http", None, "http"),
        ("10.0.0.1", "http", "https, https", "http"),
        ("10.0.0.1", "http", "https,http", "http"),
        ("10.0.0.1", "http", "HTTPS", "http"),
        ("10.0.0.1", "http", "https ", "http"),
        ("10.0.0.1", "http", "", "http"),
        ("198.51.100.7", "http", "https", "http"),
        ("198.51.100.7", "https", "http", "https"),
        ("", "http", "https", "http"),
    ],
)
def test_the_scheme_is_ours_or_that_of_a_trusted_proxy(peer, scheme, said, attested):
    headers = [] if said is None else [("x-forwarded-proto", said)]
    call = call_from(peer, *headers, ("x-forwarded-ssl", "on"), scheme=scheme)
    assert client_ip.attested_scheme(call) == attested


@pytest.mark.usefixtures("unproxied")
@pytest.mark.parametrize(
    ("public_url", "peer", "headers", "plain"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", [], True),
        ("http://127.0.0.1:8000", "127.8.8.8", [], True),
        ("http://localhost:8000", "::1", [], True),
        ("http://[::1]:8000", "::ffff:127.0.0.1", [], True),
        ("https://127.0.0.1:8000", "127.0.0.1", [], False),
        ("http://shop.example", "127.0.0.1", [], False),
        ("http://127.0.0.1.evil.example", "127.0.0.1", [], False),
        ("http://[bad", "127.0.0.1", [], False),
        ("", "127.0.0.1", [], False),
        ("http://127.0.0.1:8000", "198.51.100.7", [], False),
        ("http://127.0.0.1:8000", "", [], False),
        *(
            ("http://127.0.0.1:8000", "127.0.0.1", [(name, "")], False)
            for name in (
                "forwarded",
                "via",
                "x-real-ip",
                "x-forwarded-for",
                "x-forwarded-proto",
                "x-forwarded-anything",
            )
        ),
    ],
)
def test_a_bare_secret_over_http_stays_on_this_machine(settings, public_url, peer, headers, plain):
    settings.PUBLIC_URL = public_url
    assert client_ip.is_plain_loopback(call_from(peer, *headers)) is plain


@pytest.mark.usefixtures("unproxied")
def test_the_configured_header_of_a_proxy_ends_plain_loopback(settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    settings.CLIENT_IP_HEADER = "CF-Connecting-IP"
    call = call_from("127.0.0.1", ("cf-connecting-ip", "203.0.113.10"))
    assert not client_ip.is_plain_loopback(call)
