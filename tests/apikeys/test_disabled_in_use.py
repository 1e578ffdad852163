"""A key in use is refused from the moment it is disabled, though its last use needs no writing."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection

from history.models import CallRecord
from tests.factories import ACTOR, APIKeyFactory
from tests.protected import NOTES, Notes, names

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]


def test_a_key_that_was_just_used_is_refused_once_disabled(call):
    key = APIKeyFactory()
    assert call(key).status_code == 200

    key.disable(actor=ACTOR)

    assert call(key).json()["code"] == "key_disabled"
    newest = CallRecord.objects.latest("pk")
    assert (newest.outcome, newest.reason) == ("denied", "key_disabled")


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_under_way_when_its_key_is_disabled_ends_as_it_began(call, monkeypatch):
    key = APIKeyFactory(permission="read_write")
    assert call(key).status_code == 200
    CallRecord.objects.all().delete()
    within_the_view, go_on, disabled = Event(), Event(), Event()
    post = Notes.post

    def held(view, request, **named):
        within_the_view.set()
        assert go_on.wait(60)
        return post(view, request, **named)

    def send():
        try:
            return call(key, NOTES, method="POST", data=json.dumps({"name": "x"}))
        finally:
            connection.close()

    def disable():
        try:
            key.disable(actor=ACTOR)
            disabled.set()
        finally:
            connection.close()

    monkeypatch.setattr(Notes, "post", held)
    with ThreadPoolExecutor(2) as pool:
        sent = pool.submit(send)
        assert within_the_view.wait(60)
        switched = pool.submit(disable)
        if connection.vendor == "postgresql":
            assert disabled.wait(60)  # SQLite has one writer, and that is the call
        go_on.set()
        answer, _done = sent.result(), switched.result()
    later = call(key, NOTES, method="POST", data=json.dumps({"name": "y"}))

    assert (answer.status_code, later.status_code) == (200, 401)
    assert names() == ["x"]
    records = CallRecord.objects.order_by("pk").values_list("outcome", "status", "reason")
    assert list(records) == [("allowed", 200, ""), ("denied", 401, "key_disabled")]
