"""The factories that other tests lean on."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from apikeys.models import APIKey, KeyWord, KnownPepper, Secret, SpentNonce, UserWord
from history.models import DailyCalls, DailyReasons, RollUp
from tests import factories

pytestmark = pytest.mark.django_db


COUNTED = {RollUp, DailyCalls, DailyReasons}  # by the worker, from the call records
NOTED = {KnownPepper, KeyWord, UserWord}  # by whatever keeps a secret, a key or a user


def test_every_model_that_somebody_fills_has_a_factory():
    made = {
        factory._meta.model
        for factory in vars(factories).values()
        if isinstance(factory, type) and hasattr(factory, "_meta")
    }
    ours = {
        *apps.get_app_config("apikeys").get_models(),
        *apps.get_app_config("history").get_models(),
    }
    assert ours - COUNTED - NOTED <= made


@pytest.mark.parametrize(
    "factory",
    [
        factories.UserFactory,
        factories.StoreFactory,
        factories.APIUserFactory,
        factories.APIKeyFactory,
        factories.SecretFactory,
        factories.AllowedIPFactory,
        factories.ChangeRecordFactory,
        factories.SpentNonceFactory,
        factories.WorkerLeaseFactory,
        factories.CallRecordFactory,
        factories.UnprovenCallsFactory,
    ],
)
def test_a_factory_makes_as_many_as_are_asked_for(factory):
    rows = [factory() for _ in range(2)]
    model = factory._meta.model
    assert all(model.objects.filter(pk=row.pk).exists() for row in rows)


def test_a_key_remembers_its_secret():
    key = factories.APIKeyFactory(signing=True, username="inventory-sync")
    assert key.current_secret.matches(key.secret)
    assert key.signing
    assert key.api_user.username == "inventory-sync"


def test_a_key_is_open_unless_addresses_are_given():
    assert factories.APIKeyFactory().any_ip
    key = factories.APIKeyFactory(allowed_ips=["203.0.113.*", ("2001:db8::1", "office")])
    assert not key.any_ip
    assert [(entry.network, entry.label) for entry in key.allowed_ips.all()] == [
        ("203.0.113.0/24", ""),
        ("2001:db8::1/128", "office"),
    ]


def test_keys_can_be_disabled_expired_and_old():
    long_ago = timezone.now() - timedelta(days=100)
    assert factories.APIKeyFactory(disabled=True).state == "disabled"
    assert factories.APIKeyFactory(expired=True).state == "expired"
    key = factories.APIKeyFactory(date_added=long_ago)
    assert list(APIKey.objects.unused_since(timezone.now() - timedelta(days=90))) == [key]


def test_a_key_that_is_only_built_was_never_issued():
    key = factories.APIKeyFactory.build()
    assert key.secret.startswith("cs_live_")
    assert not APIKey.objects.exists()


def test_a_secret_is_a_further_version_of_its_key():
    secret = factories.SecretFactory(overlap=timedelta(hours=1))
    assert secret.version == 2
    assert secret.matches(secret.plain)
    assert Secret.objects.count() == 2


def test_a_useless_nonce_can_be_forgotten():
    factories.SpentNonceFactory.useless()
    kept = factories.SpentNonceFactory()
    assert SpentNonce.objects.prune() == 1
    assert SpentNonce.objects.get() == kept


def test_console_users_have_the_stores_and_permissions_asked_for():
    store = factories.StoreFactory()
    user = factories.UserFactory(stores=[store], permissions=["apikeys.view_apikey"])
    assert list(user.stores.all()) == [store]
    assert user.has_perm("apikeys.view_apikey")
    assert not user.is_superuser
