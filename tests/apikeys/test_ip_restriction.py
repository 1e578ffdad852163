"""From where a key may be used: real requests, and the address that history keeps."""

import pytest

from apikeys import tokens
from history.models import CallRecord, UnprovenCalls
from tests.calls import the_record
from tests.factories import ACTOR, APIKeyFactory

pytestmark = pytest.mark.django_db

LIST = ("203.0.113.10", "203.0.113.64/26")
PROXY, STRANGER = "10.0.0.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def trusted(settings):
    settings.TRUSTED_PROXIES = ("10.0.0.0/24",)
    settings.CLIENT_IP_HEADER = "X-Forwarded-For"


def send(call, key, peer, forwarded=None, **headers):
    """A call from this peer; over https, as the proxy says or as we see it ourselves."""
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    if peer.startswith("10.0.0."):
        headers["X-Forwarded-Proto"] = "https"
    return call(key, headers=headers, REMOTE_ADDR=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "ip", "status"),
    [
        ("203.0.113.10", None, "203.0.113.10", 200),
        ("::ffff:203.0.113.10", None, "203.0.113.10", 200),
        (STRANGER, None, STRANGER, 403),
        (STRANGER, "203.0.113.10", STRANGER, 403),
        (PROXY, "203.0.113.10", "203.0.113.10", 200),
        (PROXY, "203.0.113.10:8443", "203.0.113.10", 200),
        (PROXY, "203.0.113.10, 198.51.100.7", STRANGER, 403),
        (PROXY, "1.1.1.1, 203.0.113.10, 10.0.0.2", "203.0.113.10", 200),
        (PROXY, "10.0.0.5", "10.0.0.5", 403),
        (PROXY, None, PROXY, 403),
        ("", None, None, 403),
        ("fe80::1%eth0", None, None, 403),
        *(
            (PROXY, garbage, None, 403)
            for garbage in (
                *("", ",", "unknown", "<script>alert(1)</script>", "999.1.1.1"),
                *("203.0.113.10.evil", "," * 8192, "203.0.113.010", "203.0.113.10, x"),
            )
        ),
    ],
)
def test_who_calls_is_the_peer_or_whom_a_trusted_proxy_names(call, peer, forwarded, ip, status):
    key = APIKeyFactory(allowed_ips=LIST)

    answer = send(call, key, peer, forwarded)

    assert answer.status_code == status
    reason = "" if status == 200 else "ip_not_allowed"
    the_record(ip=ip, reason=reason, outcome="denied" if reason else "allowed")
    assert answer.json().get("code", "") == reason


@pytest.mark.parametrize(
    ("allowed", "peer", "status"),
    [
        ([], STRANGER, 403),
        ([], "", 403),
        (["0.0.0.0/0"], STRANGER, 200),
        (["0.0.0.0/0"], "2001:db8::1", 403),
        (["::/0"], "2001:db8::1", 200),
        (["::/0"], STRANGER, 403),
        (["::/0"], f"::ffff:{STRANGER}", 403),
        (["0.0.0.0/0", "::/0"], "2001:db8::1", 200),
        (["203.0.113.*"], "203.0.113.200", 200),
        (["203.0.113.*"], "203.0.114.200", 403),
        (["2001:DB8:0:0::1", "2001:db8:1::/48"], "2001:db8::1", 200),
        (["2001:DB8:0:0::1", "2001:db8:1::/48"], "2001:DB8:1:FFFF::2", 200),
        (["2001:DB8:0:0::1", "2001:db8:1::/48"], "2001:db8:2::1", 403),
        (["fe80::/64"], "fe80::1%eth0", 403),
        *((["203.0.113.64/26"], f"203.0.113.{last}", 200) for last in (64, 127)),
        *((["203.0.113.64/26"], f"203.0.113.{last}", 403) for last in (63, 128)),
        *((["203.0.113.8/31"], f"203.0.113.{last}", 200) for last in (8, 9)),
        *((["203.0.113.8/31"], f"203.0.113.{last}", 403) for last in (7, 10)),
    ],
)
def test_a_key_is_used_from_where_its_list_says(call, allowed, peer, status):
    key = APIKeyFactory(allowed_ips=allowed)

    assert send(call, key, peer).status_code == status

    the_record(reason="" if status == 200 else "ip_not_allowed")


def test_the_last_of_a_thousand_entries_counts(call):
    entries = [f"10.{n // 250}.{n % 250}.0/24" for n in range(999)]
    key = APIKeyFactory(allowed_ips=[*entries, "203.0.113.10"])

    assert send(call, key, "203.0.113.10").status_code == 200
    assert send(call, key, "203.0.113.11").status_code == 403
    assert set(CallRecord.objects.values_list("reason", flat=True)) == {"", "ip_not_allowed"}


def told(response):
    """What a caller sees of an answer, but for what is its own each time."""
    headers = {name: text for name, text in response.headers.items() if name != "X-Request-ID"}
    return response.status_code, response.json() | {"request_id": ""}, headers


def test_a_wrong_secret_reads_the_same_whatever_the_key_is_and_wherever_from(call, settings):
    """Whether a key is there, in what state and on which list, only its holder is told."""
    settings.FAILED_ATTEMPT_LIMIT = "none"
    keys = {
        "good": APIKeyFactory(),
        "disabled": APIKeyFactory(disabled=True),
        "expired": APIKeyFactory(expired=True),
        "of a disabled store": APIKeyFactory(),
        "with a list": APIKeyFactory(allowed_ips=LIST),
        "with an empty list": APIKeyFactory(allowed_ips=[]),
        "limited": APIKeyFactory(rate_limit="1/hour"),
        "signing": APIKeyFactory(signing=True),
        "unknown": APIKeyFactory.build(),
    }
    keys["of a disabled store"].api_user.store.disable(actor=ACTOR)
    send(call, keys["limited"], STRANGER)
    CallRecord.objects.all().delete()
    wrong = {name: tokens.new_secret(key.consumer_key) for name, key in keys.items()}

    answers = [
        call(key, secret=wrong[name], carrier=carrier, REMOTE_ADDR=peer)
        for name, key in keys.items()
        for carrier in ("basic", "x-api-key", "query")
        for peer in (STRANGER, "203.0.113.10")
    ]

    first = told(answers[0])
    assert first[1]["code"] == "invalid_credentials"
    assert [answer for answer in answers if told(answer) != first] == []
    assert not CallRecord.objects.exists()
    assert UnprovenCalls.objects.total() == len(answers)
    assert set(UnprovenCalls.objects.values_list("reason", flat=True)) == {"invalid_credentials"}


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        (PROXY, {"X-Forwarded-Proto": "https"}, 200),
        (PROXY, {"X-Forwarded-Proto": "http"}, 401),
        (PROXY, {"X-Forwarded-Proto": "https, https"}, 401),
        (PROXY, {}, 401),
        (STRANGER, {}, 401),
        (STRANGER, {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"}, 401),
        (STRANGER, {"Forwarded": "proto=https;for=127.0.0.1"}, 401),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 401),
        ("127.0.0.1", {}, 200),
    ],
)
@pytest.mark.parametrize("carrier", ["basic", "query", "bearer"])
def test_a_bare_secret_needs_https_that_somebody_trusted_vouches_for(
    call, peer, headers, status, carrier
):
    key = APIKeyFactory()

    answer = call(key, headers=headers, carrier=carrier, secure=False, REMOTE_ADDR=peer)

    assert answer.status_code == status
    assert "Location" not in answer
    assert key.secret not in f"{answer.headers}{answer.content.decode()}"
    if status == 401:
        assert answer.json()["code"] == "insecure_transport"
        assert UnprovenCalls.objects.get().reason == "insecure_transport"
        assert not CallRecord.objects.exists()
