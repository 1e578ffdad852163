"""A key is made whole or not at all, at whatever statement its making is interrupted."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from apikeys.models import AllowedIP, APIKey, APIUser, ChangeRecord, Secret
from tests.factories import ACTOR, APIKeyFactory, APIUserFactory
from tests.waiting import is_somebody_waiting, only_postgresql

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


@only_postgresql
def test_an_api_user_is_not_deleted_while_its_first_key_is_made(monkeypatch):
    api_user, full_clean = APIUserFactory(), APIKey.full_clean

    def delete_elsewhere():
        try:
            APIUser.objects.get().delete(actor=ACTOR)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        deletions = []

        def checked_before_somebody_deletes(key):
            full_clean(key)
            deletions.append(thread.submit(delete_elsewhere))
            while not deletions[0].done() and not is_somebody_waiting():
                time.sleep(0.01)

        monkeypatch.setattr(APIKey, "full_clean", checked_before_somebody_deletes)
        key, _secret = APIKey.objects.issue(actor=ACTOR, api_user=api_user, any_ip=True)

    with pytest.raises(ValidationError, match="Delete the keys"):
        deletions[0].result()
    assert APIKey.objects.get() == key
