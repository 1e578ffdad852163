"""Limits of a key's calls, and of failed attempts by address and by key; with and without Redis."""

import socket
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone
from redis.exceptions import TimeoutError as RedisTimeout

from apikeys import ratelimit, tokens
from history.models import CallRecord, UnprovenCalls
from tests import servers
from tests.factories import APIKeyFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]


@pytest.fixture
def patient_redis(redis_url, monkeypatch):
    """The address of Redis, which is waited for on a busy machine longer than callers would."""
    monkeypatch.setattr(ratelimit, "REDIS_TIMEOUT", 30.0)
    ratelimit._redis.cache_clear()
    yield redis_url
    ratelimit._redis.cache_clear()


@pytest.fixture(params=["on this host", "in Redis"])
def counted(request, settings, monkeypatch):
    """Runs a test twice: counted in the shared file, and in Redis."""
    monkeypatch.setattr(ratelimit, "_outage", ratelimit.Outage())
    if request.param == "in Redis":
        settings.REDIS_URL = request.getfixturevalue("patient_redis")
        ratelimit.clear()
    yield
    assert ratelimit._outage.over_at == 0.0


@pytest.fixture(autouse=True)
def _fail_freely(settings):
    settings.FAILED_ATTEMPT_LIMIT = "none"


def statuses(send, number):
    return [send().status_code for _ in range(number)]


@pytest.mark.usefixtures("counted")
def test_a_key_makes_as_many_calls_as_it_may(call):
    key, other = APIKeyFactory(rate_limit="3/hour"), APIKeyFactory(rate_limit="3/hour")

    assert statuses(lambda: call(key, NOTES), 5) == [200, 200, 200, 429, 429]
    assert statuses(lambda: call(other, NOTES), 1) == [200]
    records = CallRecord.objects.filter(key_id=key.pk)
    assert records.filter(reason="rate_limited", status=429).count() == 2


@pytest.mark.usefixtures("counted")
def test_the_answer_says_what_is_left(call):
    key = APIKeyFactory(rate_limit="3/hour")

    left = [call(key, NOTES)["RateLimit"] for _ in range(3)]
    refused = call(key, NOTES)

    assert [text.partition(";t=")[0] for text in left] == [f'"default";r={n}' for n in (2, 1, 0)]
    assert refused["RateLimit-Policy"] == '"default";q=3;w=3600'
    assert 1 <= int(refused["Retry-After"]) <= 3600


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("rate_limit", ["none", ""])
def test_a_key_without_a_limit_of_its_own_has_the_default_or_none(call, settings, rate_limit):
    settings.DEFAULT_RATE_LIMIT = "2/hour"
    key = APIKeyFactory(rate_limit=rate_limit)

    found = statuses(lambda: call(key, NOTES), 3)

    assert found == ([200, 200, 200] if rate_limit else [200, 200, 429])
    assert ("RateLimit" in call(key, NOTES)) == (rate_limit == "")


@pytest.mark.usefixtures("counted")
def test_refused_calls_use_nothing_up(call):
    key = APIKeyFactory(rate_limit="2/hour", allowed_ips=["127.0.0.1"])
    for _ in range(5):
        assert call(key, NOTES, REMOTE_ADDR="203.0.113.7").status_code == 403
        assert call(key, NOTES, secret=tokens.new_secret(key.consumer_key)).status_code == 401
        assert call(key, NOTES, method="POST").status_code == 403

    assert statuses(lambda: call(key, NOTES), 3) == [200, 200, 429]


def test_a_burst_at_the_edge_of_a_window_is_not_doubled(call, time_machine):
    start = timezone.now().replace(second=0, microsecond=0)
    key = APIKeyFactory(rate_limit="50/minute")
    let_in = {}
    for seconds in (59, 60, 61, 118, 119, 120):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        let_in[seconds] = statuses(lambda: call(key, NOTES), 50).count(200)

    assert let_in[59] == 50
    for begin in let_in:
        assert sum(let_in.get(second, 0) for second in range(begin, begin + 60)) <= 60

    time_machine.move_to(start + timedelta(minutes=5), tick=False)
    assert statuses(lambda: call(key, NOTES), 51).count(200) == 50


def test_retry_after_is_long_enough(call, time_machine):
    key = APIKeyFactory(rate_limit="2/minute")
    for _ in range(5):
        statuses(lambda: call(key, NOTES), 2)
        wait = int(call(key, NOTES)["Retry-After"])

        time_machine.move_to(timezone.now() + timedelta(seconds=wait))

        assert call(key, NOTES).status_code == 200


# Failed attempts


def wrong(call, key, **options):
    return call(key, NOTES, secret=tokens.new_secret(key.consumer_key), **options)


@pytest.fixture
def five(settings, counted):
    settings.FAILED_ATTEMPT_LIMIT = "5/hour"


@pytest.mark.usefixtures("five")
def test_failures_of_an_address_are_limited_and_the_right_secret_still_passes(call):
    key = APIKeyFactory()

    found = statuses(lambda: wrong(call, APIKeyFactory.build()), 8)

    assert found == [401] * 5 + [429] * 3
    assert call(key, NOTES).status_code == 200
    limited = wrong(call, key)
    assert int(limited["Retry-After"]) > 0
    assert limited.json()["code"] == "rate_limited"
    assert UnprovenCalls.objects.filter(reason="rate_limited").exists()
    assert call(key, NOTES, REMOTE_ADDR="203.0.113.7").status_code == 200


@pytest.mark.usefixtures("five")
def test_failures_on_a_key_add_up_over_addresses(call):
    key = APIKeyFactory()

    found = [
        wrong(call, key, REMOTE_ADDR=f"198.51.100.{number}").status_code for number in range(8)
    ]

    assert found == [401] * 5 + [429] * 3
    assert call(key, NOTES).status_code == 200
    assert wrong(call, APIKeyFactory(), REMOTE_ADDR="203.0.113.9").status_code == 401


@pytest.mark.usefixtures("five")
def test_an_attempt_over_the_limit_does_not_push_out_one_within_it_at_the_same_moment(
    call, monkeypatch
):
    key = APIKeyFactory()
    assert statuses(lambda: wrong(call, key), 4) == [401] * 4
    hit, overtaking = ratelimit.hit_failure, []

    def overtaken(subject, **options):
        if subject.startswith("key:") and not overtaking:
            overtaking.append("now")
            overtaking.append(wrong(call, key).status_code)
        return hit(subject, **options)

    monkeypatch.setattr(ratelimit, "hit_failure", overtaken)

    assert wrong(call, key).status_code == 401
    assert overtaking == ["now", 429]


@pytest.mark.usefixtures("five")
def test_a_key_that_does_not_exist_is_limited_in_the_same_way(call):
    unknown = APIKeyFactory.build()

    found = [
        wrong(call, unknown, REMOTE_ADDR=f"198.51.100.{number}").status_code for number in range(7)
    ]

    assert found == [401] * 5 + [429] * 2


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    "sent",
    [
        {"Authorization": "Basic no+base64!"},
        {"X-API-Key": "one", "Authorization": "Bearer another"},
    ],
    ids=["unreadable", "ambiguous"],
)
def test_what_is_sent_by_trial_and_error_counts_whatever_it_is(call, sent):
    found = [call(path=NOTES, headers=sent).status_code for _ in range(8)]

    assert found == [401] * 5 + [429] * 3


@pytest.mark.usefixtures("five")
def test_forged_forwarding_headers_do_not_reset_the_count(call):
    found = [
        wrong(
            call, APIKeyFactory.build(), headers={"X-Forwarded-For": f"203.0.113.{number}"}
        ).status_code
        for number in range(8)
    ]

    assert found.count(429) == 3


@pytest.mark.usefixtures("five")
def test_addresses_of_one_ipv6_network_count_together(call):
    found = [
        wrong(call, APIKeyFactory.build(), REMOTE_ADDR=f"2001:db8::{number}").status_code
        for number in range(1, 9)
    ]

    assert found.count(429) == 3
    assert wrong(call, APIKeyFactory.build(), REMOTE_ADDR="2001:db8:0:1::1").status_code == 401


@pytest.mark.usefixtures("five")
def test_what_is_no_guess_is_not_counted(call):
    disabled = APIKeyFactory(disabled=True)
    for _ in range(8):
        assert call(path=NOTES).status_code == 401
        assert call(disabled, NOTES).status_code == 401

    assert wrong(call, APIKeyFactory.build()).status_code == 401


# Without Redis although there should be one


@pytest.fixture
def outage(monkeypatch):
    """The memory of an outage, which no test is slow enough to outlive."""
    monkeypatch.setattr(ratelimit, "_outage", ratelimit.Outage())
    monkeypatch.setattr(ratelimit, "REDIS_PAUSE", 300.0)
    return ratelimit._outage


def hit(key):
    return ratelimit.hit_key(key.consumer_key, ratelimit.of_key(key.rate_limit)).allowed


@pytest.mark.usefixtures("outage")
def test_without_redis_the_limit_is_counted_on_this_host(call, settings, caplog):
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    key = APIKeyFactory(rate_limit="3/hour")

    statuses = [call(key, NOTES).status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    assert "Redis cannot be reached" in caplog.text
    assert caplog.text.count("Redis cannot be reached") == 1


def callers_of(listening):
    """How many have connected and wait for an answer."""
    listening.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


@pytest.mark.usefixtures("outage")
def test_a_redis_that_does_not_answer_costs_less_than_300_ms_once(settings, caplog):
    # To connect and to answer each take one timeout at most; only the first call waits at all.
    assert 2 * ratelimit.REDIS_TIMEOUT <= 0.3
    key = APIKeyFactory(rate_limit="3/hour")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        found = [hit(key) for _ in range(5)]
        asked = callers_of(silent)

    assert "Redis cannot be reached" in caplog.text
    assert found == [True, True, True, False, False]
    assert asked == 1


def test_a_redis_that_becomes_slow_after_it_has_counted_has_decided(
    call, settings, outage, patient_redis, monkeypatch
):
    settings.REDIS_URL = patient_redis
    key = APIKeyFactory(rate_limit="3/hour")

    def too_slow(*_arguments):
        raise RedisTimeout

    with monkeypatch.context() as patch:
        patch.setattr(ratelimit._redis(patient_redis), "get_window_stats", too_slow)
        answer = call(key, NOTES)
    assert (answer.status_code, answer["RateLimit"]) == (200, '"default";r=0;t=3600')
    assert outage.over_at > time.monotonic()

    assert statuses(lambda: call(key, NOTES), 4) == [200, 200, 200, 429]  # none was counted here
    outage.over_at = 0.0
    assert statuses(lambda: call(key, NOTES), 3) == [200, 200, 429]


def test_redis_is_asked_again_within_five_seconds():
    assert ratelimit.REDIS_PAUSE <= 5


def test_redis_is_asked_again_when_it_is_back(call, settings, outage, patient_redis, caplog):
    key = APIKeyFactory(rate_limit="3/hour")
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    assert call(key, NOTES).status_code == 200
    assert outage.over_at > time.monotonic()

    settings.REDIS_URL = patient_redis
    outage.over_at = 0.0
    caplog.clear()

    assert statuses(lambda: call(key, NOTES), 4) == [200, 200, 200, 429]
    assert not caplog.text.count("Redis cannot be reached")
