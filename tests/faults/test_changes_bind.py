"""A change of a key binds every call that begins after it was answered, in every process."""

import time

import pytest

from tests.faults.callers import Load, at_once, in_every_worker, issue
from tests.faults.operator import Operator
from tests.faults.records import calls

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def key(live_console):
    return issue(live_console, "changing", "--allow-ip=127.0.0.1")


def by_command(name, *options):
    return lambda console, key: console.manage(name, key["consumer_key"], *options)


def in_console(deed):
    return lambda console, key: Operator(console).switch(key, deed)


def in_admin(deed):
    return lambda console, key: Operator(console).switch_in_admin(key, deed)


CHANGES = {
    "disabled by a command": (
        *(by_command("disable_api_key"), by_command("enable_api_key")),
        *(401, "key_disabled"),
    ),
    "disabled in the console": (
        *(in_console("disable"), in_console("enable")),
        *(401, "key_disabled"),
    ),
    "disabled in the admin": (
        *(in_admin("disable"), in_admin("enable")),
        *(401, "key_disabled"),
    ),
    "another permission": (
        by_command("update_api_key", "--permission=read"),
        by_command("update_api_key", "--permission=read_write"),
        *(403, "method_not_permitted"),
    ),
    "another address": (
        by_command("disallow_ip", "127.0.0.1"),
        by_command("allow_ip", "127.0.0.1"),
        *(403, "ip_not_allowed"),
    ),
    "another resource": (
        by_command("update_api_key", "--resource=products"),
        by_command("update_api_key", "--resource=invoices"),
        *(403, "resource_not_permitted"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_binds_the_next_call_in_every_process(live_console, key, change):
    do, undo, status, code = CHANGES[change]
    with in_every_worker(live_console, key, each=2) as callers:
        workers = {caller: caller.worker for caller in callers}
        with Load(callers) as load:
            load.wait_for(200, count=10)
            do(live_console, key)
            changed = time.monotonic()
            load.wait_for(status, count=40)

    let_in = [began for began, _caller, answer in load.answers if answer.status == 200]
    refused = [entry for entry in load.answers if entry[2].status != 200]
    assert max(let_in) < changed
    assert {answer.code for _began, _caller, answer in refused} - {"history_unavailable"} == {code}
    assert {workers[caller] for _began, caller, _answer in refused} == {*live_console.worker_ids()}
    assert {record["reason"] for record in calls(live_console, key, outcome="denied")} >= {code}

    undo(live_console, key)
    with in_every_worker(live_console, key) as callers:
        answers = at_once(callers, lambda caller: caller.add_invoice(), times=5)
    assert {answer.status for some in answers.values() for answer in some} == {200}
