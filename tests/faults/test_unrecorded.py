"""What cannot be written into the history is not done, and not answered with success."""

from contextlib import contextmanager

import pytest

from tests.faults.callers import Caller, issue
from tests.faults.records import execute, invoices

pytestmark = pytest.mark.e2e
REFUSAL = "the disk of the history is full"


@contextmanager
def unwritable(console, table):
    """The database takes no new row into this table."""
    if console.env["DATABASE_URL"].startswith("sqlite"):
        execute(
            console,
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        )
        undoing = "DROP TRIGGER full_disk"
    else:
        execute(
            console,
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
        )
        execute(
            console,
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION full_disk()",
        )
        undoing = f"DROP TRIGGER full_disk ON {table}"
    try:
        yield
    finally:
        execute(console, undoing)


def assert_unavailable(answer):
    assert (answer.status, answer.code) == (503, "history_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture(scope="module")
def key(live_console):
    return issue(live_console, "unrecorded")


@pytest.fixture
def caller(live_console, key):
    with Caller(live_console, key) as caller:
        yield caller


def test_a_call_that_cannot_be_recorded_is_not_done(live_console, caller):
    assert caller.add_invoice().status == 200
    before, said = invoices(live_console), len(live_console.said())

    with unwritable(live_console, "history_callrecord"):
        assert_unavailable(caller.add_invoice())
        assert_unavailable(caller.whoami())

    assert REFUSAL in live_console.said()[said:]
    assert invoices(live_console) == before
    assert caller.add_invoice().status == 200
    assert len(invoices(live_console)) == len(before) + 1


def test_a_stranger_who_cannot_be_counted_is_not_answered(live_console, caller):
    caller.headers = {"X-API-Key": "cs_live_of_no_key"}

    with unwritable(live_console, "history_unprovencalls"):
        assert_unavailable(caller.whoami())

    assert caller.whoami().status == 401
