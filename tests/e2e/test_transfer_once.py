"""One session-transfer link, followed by many browsers at once in every worker process."""

import pytest

from tests.faults.callers import at_once, in_every_worker, issue
from tests.faults.records import calls, execute

pytestmark = pytest.mark.e2e


def follow(caller, link):
    """The status that a browser gets which follows the link over this caller's connection."""
    caller.connection.request("GET", link)
    response = caller.connection.getresponse()
    response.read()
    return response.status


def test_a_link_works_once_in_all_processes_together(live_console):
    key = issue(live_console, "transfer-once")
    with in_every_worker(live_console, key, each=2) as callers:
        store = f"/api/v1/stores/{key['store_id']}"
        cart = callers[0].call("POST", f"{store}/carts", {}).document
        asked = {"cart": cart["id"], "action": "cart"}
        link = callers[0].call("POST", f"{store}/session-transfers", asked).document["url"]
        path = link.removeprefix(live_console.url)

        answers = at_once(callers, lambda caller: follow(caller, path), times=4)
        once_more = follow(callers[0], path)
        used = {caller.worker for caller in callers}

    statuses = sorted(status for some in answers.values() for status in some)
    assert statuses == [303] + [400] * 15
    assert once_more == 400
    assert used == {*live_console.worker_ids()}
    links = execute(live_console, "SELECT consumer_key, spent_at FROM storefront_sessiontransfer")
    assert [bool(spent) for name, spent in links if name == key["consumer_key"]] == [True]
    redeemed = calls(live_console, key, path="/transfer-session")
    assert sorted(record["outcome"] for record in redeemed) == ["allowed"] + ["denied"] * 16
