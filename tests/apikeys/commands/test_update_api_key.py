import pytest

from apikeys.models import ChangeRecord
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db


def test_only_what_is_named_changes(command):
    key = APIKeyFactory(description="stock", rate_limit="5/minute", permission="read")

    ran = command("update_api_key", key.consumer_key, "--permission=read_write", "--json")

    assert ran.code == 0
    key.refresh_from_db()
    assert (key.permission, key.description, key.rate_limit) == ("read_write", "stock", "5/minute")
    assert ran.document["permission"] == "read_write"
    assert "consumer_secret" not in ran.document


def test_every_setting_can_be_changed(command):
    key = APIKeyFactory(any_ip=False, allowed_ips=["203.0.113.7"])
    ran = command(
        *("update_api_key", key.consumer_key, "--description=Stock", "--resource=products"),
        *("--expires=2060-01-31", "--rate-limit=none", "--any-ip", "--json"),
    )
    assert ran.document | {"consumer_key": "", "username": "", "store_id": ""} == {
        "consumer_key": "",
        "username": "",
        "store_id": "",
        "description": "Stock",
        "permission": "read",
        "resources": ["products"],
        "allowed_ips": ["203.0.113.7/32"],
        "any_ip": True,
        "signing": False,
        "expires_at": "2060-01-31T00:00:00Z",
        "rate_limit": "none",
    }


def test_limits_and_narrowings_can_be_lifted_again(command):
    key = APIKeyFactory(resources=["products"], rate_limit="5/minute", expired=True)
    ran = command(
        *("update_api_key", key.consumer_key, "--all-resources", "--expires=none"),
        *("--rate-limit=default", "--json"),
    )
    assert ran.document["resources"] == []
    assert ran.document["expires_at"] is None
    assert ran.document["rate_limit"] == "600/minute"


def test_closing_a_key_without_addresses_warns(command):
    key = APIKeyFactory(any_ip=True)
    ran = command("update_api_key", key.consumer_key, "--no-any-ip")
    assert ran.code == 0
    assert "nobody can use the key" in ran.err


def test_a_change_that_changes_nothing_leaves_no_record(command):
    key = APIKeyFactory(description="stock")
    before = ChangeRecord.objects.count()
    assert command("update_api_key", key.consumer_key, "--description=stock").code == 0
    assert ChangeRecord.objects.count() == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--expires=2020-01-01"],
        ["--rate-limit=often"],
        ["--resource=all"],
        ["--resource=products", "--all-resources"],
        ["--description=two\nlines"],
    ],
)
def test_what_does_not_fit_is_wrong_usage(command, arguments):
    key = APIKeyFactory()
    assert command("update_api_key", key.consumer_key, *arguments).code == 2
    key.refresh_from_db()
    assert key.revision == 1
