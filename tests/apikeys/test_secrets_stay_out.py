"""A secret reaches no row, no log, no SQL and no answer, wherever in a call it was put."""

import base64
import logging
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys import tokens
from config.redaction import RedactingFormatter
from history.models import CallRecord
from tests.calls import basic
from tests.factories import ACTOR, APIKeyFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

CARRIERS = ("basic", "username", "query", "x-api-key", "bearer", "token")


@pytest.fixture
def traces(caplog):
    """Everything that is left of the calls sent meanwhile: rows, SQL and the server's log."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s %(message)s"))
    with CaptureQueriesContext(connection) as queries:
        yield lambda: [
            *(repr(list(model._default_manager.values())) for model in apps.get_models()),
            *(query["sql"] for query in queries.captured_queries),
            caplog.text,
        ]


def spellings(key):
    """The secret as it is, without its ends, and as carriers and logs would write it."""
    pair = f"{key.consumer_key}:{key.secret}"
    bare = key.secret[-49:-6]
    return [
        *(key.secret, bare, quote(key.secret), key.secret.encode().hex()),
        *(base64.b64encode(text.encode()).decode() for text in (key.secret, pair)),
        basic(key.api_user.username, key.secret)["Authorization"].split()[1],
    ]


def found(key, texts):
    return [(one, text[:200]) for one in spellings(key) for text in texts if one in text]


OUTCOMES = {
    "let in": {},
    "disabled": {"disabled": True},
    "another address": {"allowed_ips": ["203.0.113.7"]},
    "expired": {"expired": True},
    "another resource": {"resources": ["carts"]},
    "limited": {"rate_limit": "1/hour"},
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_credential_leaves_no_trace(call, traces, carrier, outcome):
    key = APIKeyFactory(**OUTCOMES[outcome])

    answers = [call(key, NOTES, carrier=carrier) for _ in range(2)]
    answers.append(call(key, NOTES, carrier=carrier, method="POST", data="{"))
    answers.append(call(key, "/api/v1/nothing", carrier=carrier))

    texts = [f"{answer.headers}{answer.content.decode()}" for answer in answers]
    assert not found(key, [*traces(), *texts])
    assert CallRecord.objects.count() == 4


PLACES = {
    "the path": lambda text: {"path": f"/api/v1/notes/{text}"},
    "the path's middle": lambda text: {"path": f"/api/v1/stores/{text}/notes"},
    "the query": lambda text: {"path": f"{NOTES}?token={text}&{text}=1"},
    "the user agent": lambda text: {"headers": {"User-Agent": f"cart/1 ({text})"}},
    "the referer": lambda text: {"headers": {"Referer": f"https://shop.example/?key={text}"}},
    "a cookie": lambda text: {"headers": {"Cookie": f"key={text}"}},
    "the request id": lambda text: {"headers": {"X-Request-ID": text[:64]}},
    "an own header": lambda text: {"headers": {"X-Secret": text}},
    "the forwarding header": lambda text: {"headers": {"X-Forwarded-For": text}},
    "the method": lambda text: {"method": text},
    "the body": lambda text: {"method": "POST", "data": f'{{"{text}": "{text}"}}'},
    "broken JSON": lambda text: {"method": "POST", "data": f'{{"{text}'},
    "the content type": lambda text: {"method": "POST", "data": "x", "content_type": text},
    "the accepted types": lambda text: {"headers": {"Accept": text}},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("proven", [True, False])
def test_a_misplaced_secret_leaves_no_trace(call, client, traces, place, proven):
    client.raise_request_exception = False
    key = APIKeyFactory(permission="read_write")
    sent = PLACES[place](key.secret)

    answer = call(key if proven else None, **({"path": NOTES} | sent))

    assert answer.status_code < 500
    assert not found(key, [*traces(), f"{answer.headers}{answer.content.decode()}"])
    assert CallRecord.objects.exists() == proven


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_wrong_secret_leaves_no_trace_either(call, traces, carrier):
    key = APIKeyFactory()
    key.secret = tokens.new_secret(key.consumer_key)

    for secret in (key.secret, key.secret[:-1], key.secret + "x", key.secret[:50]):
        answer = call(key, NOTES, carrier=carrier, secret=secret)
        assert answer.status_code == 401
        assert secret not in answer.content.decode()

    assert not found(key, traces())
    assert key.secret[:50] not in "".join(traces())


def test_a_crash_tells_nobody_the_secret(call, client, traces):
    client.raise_request_exception = False
    key = APIKeyFactory(permission="write")

    answer = call(key, NOTES, method="POST", data='{"then": "crash"}', carrier="query")

    assert answer.status_code == 500
    assert "Traceback" in "".join(traces())
    assert not found(key, [*traces(), answer.content.decode()])


def test_deeds_leave_no_secret(traces):
    key = APIKeyFactory(signing=True)
    first = key.secret
    key.secret = key.rotate(actor=ACTOR)
    key.disable(actor=ACTOR)
    key.delete(actor=ACTOR)

    assert not found(key, traces())
    assert first not in "".join(traces())


def test_a_key_prints_itself_without_its_secret():
    key = APIKeyFactory(signing=True)
    secret = key.secrets.get()

    for thing in (key, secret, key.api_user):
        for text in (str(thing), repr(thing), f"{thing.__dict__ if thing is not secret else ''}"):
            assert key.secret not in text.replace(f"'secret': '{key.secret}'", "")
    assert secret.digest not in f"{secret!r}{secret}"
    assert secret.sealed not in f"{secret!r}{secret}"
