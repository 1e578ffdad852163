"""Rate limits are exact over all worker processes, with Redis, without, and when it goes away."""

import time

import pytest
import redis as redis_client

from tests.faults.callers import at_once, in_every_worker, issue

pytestmark = pytest.mark.e2e
LIMIT = 50
OUTAGE = "Redis cannot be reached"
SLOWEST = 0.8  # seconds; 300 ms of them may be owed to Redis


@pytest.fixture
def counts(redis):
    """Redis itself, past the server."""
    with redis_client.Redis.from_url(redis.url) as client:
        client.flushall()
        yield client


def assert_limit_is_exact(console, username):
    """200 calls at once over all processes, of which 50 are let in."""
    key = issue(console, username, f"--rate-limit={LIMIT}/minute")
    with in_every_worker(console, key, each=4) as callers:
        workers = {caller: caller.worker for caller in callers}
        answers = at_once(callers, lambda caller: caller.whoami(), times=25)

    given = [(workers[caller], answer) for caller, some in answers.items() for answer in some]
    refused = [answer for _worker, answer in given if answer.status == 429]
    assert sum(answer.status == 200 for _worker, answer in given) == LIMIT
    assert len(refused) == len(given) - LIMIT
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert {worker for worker, _answer in given} == {*console.worker_ids()}


def test_the_limit_is_exact_without_redis(live_console):
    assert_limit_is_exact(live_console, "exact-here")


def test_the_limit_is_exact_with_redis(redis_console, counts):
    for attempt in range(4):
        said = len(redis_console.said())
        try:
            assert_limit_is_exact(redis_console, f"exact-in-redis-{attempt}")
        except AssertionError:
            # On a busy machine Redis may be too slow for a moment, and both have counted.
            if OUTAGE not in redis_console.said()[said:]:
                raise
        else:
            break
    assert counts.keys()  # it was Redis that counted
    assert OUTAGE not in redis_console.said()[said:]


@pytest.fixture
def callers(redis_console):
    """One caller for each process of the server that counts in Redis."""
    key = issue(redis_console, f"busy-{time.monotonic_ns() % 10**9}", "--rate-limit=9999/minute")
    with in_every_worker(redis_console, key) as callers:
        yield callers


def seconds_of(callers):
    """How long each of 25 calls took in every process; all of them must be let in."""
    answers = [answer for some in at_once(callers, ask, times=25).values() for answer in some]
    assert {answer.status for answer in answers} == {200}
    return [answer.seconds for answer in answers]


def ask(caller):
    return caller.whoami()


def wait_until_redis_counts_again(callers, counts):
    """Each process finds Redis again within five seconds."""
    deadline = time.monotonic() + 5
    for caller in callers:
        counts.flushall()
        while not counts.keys():
            assert caller.whoami().status == 200
            assert time.monotonic() < deadline


def test_without_redis_limits_are_counted_here_until_it_is_back(
    redis_console, redis, counts, callers
):
    seconds_of(callers)
    assert counts.keys()

    redis.kill()
    try:
        assert max(seconds_of(callers)) < SLOWEST
        assert_limit_is_exact(redis_console, "exact-in-between")
    finally:
        redis.start()
    assert OUTAGE in redis_console.said()

    with in_every_worker(redis_console, callers[0].key) as fresh:
        wait_until_redis_counts_again(fresh, counts)


def test_a_slow_redis_is_not_waited_for(proxy, counts, callers):
    proxy.delay = 2.0
    try:
        assert max(seconds_of(callers)) < SLOWEST
    finally:
        proxy.delay = 0.0
    assert proxy.delayed > 0

    wait_until_redis_counts_again(callers, counts)
