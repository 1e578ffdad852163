"""Every reason for which a call is refused, through a real request, with its trace in history."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from oauthlib.oauth1 import Client as Signer

from apikeys import tokens
from apikeys.denial import DenialReason
from history.models import CallRecord, UnprovenCalls
from tests import triggers
from tests.calls import basic
from tests.factories import ACTOR, APIKeyFactory, SecretFactory, StoreFactory, UserFactory
from tests.protected import NOTES
from tests.triggers import refusing_rows

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

SCENARIOS = {}


def scenario(reason):
    """The decorated function sends a call that is refused for this reason."""

    def remember(function):
        SCENARIOS[reason] = function
        return function

    return remember


@scenario(DenialReason.MISSING)
def nothing_is_sent(call):
    return None, call(path=NOTES)


@scenario(DenialReason.MALFORMED)
def a_header_that_cannot_be_read(call):
    return None, call(path=NOTES, headers={"Authorization": "Basic %%%"})


@scenario(DenialReason.AMBIGUOUS)
def two_keys_at_once(call):
    other = APIKeyFactory()
    return None, call(APIKeyFactory(), NOTES, headers={"X-API-Key": other.secret})


@scenario(DenialReason.INSECURE)
def a_bare_secret_over_http(call):
    return None, call(APIKeyFactory(), NOTES, secure=False, REMOTE_ADDR="203.0.113.7")


@scenario(DenialReason.INVALID)
def a_wrong_secret(call):
    key = APIKeyFactory()
    return None, call(key, NOTES, secret=tokens.new_secret(key.consumer_key))


@scenario(DenialReason.STALE)
def an_old_signature(call):
    key = APIKeyFactory(signing=True)
    return key, signed_call(call, key, timestamp=int(timezone.now().timestamp()) - 2000)


@scenario(DenialReason.REPLAYED)
def a_signature_for_the_second_time(call):
    key = APIKeyFactory(signing=True)
    now = int(timezone.now().timestamp())
    assert signed_call(call, key, timestamp=now, nonce="once").status_code == 200
    CallRecord.objects.all().delete()
    return key, signed_call(call, key, timestamp=now, nonce="once")


@scenario(DenialReason.KEY_DISABLED)
def a_disabled_key(call):
    key = APIKeyFactory(disabled=True)
    return key, call(key, NOTES)


@scenario(DenialReason.USER_DISABLED)
def a_disabled_user(call):
    key = APIKeyFactory()
    key.api_user.disable(actor=ACTOR)
    return key, call(key, NOTES)


@scenario(DenialReason.STORE_DISABLED)
def a_disabled_store(call):
    key = APIKeyFactory()
    key.api_user.store.disable(actor=ACTOR)
    return key, call(key, NOTES)


@scenario(DenialReason.KEY_EXPIRED)
def an_expired_key(call):
    key = APIKeyFactory(expired=True)
    return key, call(key, NOTES)


@scenario(DenialReason.SECRET_RETIRED)
def a_replaced_secret(call):
    key = APIKeyFactory()
    SecretFactory(api_key=key)
    return key, call(key, NOTES)


@scenario(DenialReason.IP)
def another_address(call):
    key = APIKeyFactory(allowed_ips=["203.0.113.0/24"])
    return key, call(key, NOTES, REMOTE_ADDR="198.51.100.7")


@scenario(DenialReason.METHOD)
def a_reading_key_that_writes(call):
    key = APIKeyFactory(permission="read")
    return key, call(key, NOTES, method="POST", data="{}")


@scenario(DenialReason.RESOURCE)
def another_resource(call):
    key = APIKeyFactory(resources=["invoices"])
    return key, call(key, NOTES)


@scenario(DenialReason.STORE)
def another_store(call):
    key = APIKeyFactory()
    return key, call(key, f"/api/v1/stores/{StoreFactory().public_id}/notes")


@scenario(DenialReason.CART)
def a_view_that_refuses(call):
    key = APIKeyFactory(permission="read_write")
    return key, call(key, NOTES, method="POST", data='{"then": "cart"}')


@scenario(DenialReason.RATE)
def the_second_call_of_a_key_that_may_make_one(call):
    key = APIKeyFactory(rate_limit="1/hour")
    assert call(key, NOTES).status_code == 200
    CallRecord.objects.all().delete()
    return key, call(key, NOTES)


def signed_call(call, key, **options):
    signer = Signer(
        key.consumer_key,
        client_secret=key.secret,
        **{name: str(value) for name, value in options.items()},
    )
    _url, headers, _body = signer.sign(f"https://testserver{NOTES}")
    return call(path=NOTES, headers=headers | {"Host": "testserver"})


ELSEWHERE = {
    DenialReason.TRANSFER: "test_a_page_that_refuses_is_recorded",
    DenialReason.HISTORY: "test_a_call_that_cannot_be_recorded_is_not_answered",
}


@pytest.mark.parametrize("reason", DenialReason)
def test_every_reason_has_a_test(reason):
    assert reason in SCENARIOS or ELSEWHERE[reason] in globals()


@pytest.mark.parametrize("reason", SCENARIOS)
def test_a_refusal_says_what_it_may_and_history_says_why(call, reason):
    key, response = SCENARIOS[reason](call)

    assert response.status_code == reason.status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body = json.loads(response.content)
    message = body["detail"]
    assert body == {
        "type": f"http://127.0.0.1:8000/console/help/{reason.value}/",
        "title": {401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests"}[reason.status],
        "status": reason.status,
        "detail": message,
        "code": reason.value,
        "message": message,
        "data": {"status": reason.status},
        "request_id": response["X-Request-ID"],
    }
    if reason.status == 401:
        schemes = [challenge.split()[0] for challenge in response["WWW-Authenticate"].split(", ")]
        assert {"Basic", "Bearer", "OAuth"} <= set(schemes)
    else:
        assert "WWW-Authenticate" not in response
    if key is None:
        row = UnprovenCalls.objects.get()
        assert (row.reason, row.count, row.path) == (reason.value, 1, NOTES)
        assert not CallRecord.objects.exists()
    else:
        row = CallRecord.objects.get()
        assert (row.reason, row.outcome, row.status) == (reason.value, "denied", reason.status)
        assert (row.key_id, row.consumer_key) == (key.pk, key.consumer_key)
        assert (row.username, row.store_id) == (
            key.api_user.username,
            key.api_user.store.public_id,
        )
        assert row.request_id == body["request_id"]
        assert row.scheme == "https"
        assert row.detail
        assert row.detail not in response.content.decode()
        assert not UnprovenCalls.objects.exists()
    assert reason.proven == (key is not None)


def test_a_limited_caller_is_told_when_to_come_back(call):
    _key, response = the_second_call_of_a_key_that_may_make_one(call)

    wait = int(response["Retry-After"])
    assert 0 < wait <= 3600
    assert response.json()["detail"] == f"Limit reached, retry in {wait} s."
    assert response["RateLimit-Policy"] == '"default";q=1;w=3600'
    assert response["RateLimit"] == f'"default";r=0;t={wait}'


def test_a_page_that_refuses_is_recorded(client):
    response = client.get("/link?ticket=cs_live_secret", REMOTE_ADDR="203.0.113.7")

    assert response.status_code == 200
    row = UnprovenCalls.objects.get()
    assert (row.reason, row.network, row.path) == ("transfer_refused", "203.0.113.7", "/link")


@pytest.mark.django_db(transaction=True)
def test_a_call_that_cannot_be_recorded_is_not_answered(call, caplog):
    key = APIKeyFactory()
    with refusing_rows(CallRecord, UnprovenCalls):
        response = call(key, NOTES)
        refused = call(path=NOTES)
    assert triggers.SENTENCE in caplog.text

    for answer in (response, refused):
        assert answer.status_code == 503
        assert answer.json()["code"] == "history_unavailable"
        assert int(answer["Retry-After"]) > 0
    assert not CallRecord.objects.exists()
    assert call(key, NOTES).status_code == 200


def test_an_inactive_owner_stops_the_key(call):
    owner = UserFactory()
    key = APIKeyFactory(owner=owner)
    assert call(key, NOTES).status_code == 200
    owner.is_active = False
    owner.save()

    assert call(key, NOTES).json()["code"] == "user_disabled"
    assert "owner" in CallRecord.objects.first().detail


def test_an_unknown_key_and_a_wrong_secret_read_the_same(call):
    known, unknown = APIKeyFactory(), APIKeyFactory.build()
    answers = []
    for key in (known, unknown):
        response = call(key, NOTES, secret=tokens.new_secret(key.consumer_key))
        body = response.json()
        del body["request_id"]
        headers = {k: v for k, v in response.headers.items() if k != "X-Request-ID"}
        answers.append((response.status_code, body, headers))

    assert answers[0] == answers[1]
    named = set(UnprovenCalls.objects.values_list("consumer_key", flat=True))
    assert named == {known.consumer_key, ""}


def test_a_refused_credential_does_not_fall_back_to_a_session(call, client):
    client.force_login(UserFactory(superuser=True))

    assert call(path=NOTES).status_code == 401
    assert call(path=NOTES, headers=basic("admin", "password")).status_code == 401
    assert call(APIKeyFactory(disabled=True), NOTES).status_code == 401


def test_a_key_that_expires_now_is_refused_now(call, time_machine):
    now = timezone.now().replace(microsecond=0)
    time_machine.move_to(now, tick=False)
    key = APIKeyFactory(expires_at=now + timedelta(hours=1))

    for seconds, status in ((-1, 200), (0, 401), (1, 401)):
        time_machine.move_to(now + timedelta(hours=1, seconds=seconds), tick=False)
        assert call(key, NOTES).status_code == status
