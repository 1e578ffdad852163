"""What is missing, unknown or damaged lets nobody in."""

import pytest
from django.db.models import JSONField, Value

from apikeys import keyring, rules
from apikeys.call import Call
from apikeys.denial import DenialReason, Denied
from apikeys.models import APIKey
from history.models import CallRecord
from tests.factories import APIKeyFactory, UserFactory
from tests.protected import NOTES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.protected")]


@pytest.fixture
def judge(rf):
    """Why a rule refuses a key as it is in memory, whatever the database would allow."""

    def refuse(rule, secret):
        with pytest.raises(Denied) as refused:
            rule(rules.Facts.of_call(secret, Call.from_request(rf.get("/"))))
        return refused.value.reason

    return refuse


def loaded(key):
    [row] = keyring.find(key.consumer_key)
    return row.load()


def test_an_owner_of_whom_nothing_is_known_stops_the_key(judge):
    secret = loaded(APIKeyFactory(owner=UserFactory()))
    secret.api_key.api_user.owner_is_active = None

    assert judge(rules.user_enabled, secret) is DenialReason.USER_DISABLED


def test_a_flag_that_is_neither_yes_nor_no_opens_no_key(judge):
    secret = loaded(APIKeyFactory(allowed_ips=["192.0.2.1"]))
    secret.api_key.any_ip = 2

    assert judge(rules.address_allowed, secret) is DenialReason.IP


def test_a_status_that_nobody_knows_stops_key_user_and_store(judge):
    secret = loaded(APIKeyFactory())
    key = secret.api_key
    key.status = key.api_user.status = key.api_user.store.status = "on"

    assert judge(rules.key_enabled, secret) is DenialReason.KEY_DISABLED
    assert judge(rules.user_enabled, secret) is DenialReason.USER_DISABLED
    assert judge(rules.store_enabled, secret) is DenialReason.STORE_DISABLED


@pytest.mark.parametrize("level", ["", "admin", None])
def test_a_level_that_nobody_knows_permits_nothing(judge, level):
    secret = loaded(APIKeyFactory())
    secret.api_key.permission = level

    assert judge(rules.method_permitted, secret) is DenialReason.METHOD


@pytest.mark.parametrize("sent", ["unknown", "203.0.113.7, garbage", ""])
def test_a_call_without_a_valid_address_uses_no_restricted_key(call, settings, sent):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    key = APIKeyFactory(allowed_ips=["127.0.0.1", "203.0.113.7"])

    answer = call(key, NOTES, headers={"X-Forwarded-For": sent, "X-Forwarded-Proto": "https"})

    assert (answer.status_code, answer.json()["code"]) == (403, "ip_not_allowed")
    assert "no valid address" in CallRecord.objects.get().detail


@pytest.mark.parametrize(
    "resources", [None, False, 0, "", {}, "products and more", {"products": 1}, 1, ["webhooks", 1]]
)
def test_resources_that_are_no_list_of_names_open_nothing(call, resources):
    key = APIKeyFactory()
    corrupt = Value(resources, JSONField())
    APIKey.objects.filter(pk=key.pk).update(resources=corrupt)

    answer = call(key, NOTES)

    assert (answer.status_code, answer.json()["code"]) == (403, "resource_not_permitted")
