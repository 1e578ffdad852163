"""History has one record, or one more in a merged count, for every call that is decided."""

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from apikeys import tokens
from history.models import CallRecord, UnprovenCalls
from tests.factories import APIKeyFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

CARRIERS = ("basic", "username", "query", "x-api-key", "bearer", "token")


def mixed_calls(number):
    """So many calls of every kind: key, options of ``call``, status, reason; proven or not."""
    keys = {
        "let in": APIKeyFactory(permission="read_write", rate_limit="none"),
        "reads": APIKeyFactory(permission="read"),
        "disabled": APIKeyFactory(disabled=True),
        "expired": APIKeyFactory(expired=True),
        "elsewhere": APIKeyFactory(allowed_ips=["203.0.113.7"]),
        "limited": APIKeyFactory(rate_limit="1/day"),
    }
    kinds = [
        ("let in", {"path": NOTES}, 200, ""),
        ("let in", {"path": NOTES, "method": "PUT", "data": '{"name": "%d"}'}, 200, ""),
        ("let in", {"path": NOTES, "method": "POST", "data": "{"}, 400, ""),
        ("let in", {"path": "/api/v1/nothing"}, 404, ""),
        ("let in", {"path": NOTES, "method": "FOO"}, 405, ""),
        ("reads", {"path": NOTES, "method": "DELETE"}, 403, "method_not_permitted"),
        ("disabled", {"path": NOTES}, 401, "key_disabled"),
        ("expired", {"path": "/api/v1/stores"}, 401, "key_expired"),
        ("elsewhere", {"path": NOTES}, 403, "ip_not_allowed"),
        ("limited", {"path": NOTES}, 429, "rate_limited"),
        (None, {"path": NOTES}, 401, "missing_credentials"),
        ("wrong", {"path": NOTES}, 401, "invalid_credentials"),
    ]
    for count in range(number):
        name, options, status, reason = kinds[count % len(kinds)]
        if options.get("method") == "PUT":
            options = options | {"data": options["data"] % count}
        if name == "wrong":
            wrong = tokens.new_secret(keys["let in"].consumer_key)
            options = options | {"key": keys["let in"], "secret": wrong}
        elif name:
            options = options | {"key": keys[name]}
        carrier = CARRIERS[count // len(kinds) % len(CARRIERS)]
        yield options | {"carrier": carrier}, status, reason


def test_two_hundred_calls_of_every_kind_are_two_hundred_in_history(call, settings):
    settings.FAILED_ATTEMPT_LIMIT = "none"
    expected, began = [], timezone.now()
    for options, status, reason in mixed_calls(200):
        answer = call(**options)
        key = options.get("key")
        if reason == "rate_limited" and answer.status_code == 200:
            status, reason = 200, ""  # the one that its limit lets in
            assert ("limited", key.pk) not in expected
        assert answer.status_code == status
        if reason not in {"missing_credentials", "invalid_credentials"}:
            method = options.get("method", "GET")
            expected.append((key.pk, method, options["path"], status, reason))

    records = CallRecord.objects.order_by("pk")
    fields = ("key_id", "method", "path", "status", "reason")
    assert list(records.values_list(*fields)) == expected
    assert len(expected) + UnprovenCalls.objects.total() == 200
    for record in records:
        assert record.outcome == ("denied" if record.reason else "allowed")
        assert record.scheme == "https"
        assert record.ip == "127.0.0.1"
        assert record.request_id
        assert began <= record.date_added <= record.date_modified <= timezone.now()
        assert record.date_added.tzinfo is UTC


def test_a_clock_that_jumps_costs_no_call_and_no_record(call, time_machine):
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    key = APIKeyFactory(rate_limit="600/minute")
    until = APIKeyFactory(expires_at=start + timedelta(minutes=30))
    for minutes, ends in ((0, 200), (60, 401), (-60, 200), (0, 200), (30, 401)):
        time_machine.move_to(start + timedelta(minutes=minutes), tick=False)
        assert call(key, NOTES).status_code == 200
        assert call(until, NOTES).status_code == ends

    ids = list(CallRecord.objects.filter(key_id=key.pk).values_list("pk", flat=True))
    assert len(ids) == 5
    newest_first = CallRecord.objects.order_by("-pk").values_list("date_added", flat=True)
    assert newest_first[0] == start + timedelta(minutes=30)
    assert CallRecord.objects.count() == 10
