"""A write and its record stand or fall together."""

import json

import pytest
from oauthlib.oauth1 import Client as Signer

from apikeys.models import APIKey, SpentNonce
from history.models import CallRecord, UnprovenCalls
from tests import triggers
from tests.factories import APIKeyFactory
from tests.protected import NOTES, names, write_note
from tests.triggers import refusing_rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.protected")]

WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def writer():
    return APIKeyFactory(permission="read_write", signing=True)


def write(call, key, *, method="POST", **body):
    return call(key, NOTES, method=method, data=json.dumps({"name": "x"} | body))


@pytest.mark.parametrize("method", WRITES)
def test_a_write_whose_record_cannot_be_kept_is_not_done(call, writer, method, caplog):
    write_note("before")
    used = APIKey.objects.get().last_used_at

    with refusing_rows(CallRecord):
        response = write(call, writer, method=method)

    assert triggers.SENTENCE in caplog.text
    assert response.status_code == 503
    assert response.json()["code"] == "history_unavailable"
    assert int(response["Retry-After"]) > 0
    assert names() == ["before"]
    assert not CallRecord.objects.exists()
    assert APIKey.objects.get().last_used_at == used
    assert triggers.SENTENCE not in response.content.decode()

    assert write(call, writer, method=method).status_code == 200
    assert CallRecord.objects.get().method == method


def test_a_write_that_stands_is_recorded_with_it(call, writer):
    response = write(call, writer)

    assert response.status_code == 200
    assert names() == ["x"]
    record = CallRecord.objects.get()
    assert (record.outcome, record.status, record.method) == ("allowed", 200, "POST")
    assert record.date_added <= record.date_modified


@pytest.mark.parametrize(("then", "status"), [("invalid", 400), ("missing", 404), ("cart", 403)])
def test_a_write_that_ends_with_an_error_leaves_no_effect_but_its_record(
    call, writer, then, status
):
    response = write(call, writer, then=then)

    assert response.status_code == status
    assert names() == []
    record = CallRecord.objects.get()
    assert record.status == status
    assert record.outcome == ("denied" if then == "cart" else "allowed")
    assert APIKey.objects.get().last_used_at is not None


def test_an_answer_of_409_leaves_no_effect(call, writer):
    response = write(call, writer, then="conflict")

    assert response.status_code == 409
    assert names() == []
    assert CallRecord.objects.get().status == 409


@pytest.mark.parametrize("then", ["crash", "twice"])
def test_a_write_that_crashes_leaves_no_effect_but_its_record(client, call, writer, then):
    client.raise_request_exception = False

    response = write(call, writer, then=then)

    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert "mistake" not in response.content.decode()
    assert names() == []
    assert CallRecord.objects.get().status == 500


@pytest.mark.parametrize("then", ["invalid", "cart", "crash", ""])
def test_the_nonce_of_a_signed_write_is_spent_however_it_ends(client, call, writer, then):
    client.raise_request_exception = False
    body = json.dumps({"name": "x", "then": then})
    signer = Signer(writer.consumer_key, client_secret=writer.secret)
    _url, headers, _body = signer.sign(f"https://testserver{NOTES}", http_method="POST")
    headers = headers | {"Host": "testserver"}

    first = call(path=NOTES, method="POST", data=body, headers=headers)
    again = call(path=NOTES, method="POST", data=body, headers=headers)

    assert first.status_code == {"invalid": 400, "cart": 403, "crash": 500, "": 200}[then]
    assert again.json()["code"] == "replayed_nonce"
    assert SpentNonce.objects.count() == 1
    assert names() == ([] if then else ["x"])


def test_a_signed_write_that_cannot_be_recorded_can_be_sent_again(call, writer):
    """Nothing was done and nothing was kept, so the same request may still be made."""
    signer = Signer(writer.consumer_key, client_secret=writer.secret)
    _url, headers, _body = signer.sign(f"https://testserver{NOTES}", http_method="POST")
    headers = headers | {"Host": "testserver"}

    with refusing_rows(CallRecord):
        lost = call(path=NOTES, method="POST", data='{"name": "x"}', headers=headers)
    again = call(path=NOTES, method="POST", data='{"name": "x"}', headers=headers)

    assert (lost.status_code, again.status_code) == (503, 200)
    assert names() == ["x"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_read_that_cannot_be_recorded_is_not_answered(call, writer, method, caplog):
    with refusing_rows(CallRecord):
        response = call(writer, NOTES, method=method)

    assert triggers.SENTENCE in caplog.text
    assert response.status_code == 503


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refusal_that_cannot_be_recorded_says_so(call, method, caplog):
    with refusing_rows(UnprovenCalls):
        response = call(path=NOTES, method=method)

    assert triggers.SENTENCE in caplog.text
    assert response.status_code == 503
    assert not UnprovenCalls.objects.exists()


def test_a_refused_write_runs_nothing_and_is_recorded(call):
    reader = APIKeyFactory(permission="read")

    assert write(call, reader).status_code == 403

    assert names() == []
    assert CallRecord.objects.get().reason == "method_not_permitted"


def test_a_crash_while_reading_is_recorded(client, call, writer, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("tests.protected.Notes.get", lambda *_, **__: 1 / 0)

    response = call(writer, NOTES)

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert CallRecord.objects.get().status == 500
