"""Which reason a call is refused for when there are several: the gate asks in one fixed order."""

import time

import pytest
from oauthlib.oauth1 import Client

from tests.factories import ACTOR, APIKeyFactory, StoreFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]

HOUR = 3600


def signed(key, path, *, age=0):
    """A read as a caller signs it, as options of ``call``."""
    timestamp = str(int(time.time()) - age)
    client = Client(key.consumer_key, client_secret=key.secret, timestamp=timestamp)
    _url, headers, _body = client.sign(f"https://testserver{path}")
    return {"path": path, "headers": headers | {"Host": "testserver"}}


def test_each_step_is_asked_before_those_behind_it(call):
    key = APIKeyFactory(permission="read", signing=True, rate_limit="1/day")
    user, store = key.api_user, key.api_user.store
    foreign = f"/api/v1/stores/{StoreFactory().public_id}/notes"
    assert call(**signed(key, NOTES)).status_code == 200  # that was the one of this day
    key.change(actor=ACTOR, permission="write", resources=["carts"], any_ip=False)
    type(key).objects.update(expires_at="2020-01-01T00:00Z")
    for one in (key, user, store):
        one.disable(actor=ACTOR)
    stale, fresh, at_home = (foreign, HOUR), (foreign, 0), (NOTES, 0)
    steps = [
        ("stale_timestamp", stale, lambda: None),
        ("key_disabled", fresh, lambda: key.enable(actor=ACTOR)),
        ("user_disabled", fresh, lambda: user.enable(actor=ACTOR)),
        ("store_disabled", fresh, lambda: store.enable(actor=ACTOR)),
        ("key_expired", fresh, lambda: key.change(actor=ACTOR, expires_at=None)),
        ("ip_not_allowed", fresh, lambda: key.change(actor=ACTOR, any_ip=True)),
        ("method_not_permitted", fresh, lambda: key.change(actor=ACTOR, permission="read")),
        ("resource_not_permitted", fresh, lambda: key.change(actor=ACTOR, resources=[])),
        ("store_not_permitted", fresh, lambda: None),
        ("rate_limited", at_home, lambda: key.change(actor=ACTOR, rate_limit="none")),
    ]

    for reason, (path, age), mend in steps:
        assert call(**signed(key, path, age=age)).json()["code"] == reason
        mend()

    assert call(**signed(key, NOTES)).status_code == 200


def test_a_nonce_is_spent_before_anything_of_the_key_is_looked_at(call):
    key = APIKeyFactory(signing=True, disabled=True)
    sent = signed(key, NOTES)

    codes = [call(**sent).json()["code"] for _ in range(2)]

    assert codes == ["key_disabled", "replayed_nonce"]
