import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import values


@pytest.mark.parametrize(
    ("text", "url", "host", "is_https", "is_loopback"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "127.0.0.1", False, True),
        ("http://127.1.2.3/", "http://127.1.2.3", "127.1.2.3", False, True),
        ("http://localhost", "http://localhost", "localhost", False, True),
        ("http://[::1]:8000", "http://[::1]:8000", "[::1]", False, True),
        ("https://Keys.Example.com/", "https://keys.example.com", "keys.example.com", True, False),
        ("http://10.0.0.1", "http://10.0.0.1", "10.0.0.1", False, False),
        ("http://localhost.example.com", "http://localhost.example.com", None, False, False),
    ],
)
def test_public_url(text, url, host, is_https, is_loopback):
    parsed = values.public_url(text)

    assert parsed.url == url
    assert parsed.host == (host or "localhost.example.com")
    assert (parsed.is_https, parsed.is_loopback) == (is_https, is_loopback)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keys.example.com",
        "ftp://keys.example.com",
        "https://",
        "https://user:hush@keys.example.com",
        "https://keys.example.com/shop",
        "https://keys.example.com?x=hush",
        "https://keys.example.com:port",
        "https://[::1",
    ],
)
def test_a_public_url_that_is_more_or_less_than_scheme_and_host_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL") as refused:
        values.public_url(text)
    assert "hush" not in str(refused.value)


def test_peppers_keep_their_order():
    assert list(values.peppers("2:bb, 1:AA").items()) == [(2, "bb"), (1, "aa")]


@pytest.mark.parametrize("text", ["aa", "1:", "1:zz", "1:aab", "0:aa", "1:aa,1:bb", "x:aa"])
def test_peppers_that_cannot_be_read_are_refused(text):
    with pytest.raises(ImproperlyConfigured, match="APIKEYS_PEPPERS"):
        values.peppers(text)


def test_sealing_keys_are_fernet_keys():
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    assert values.sealing_keys(keys) == tuple(keys)


def test_a_sealing_key_of_another_kind_is_refused_without_repeating_it():
    with pytest.raises(ImproperlyConfigured, match="APIKEYS_SEALING_KEYS") as refused:
        values.sealing_keys(["not-a-key"])
    assert "not-a-key" not in str(refused.value)


def test_networks_have_one_spelling():
    assert values.networks("TRUSTED_PROXIES", ["10.0.0.1", "2001:DB8::/32"]) == (
        "10.0.0.1/32",
        "2001:db8::/32",
    )


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy", "10.0.0.*", "*"])
def test_a_network_that_is_none_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        values.networks("TRUSTED_PROXIES", [text])


@pytest.mark.parametrize("text", ["600/minute", "1/second", "none"])
def test_a_rate_is_a_count_per_period_or_none(text):
    assert values.rate("DEFAULT_RATE_LIMIT", text) == text


@pytest.mark.parametrize(
    "text", ["600", "0/minute", "600/fortnight", "-1/minute", "None", "٦/hour"]
)
def test_a_rate_that_is_none_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_RATE_LIMIT"):
        values.rate("DEFAULT_RATE_LIMIT", text)
