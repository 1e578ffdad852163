"""A credential counts as it is written: nothing is folded, trimmed, completed or matched in part.

Each of these callers holds the right secret, and only the name beside it is another.
"""

import json
from contextlib import suppress

import pytest
from django.db import DatabaseError, transaction

from apikeys.models import APIKey, Secret
from history.models import CallRecord, UnprovenCalls
from tests.calls import basic, the_record, the_unproven
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return APIKeyFactory(username="sync-ak")


def assert_refused(answer, key):
    """Refused, and kept apart from the history of the key."""
    assert answer.status_code == 401
    assert answer.json()["code"] in {"invalid_credentials", "malformed_credentials"}
    assert key.secret not in answer.content.decode()
    the_unproven(reason=answer.json()["code"], count=1)


@pytest.mark.parametrize("name", ["sync-ak", "{key}"])
def test_its_own_two_names_open(call, key, name):
    name = name.format(key=key.consumer_key)

    assert call(headers=basic(name, key.secret)).status_code == 200
    the_record(outcome="allowed", reason="", consumer_key=key.consumer_key)


@pytest.mark.parametrize(
    "name",
    [
        *("SYNC-AK", "Sync-ak", "sync-AK", " sync-ak", "sync-ak ", "sync-ak\n", "sync-ak\t"),
        *("sync-a", "sync-ak0", "sync", "", "%", "sync-%", "sync-a_", "*", "sync-ak\x00"),
        "\uff53\uff59\uff4e\uff43-\uff41\uff4b",  # full width
        "sync-\u0430k",  # a Cyrillic a
        "sync-a\u0301k",  # an accent that joins the letter before
        "sync-a\u200dk",  # a joiner without a width
        "sync-a\u212a",  # the sign for Kelvin, which becomes a k in lower case
        "sync\u2010ak",  # another hyphen
        "\ufeffsync-ak",
        *("admin", "root", "cs_live_x", "ck_live_", "ck_%", "_"),
    ],
)
def test_no_other_spelling_of_a_username_does(call, key, name):
    assert_refused(call(headers=basic(name, key.secret)), key)


@pytest.mark.parametrize(
    "change",
    [
        *(str.upper, str.lower, str.swapcase),
        *(lambda ck: ck[:20], lambda ck: ck + "0", lambda ck: f" {ck}", lambda ck: f"{ck}\n"),
        *(lambda ck: ck.replace("_", "\uff3f"), lambda ck: ck[:-1] + "%", lambda ck: ck[8:]),
        *(lambda ck: ck.replace("live", "test"), lambda ck: ck.replace("ck_", "cs_")),
    ],
)
@pytest.mark.parametrize("carrier", ["basic", "query"])
def test_no_other_spelling_of_a_consumer_key_does(call, key, change, carrier):
    name, secret = change(key.consumer_key), key.secret
    if name == key.consumer_key:
        pytest.skip("this key has no letter that the change is about")
    key.consumer_key = name

    assert_refused(call(key, secret=secret, carrier=carrier), key)


@pytest.mark.parametrize("carrier", ["basic", "username", "query"])
def test_the_names_of_one_key_do_not_go_with_the_secret_of_another(call, key, carrier):
    other = APIKeyFactory(store=key.api_user.store, permission="read_write")

    assert_refused(call(key, secret=other.secret, carrier=carrier), other)


def test_a_key_and_a_secret_that_changed_places_open_nothing(call, key):
    for user, secret in (
        (key.secret, key.consumer_key),
        (key.consumer_key, key.consumer_key),
        (key.secret, key.secret),
    ):
        assert call(headers=basic(user, secret)).status_code == 401
    assert not CallRecord.objects.exists()
    assert UnprovenCalls.objects.total() == 3


@pytest.mark.parametrize("secret", ["", " ", "\x00", "0" * 64])
@pytest.mark.parametrize("name", ["", " ", "sync-ak"])
def test_a_blank_row_in_the_database_opens_nothing(call, key, name, secret):
    """Whatever somebody does to the rows; most of it the database itself refuses."""
    with suppress(DatabaseError), transaction.atomic():
        Secret.objects.filter(api_key=key).update(digest="")
    with suppress(DatabaseError), transaction.atomic():
        APIKey.objects.filter(pk=key.pk).update(consumer_key="")

    assert call(headers=basic(name, secret)).status_code == 401
    assert not CallRecord.objects.exists()


@pytest.mark.parametrize("value", [1, True, None, [], {}, ["a"], "\ud800", "\x00", 1e300])
@pytest.mark.parametrize("proven", [False, True])
def test_what_stands_in_a_body_is_no_credential(call, key, value, proven):
    body = json.dumps({"username": value, "key": value, "consumer_secret": key.secret})

    answer = call(key if proven else None, method="POST", data=body)

    if proven:  # a key that only reads
        assert (answer.status_code, answer.json()["code"]) == (403, "method_not_permitted")
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "missing_credentials")
        the_unproven(reason="missing_credentials", count=1)
