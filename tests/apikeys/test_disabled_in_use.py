"""A key in use is refused from the moment it is disabled, though its last use needs no writing."""

import pytest

from apikeys.actor import Actor
from history.models import CallRecord
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db


def test_a_key_that_was_just_used_is_refused_once_disabled(call):
    key = APIKeyFactory()
    assert call(key).status_code == 200

    key.disable(actor=Actor.system("tests"))

    assert call(key).json()["code"] == "key_disabled"
    newest = CallRecord.objects.latest("pk")
    assert (newest.outcome, newest.reason) == ("denied", "key_disabled")
