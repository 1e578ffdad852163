"""A call is what was sent, byte for byte."""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from apikeys.call import Call, parameters


def test_a_call_has_everything_the_gate_looks_at(rf):
    request = rf.post(
        "/api/v1/invoices?b=2&a=1",
        data=b'{"amount": 1}',
        content_type="application/json; charset=utf-8",
        secure=True,
        headers={"X-API-Key": "secret", "Authorization": "Bearer secret", "Host": "shop.example"},
        REMOTE_ADDR="203.0.113.7",
    )

    call = Call.from_request(request, resource="invoices", store_id="7CVK")

    assert (call.method, call.scheme, call.host) == ("POST", "https", "shop.example")
    assert (call.path, call.query) == ("/api/v1/invoices", "b=2&a=1")
    assert (call.peer, call.content_type) == ("203.0.113.7", "application/json; charset=utf-8")
    assert (call.resource, call.store_id) == ("invoices", "7CVK")
    assert call.header("x-api-key") == "secret"
    assert call.header("authorization") == "Bearer secret"
    assert call.header("x-other") is None
    assert call.read_body() == b'{"amount": 1}'


def test_the_method_is_the_one_that_was_sent(rf):
    request = rf.generic("get", "/")
    request.META["REQUEST_METHOD"] = "get"
    assert Call.from_request(request).method == "get"


def test_cookies_and_oddly_spelt_headers_are_no_headers(rf):
    request = rf.get("/", headers={"Cookie": "sessionid=1"})
    request.META["HTTP_X.API.KEY"] = "secret"
    request.META["HTTP_X_API\xe9"] = "secret"
    assert {name for name, _ in Call.from_request(request).headers} <= {"host"}


def test_a_call_does_not_print_what_may_be_secret(rf):
    request = rf.get("/cs_live_x?consumer_secret=s3cret", headers={"X-API-Key": "s3cret"})
    text = repr(Call.from_request(request))
    assert "cret" not in text
    assert "cs_live" not in text


@pytest.mark.parametrize(
    ("target", "path_info", "query", "path"),
    [
        ("/a%2Fb", "/a/b", "", "/a%2Fb"),
        ("/%7euser/%C3%A9", "/~user/\xc3\xa9", "", "/%7euser/%C3%A9"),
        ("/a?x=[1]", "/a", "x=[1]", "/a"),
        ("http://shop.example:80/a%2Fb?x=1", "/a/b", "x=1", "/a%2Fb"),
        ("http://ck:cs@shop.example/a", "/a", "", "/a"),
        ("http://shop.example", "", "", "/"),
        ("/other", "/a b", "", "/a%20b"),
        ("/a?x=2", "/a", "x=1", "/a"),
        ("//a/b", "/a/b", "", "/a/b"),
        ("", "/a/\xc3\xa9\xff", "x=1", "/a/%C3%A9%FF"),
    ],
)
@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
def test_the_raw_path_is_believed_when_it_is_the_path_that_is_served(
    rf, name, target, path_info, query, path
):
    request = rf.get("/")
    request.META.update({name: target, "PATH_INFO": path_info, "QUERY_STRING": query})
    call = Call.from_request(request)
    assert (call.path, call.query) == (path, query)


def test_a_mounted_application_sees_the_whole_path(rf):
    request = rf.get("/")
    request.META.update(
        {"SCRIPT_NAME": "/shop", "PATH_INFO": "/a/b", "RAW_URI": "/shop/a%2Fb", "QUERY_STRING": ""}
    )
    assert Call.from_request(request).path == "/shop/a%2Fb"


@given(st.text(), st.text(), st.text())
def test_no_request_line_makes_a_call_fail(target, path, query):
    request = RequestFactory().get("/")
    request.META.update({"RAW_URI": target, "PATH_INFO": path, "QUERY_STRING": query})
    assert Call.from_request(request).query == query


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("", ()),
        ("a=1&a=2&b", (("a", "1"), ("a", "2"), ("b", ""))),
        ("include[0]=11&x={|}", (("include[0]", "11"), ("x", "{|}"))),
        ("include%5b0%5D=a+b%20c%2B", (("include[0]", "a b c+"),)),
        ("a=%zz;b=1", (("a", "%zz;b=1"),)),
        ("a=%C3%A9", (("a", "é"),)),
        ("a=\xc3\xa9", (("a", "é"),)),
        ("a=\N{SNOWMAN}", (("a", "\N{SNOWMAN}"),)),
        ("&&a=1&", (("a", "1"),)),
    ],
)
def test_parameters_are_decoded_as_they_were_meant(encoded, decoded):
    assert parameters(encoded) == decoded


@pytest.mark.parametrize("encoded", ["a=%FF", "a=\xff", "%ED%A0%80=1", "a=\udcff"])
def test_parameters_that_are_not_utf_8_are_refused_or_replaced(encoded):
    with pytest.raises(ValueError, match="decode"):
        parameters(encoded)
    assert "\ufffd" in str(parameters(encoded, errors="replace"))


def test_a_thousand_parameters_are_read_and_one_more_is_not():
    assert len(parameters("&".join(["a=1"] * 1000))) == 1000
    with pytest.raises(ValueError, match="fields"):
        parameters("&".join(["a=1"] * 1001), errors="replace")


@given(st.text())
def test_the_parameters_of_any_text_are_read_or_refused_as_a_value(text):
    parameters(text, errors="replace")
