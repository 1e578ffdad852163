import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from apikeys import networks, ratelimit
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
    assert list(values.peppers(["2:bb", "1:AA"]).items()) == [(2, "bb"), (1, "aa")]


@pytest.mark.parametrize("text", ["aa", "1:", "1:zz", "1:aab", "0:aa", "1:aa,1:bb", "x:aa"])
def test_peppers_that_cannot_be_read_are_refused(text):
    with pytest.raises(ImproperlyConfigured, match="APIKEYS_PEPPERS"):
        values.peppers(text.split(","))


def test_sealing_keys_are_fernet_keys():
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    assert values.sealing_keys(keys) == tuple(keys)


def test_a_sealing_key_of_another_kind_is_refused_without_repeating_it():
    with pytest.raises(ImproperlyConfigured, match="APIKEYS_SEALING_KEYS") as refused:
        values.sealing_keys(["not-a-key"])
    assert "not-a-key" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ],
)
def test_networks_have_one_spelling_that_the_gate_takes_for_the_same(written, network):
    assert values.networks("TRUSTED_PROXIES", [written]) == (network,)
    assert networks.parse_entry(network) == network


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy", "10.0.0.*", "*"])
def test_a_network_that_is_none_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        values.networks("TRUSTED_PROXIES", [text])


@pytest.mark.parametrize("text", ["600/minute", "1/second", "999999/day", "none"])
def test_a_rate_is_a_count_per_period_or_none_which_the_gate_can_count(text):
    assert values.rate("DEFAULT_RATE_LIMIT", text) == text
    assert (ratelimit.parse(text) is None) == (text == "none")


@pytest.mark.parametrize(
    "text", ["600", "0/minute", "600/fortnight", "-1/minute", "None", "٦/hour", "1000000/minute"]
)
def test_a_rate_that_is_none_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_RATE_LIMIT"):
        values.rate("DEFAULT_RATE_LIMIT", text)


@pytest.mark.parametrize("text", ["X_Forwarded_For", "X-Real-IP ", "", "X-Real-IP,Forwarded"])
def test_a_header_that_could_never_be_found_is_refused(text):
    assert values.header("CLIENT_IP_HEADER", "X-Real-IP") == "X-Real-IP"
    with pytest.raises(ImproperlyConfigured, match="CLIENT_IP_HEADER"):
        values.header("CLIENT_IP_HEADER", text)


@pytest.mark.parametrize(
    "text", ["", "redis://127.0.0.1:6379/0", "rediss://:hush@host", "redis+unix:///run/redis.sock"]
)
def test_a_redis_is_named_by_its_url(text):
    assert values.redis_url(text) == text


@pytest.mark.parametrize(
    "text", ["localhost:6379", "http://hush", "redis://hush:port", "redis://["]
)
def test_what_is_no_url_of_a_redis_is_refused_without_repeating_it(text):
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL") as refused:
        values.redis_url(text)
    assert "hush" not in str(refused.value)


def test_a_time_zone_goes_by_its_name():
    assert values.zone("TIME_ZONE", "Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize(
    "text", ["Mars/Olympus", "Europe", "/etc/passwd", "../UTC", "UTC\0", "+01"]
)
def test_a_time_zone_that_nobody_knows_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="TIME_ZONE"):
        values.zone("TIME_ZONE", text)
