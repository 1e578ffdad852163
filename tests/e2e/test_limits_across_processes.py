"""A limit is one limit, however many processes and threads answer the calls."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

pytestmark = pytest.mark.e2e


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
