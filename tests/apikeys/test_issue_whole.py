"""A key is made whole or not at all, at whatever statement its making is interrupted."""

import pytest
from django.db import connection

from apikeys.models import AllowedIP, APIKey, ChangeRecord, Secret
from tests.factories import ACTOR, APIKeyFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Crash(Exception):
    """The process ended here."""


class Interruption:
    """Lets so many statements through, and crashes after the last of them."""

    def __init__(self, after=None):
        self.after = after
        self.count = 0

    def __call__(self, execute, statement, *arguments):
        done = execute(statement, *arguments)
        # Django would not know that a transaction has begun, and SQLite begins one like this.
        self.count += not statement.startswith("BEGIN")
        if self.count == self.after:
            raise Crash
        return done


def test_a_crash_after_any_statement_leaves_nothing_of_a_key():
    api_user = APIKeyFactory().api_user  # the first key of all notes its pepper besides

    def issue():
        addresses = [f"203.0.113.{number}/32" for number in range(1, 6)]
        APIKey.objects.issue(actor=ACTOR, api_user=api_user, allowed_ips=addresses, signing=True)

    def rows():
        return [model.objects.count() for model in (APIKey, Secret, AllowedIP, ChangeRecord)]

    before = rows()
    undisturbed = Interruption()
    with connection.execute_wrapper(undisturbed):
        issue()
    whole = rows()
    assert [after - first for after, first in zip(whole, before, strict=True)] == [1, 1, 5, 1]

    for after in range(1, undisturbed.count + 1):
        with pytest.raises(Crash), connection.execute_wrapper(Interruption(after)):
            issue()
        assert rows() == whole, f"after statement {after}"
