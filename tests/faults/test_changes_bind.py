"""A change of a key binds every call that begins after it was answered, in every process."""

import time

import pytest

from tests.faults.callers import Load, at_once, in_every_worker, issue
from tests.faults.records import calls

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def key(live_console):
    return issue(live_console, "changing", "--allow-ip=127.0.0.1")


@pytest.mark.parametrize(
    ("deed", "undoing", "status", "code"),
    [
        (["disable_api_key"], ["enable_api_key"], 401, "key_disabled"),
        (
            ["update_api_key", "--permission=read"],
            ["update_api_key", "--permission=read_write"],
            403,
            "method_not_permitted",
        ),
        (["disallow_ip", "127.0.0.1"], ["allow_ip", "127.0.0.1"], 403, "ip_not_allowed"),
        (
            ["update_api_key", "--resource=products"],
            ["update_api_key", "--resource=invoices"],
            403,
            "resource_not_permitted",
        ),
    ],
    ids=["disable", "permission", "address", "resource"],
)
def test_a_change_binds_the_next_call_in_every_process(
    live_console, key, deed, undoing, status, code
):
    def do(command):
        name, *options = command
        live_console.manage(name, key["consumer_key"], *options)
        return time.monotonic()

    with in_every_worker(live_console, key, each=2) as callers:
        workers = {caller: caller.worker for caller in callers}
        with Load(callers) as load:
            load.wait_for(200, count=10)
            changed = do(deed)
            load.wait_for(status, count=40)

    let_in = [began for began, _caller, answer in load.answers if answer.status == 200]
    refused = [entry for entry in load.answers if entry[2].status != 200]
    assert max(let_in) < changed
    assert {answer.code for _began, _caller, answer in refused} - {"history_unavailable"} == {code}
    assert {workers[caller] for _began, caller, _answer in refused} == {*live_console.worker_ids()}
    assert {record["reason"] for record in calls(live_console, key, outcome="denied")} >= {code}

    do(undoing)
    with in_every_worker(live_console, key) as callers:
        answers = at_once(callers, lambda caller: caller.add_invoice(), times=5)
    assert {answer.status for some in answers.values() for answer in some} == {200}
