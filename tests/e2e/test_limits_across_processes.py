"""A limit is one limit, however many processes and threads answer the calls."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("where", ["on this host", "in Redis"])
def test_fifty_of_two_hundred_calls_at_once_are_let_in(request, start_console, where):
    settings = {"WEB_WORKERS": "2", "WEB_THREADS": "4"}
    if where == "in Redis":
        settings["REDIS_URL"] = request.getfixturevalue("redis_url")
    console = start_console(**settings)
    key = console.manage(
        *("create_api_key", "inventory-sync", "--any-ip", "--rate-limit", "50/hour")
    )

    def whoami(_number):
        answer = requests.get(
            f"{console.url}/api/v1/whoami",
            auth=(key["consumer_key"], key["consumer_secret"]),
            timeout=30,
        )
        return answer.status_code, "Retry-After" in answer.headers

    with ThreadPoolExecutor(16) as callers:
        answers = Counter(callers.map(whoami, range(200)))

    assert answers == {(200, False): 50, (429, True): 150}
    assert "Redis cannot be reached" not in console.said()
    usage = console.manage("key_usage", "--days", "1")
    assert [(one["calls"], one["denials"]) for one in usage] == [(50, 150)]


def test_failed_attempts_are_counted_over_all_processes(start_console):
    console = start_console(WEB_WORKERS="2", WEB_THREADS="4", FAILED_ATTEMPT_LIMIT="20/hour")
    key = console.manage("create_api_key", "inventory-sync", "--any-ip")
    right = (key["consumer_key"], key["consumer_secret"])

    def status(auth):
        return requests.get(f"{console.url}/api/v1/whoami", auth=auth, timeout=30).status_code

    with ThreadPoolExecutor(16) as callers:
        wrong = (key["consumer_key"], "wrong")
        answers = Counter(callers.map(status, [wrong] * 60))

    assert answers == {401: 20, 429: 40}
    assert status(right) == 200
