"""A signed call is accepted once: at the same moment, after a restart, and without Redis."""

import json

import pytest
import redis as redis_client
import requests
from requests_oauthlib import OAuth1

from tests.faults.callers import Caller, at_once, in_every_worker, issue
from tests.faults.records import calls, invoices

pytestmark = pytest.mark.e2e


@pytest.fixture
def signed(redis_console):
    """A signed POST as it goes over the wire, to be sent by any caller any number of times."""
    key = issue(redis_console, "signer", "--signing", "--rate-limit=9999/minute")
    path = f"/api/v1/stores/{key['store_id']}/invoices"
    request = requests.Request(
        "POST",
        redis_console.url + path,
        data=json.dumps({"amount": "12.50", "currency": "EUR"}),
        headers={"Content-Type": "application/json"},
        auth=OAuth1(key["consumer_key"], key["consumer_secret"], signature_method="HMAC-SHA256"),
    ).prepare()

    def send(caller):
        return caller.send("POST", path, request.body, dict(request.headers))

    send.key = key
    return send


def once_more(console, signed):
    with Caller(console, signed.key) as caller:
        return signed(caller)


def test_a_signed_call_is_accepted_once_whatever_happens(redis_console, redis, signed):
    before = invoices(redis_console)

    with in_every_worker(redis_console, signed.key, each=4) as callers:
        workers = {caller.worker for caller in callers}
        answers = at_once(callers, signed)
    at_first = [answer for [answer] in answers.values()]
    assert sorted(answer.status for answer in at_first) == [200] + [401] * (len(callers) - 1)
    assert workers == {*redis_console.worker_ids()}

    with redis_client.Redis.from_url(redis.url) as counts:
        counts.set("something", "to be lost")
        counts.flushall()
        assert not counts.keys()
        after_flush = once_more(redis_console, signed)

    old_workers = redis_console.worker_ids()
    redis_console.restart()
    assert not set(old_workers) & set(redis_console.worker_ids())
    after_restart = once_more(redis_console, signed)

    refused = [answer for answer in at_first if answer.status != 200]
    for answer in [*refused, after_flush, after_restart]:
        assert (answer.status, answer.code) == (401, "replayed_nonce")
    assert len(invoices(redis_console) - before) == 1
    outcomes = [record["outcome"] for record in calls(redis_console, signed.key, method="POST")]
    assert outcomes.count("allowed") == 1
    assert outcomes.count("denied") == len(refused) + 2
