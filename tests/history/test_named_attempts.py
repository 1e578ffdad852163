"""Calls that could not even be read are shown to the staff of the key that they name."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from history.models import UnprovenCalls
from tests.calls import WHOAMI, basic
from tests.factories import APIKeyFactory, UserFactory

pytestmark = pytest.mark.django_db

MISTAKES = {
    "half of the pair": (
        "malformed_credentials",
        lambda key: {"path": f"{WHOAMI}?consumer_key={key.consumer_key}"},
    ),
    "no secret": (
        "malformed_credentials",
        lambda key: {"headers": basic(key.consumer_key, "")},
    ),
    "base64 that was cut off": (
        "malformed_credentials",
        lambda key: {
            "headers": {"Authorization": basic(key.consumer_key, key.secret)["Authorization"][:-1]}
        },
    ),
    "a scheme of its own": (
        "malformed_credentials",
        lambda key: {"headers": {"Authorization": f"Secret {key.secret}"}},
    ),
    "half of a signature": (
        "malformed_credentials",
        lambda key: {
            "headers": {"Authorization": f'OAuth oauth_consumer_key="{key.consumer_key}"'}
        },
    ),
    "twice": (
        "ambiguous_credentials",
        lambda key: {"headers": {"X-API-Key": f"{key.secret},{key.secret}"}},
    ),
    "two secrets": (
        "ambiguous_credentials",
        lambda key: {
            "headers": basic(key.consumer_key, key.secret)
            | {"X-API-Key": APIKeyFactory.build().secret}
        },
    ),
    "over http": (
        "insecure_transport",
        lambda key: {
            "headers": {"X-API-Key": key.secret},
            "secure": False,
            "REMOTE_ADDR": "203.0.113.7",
        },
    ),
    "a secret cut off": (
        "invalid_credentials",
        lambda key: {"headers": basic(key.consumer_key, key.secret[:-1])},
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_staff_see_what_was_wrong_with_a_call_that_names_their_key(client, call, mistake):
    code, sent = MISTAKES[mistake]
    key, other = APIKeyFactory(), APIKeyFactory()
    mine, theirs = (
        UserFactory(
            stores=[shown.api_user.store],
            permissions=["history.view_unprovencalls", "history.view_callrecord"],
        )
        for shown in (key, other)
    )

    assert call(**sent(key)).json()["code"] == code

    row = UnprovenCalls.objects.get()
    assert (row.reason, row.consumer_key, row.count) == (code, key.consumer_key, 1)
    assert key.secret not in "".join(map(str, vars(row).values()))
    client.force_login(mine)
    assert key.hint in client.get("/console/history/attempts/").content.decode()
    client.force_login(theirs)
    assert key.hint not in client.get("/console/history/attempts/").content.decode()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_names_no_key_that_exists_is_nobodys(call, mistake):
    code, sent = MISTAKES[mistake]
    nobodys = APIKeyFactory.build()
    APIKeyFactory()

    assert call(**sent(nobodys)).json()["code"] == code

    row = UnprovenCalls.objects.get()
    assert (row.reason, row.consumer_key, row.store_id) == (code, "", "")


def test_of_two_keys_the_first_one_is_named(call):
    first, second = APIKeyFactory(), APIKeyFactory()

    call(headers=basic(first.consumer_key, first.secret) | {"X-API-Key": second.secret})

    row = UnprovenCalls.objects.get()
    assert (row.consumer_key, row.store_id) == (first.consumer_key, first.api_user.store.public_id)


@pytest.mark.parametrize("text", ["Basic €", "Basic =", "Basic", "Bearer a,b", "x" * 9000])
def test_what_names_nothing_asks_for_no_key(call, text):
    APIKeyFactory()

    with CaptureQueriesContext(connection) as captured:
        assert call(headers={"Authorization": text}).status_code == 401

    assert not [query for query in captured.captured_queries if "apikeys_apikey" in query["sql"]]
    assert UnprovenCalls.objects.get().consumer_key == ""
