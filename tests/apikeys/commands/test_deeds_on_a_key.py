"""enable_api_key, rotate_api_key, delete_api_key, allow_ip, disallow_ip and explain_call."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.management.base import Command as BaseCommand
from apikeys.models import APIKey, ChangeRecord
from history.models import CallRecord
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db
DEEDS = {
    "enable_api_key": [],
    "disable_api_key": [],
    "update_api_key": ["--description=x"],
    "rotate_api_key": [],
    "delete_api_key": ["--yes"],
    "allow_ip": ["203.0.113.7"],
    "disallow_ip": ["203.0.113.7"],
    "explain_call": [],
}


def networks_of(key):
    return [entry.network for entry in key.allowed_ips.all()]


@pytest.mark.parametrize("name", DEEDS)
class TestKEY:
    def test_an_unknown_key_matches_nothing(self, command, name):
        ran = command(name, "ck_live_0000000000000000", *DEEDS[name])
        assert (ran.code, ran.out) == (3, "")
        assert "ck_live_0000000000000000" in ran.err

    @pytest.mark.parametrize(
        "key", ["--json", "-x", "", "a\nb", "a\x00b", "x" * 10_240, "\u202etxt", "\udcff"]
    )
    def test_what_no_key_is_called_is_wrong_usage(self, command, name, key):
        ran = command(name, key, *DEEDS[name])
        assert (ran.code, ran.out) == (2, "")
        assert "Traceback" not in ran.err

    def test_a_secret_is_no_argument_and_is_not_repeated(self, command, name):
        key = APIKeyFactory()
        ran = command(name, key.secret, *DEEDS[name])
        assert ran.code == 2
        assert key.secret not in ran.out + ran.err


def test_a_disabled_key_is_enabled_once(command):
    key = APIKeyFactory(disabled=True)
    ran = command("enable_api_key", key.consumer_key, "--reason=all clear", "--json")
    assert (ran.code, ran.document["status"], ran.document["changed"]) == (0, "enabled", True)
    again = command("enable_api_key", key.consumer_key, "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    assert ChangeRecord.objects.filter(action="enabled").get().reason == "all clear"


def test_rotation_prints_a_new_secret_of_the_same_key(command, call):
    key = APIKeyFactory(description="stock")

    ran = command("rotate_api_key", key.consumer_key, "--json")

    assert ran.code == 0
    assert ran.document["consumer_key"] == key.consumer_key
    assert ran.document["description"] == "stock"
    assert call(key, secret=ran.document["consumer_secret"]).status_code == 200
    assert call(key).status_code == 401
    assert "cs_" not in ran.err


def test_with_an_overlap_both_secrets_work(command, call):
    key = APIKeyFactory()
    ran = command("rotate_api_key", key.consumer_key, "--overlap=24h", "--json")
    assert call(key, secret=ran.document["consumer_secret"]).status_code == 200
    assert call(key).status_code == 200
    assert "stays valid until" in ran.err


@pytest.mark.parametrize(
    ("before", "option", "after"),
    [(False, "--signing", True), (True, "--no-signing", False), (True, None, True)],
)
def test_rotation_can_switch_signing(command, before, option, after):
    key = APIKeyFactory(signing=before)
    ran = command("rotate_api_key", key.consumer_key, "--json", *filter(None, [option]))
    assert ran.document["signing"] is after
    assert key.signing is after


@pytest.mark.parametrize("overlap", ["31d", "-1h", "soon", "1", "9999999d"])
def test_an_overlap_that_does_not_fit_is_wrong_usage(command, overlap):
    key = APIKeyFactory()
    assert command("rotate_api_key", key.consumer_key, f"--overlap={overlap}").code == 2
    assert key.current_secret.matches(key.secret)


def test_when_the_new_secret_cannot_be_written_the_old_one_stays(command, monkeypatch):
    key = APIKeyFactory()

    def vanish(self, text, ending="\n"):
        self._give_up_writing(BrokenPipeError())

    monkeypatch.setattr("os.dup2", lambda *_: None)
    monkeypatch.setattr(BaseCommand, "write", vanish)
    assert command("rotate_api_key", key.consumer_key).code == 1
    assert key.current_secret.matches(key.secret)


def test_a_disabled_key_can_be_deleted(command):
    key = APIKeyFactory(disabled=True)
    ran = command("delete_api_key", key.consumer_key, "--yes", "--json")
    assert (ran.code, ran.document["deleted"]) == (0, key.consumer_key)
    assert not APIKey.objects.exists()
    assert ChangeRecord.objects.filter(action="deleted", consumer_key=key.consumer_key).exists()


def test_an_enabled_key_is_not_deleted(command):
    key = APIKeyFactory()
    ran = command("delete_api_key", key.consumer_key, "--yes")
    assert ran.code == 2
    assert "Disable the key first" in ran.err
    assert APIKey.objects.exists()


def test_nothing_is_deleted_without_being_asked_for(command):
    key = APIKeyFactory(disabled=True)
    assert command("delete_api_key", key.consumer_key).code == 2
    assert APIKey.objects.exists()


@pytest.mark.parametrize(("typed", "left"), [("yes\n", 0), ("\n", 1), ("no\n", 1)])
def test_at_a_terminal_it_asks(command, monkeypatch, typed, left):
    class Terminal:
        isatty = staticmethod(lambda: True)
        readline = staticmethod(lambda: typed)

    monkeypatch.setattr("sys.stdin", Terminal)
    key = APIKeyFactory(disabled=True)
    assert command("delete_api_key", key.consumer_key).code == left
    assert APIKey.objects.count() == left


def test_addresses_are_allowed_and_disallowed(command):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])

    ran = command("allow_ip", key.consumer_key, "198.51.100.*", "203.0.113.7", "--label=office")
    assert ran.code == 0
    assert networks_of(key) == ["203.0.113.7/32", "198.51.100.0/24"]
    assert key.allowed_ips.get(network="198.51.100.0/24").label == "office"

    ran = command("disallow_ip", key.consumer_key, "203.0.113.7", "192.0.2.1", "--json")
    assert ran.document["removed"] == ["203.0.113.7/32"]
    assert ran.document["allowed_ips"] == ["198.51.100.0/24"]


@pytest.mark.parametrize("label", ["x" * 101, "a\u202eb"])
@pytest.mark.parametrize("address", ["203.0.113.7", "198.51.100.9"])
def test_a_label_that_does_not_fit_is_wrong_usage(command, address, label):
    key = APIKeyFactory(allowed_ips=[("203.0.113.7", "home")])

    ran = command("allow_ip", key.consumer_key, address, f"--label={label}")

    assert ran.code == 2
    assert [entry.label for entry in key.allowed_ips.all()] == ["home"]


def test_an_address_that_is_allowed_already_gets_the_label(command):
    key = APIKeyFactory(allowed_ips=[("203.0.113.7", "home")])
    command("allow_ip", key.consumer_key, "203.0.113.7")
    assert key.allowed_ips.get().label == "home"
    ran = command("allow_ip", key.consumer_key, "203.0.113.7", "--label=office", "--json")
    assert ran.document["added"] == []
    assert key.allowed_ips.get().label == "office"


def test_removing_the_last_address_warns_and_lets_nobody_in(command, call):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    ran = command("disallow_ip", key.consumer_key, "203.0.113.7")
    assert "nobody can use the key" in ran.err
    assert call(key, REMOTE_ADDR="203.0.113.7").status_code == 403


def test_removing_what_is_not_there_matches_nothing(command):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    assert command("disallow_ip", key.consumer_key, "203.0.113.8").code == 3


@pytest.mark.parametrize("entry", ["*", "203.0.113.300", "203.0.113.1-9", "203.0.113.7/24", "%s"])
@pytest.mark.parametrize("name", ["allow_ip", "disallow_ip"])
def test_what_is_no_address_is_wrong_usage(command, name, entry):
    key = APIKeyFactory(allowed_ips=[])
    assert command(name, key.consumer_key, entry).code == 2
    assert networks_of(key) == []


def test_adding_to_an_open_key_says_that_it_is_open(command):
    key = APIKeyFactory(any_ip=True)
    assert (
        "Any address may still use the key"
        in command("allow_ip", key.consumer_key, "203.0.113.7").err
    )


def test_a_call_is_explained_rule_by_rule(command):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])

    ran = command("explain_call", key.consumer_key, "--ip=198.51.100.9", "--json")

    assert ran.code == 0
    assert (ran.document["decision"], ran.document["code"]) == ("deny", "ip_not_allowed")
    assert ran.document["status"] == 403
    assert [check["check"] for check in ran.document["checks"]] == [
        *("status", "user", "store", "expiry", "address", "permission"),
        *("resource", "store_match", "rate_limit"),
    ]
    assert not CallRecord.objects.exists()


def test_a_call_that_would_be_let_in_is_explained_too(command):
    key = APIKeyFactory(permission="write", expires_at=timezone.now() + timedelta(days=1))
    path = f"/api/v1/stores/{key.api_user.store.public_id}/invoices"
    ran = command("explain_call", key.consumer_key, "--method=POST", f"--path={path}")
    assert ran.code == 0
    assert ran.out.endswith("allow (200)\n")


def test_a_call_that_is_let_in_to_no_avail_is_explained_too(command):
    key = APIKeyFactory(permission="write")
    ran = command("explain_call", key.consumer_key, "--method=POST", "--path=/api/v1/stores")
    assert ran.code == 0
    assert ran.out.endswith("allow (405): the path has only GET, HEAD, OPTIONS\n")


@pytest.mark.parametrize(
    "wrong", ["--ip=nowhere", "--path=/console/", "--path=nothing", "--method=PSOT", "--method="]
)
def test_what_cannot_be_explained_is_wrong_usage(command, wrong):
    key = APIKeyFactory()
    assert command("explain_call", key.consumer_key, wrong).code == 2


def test_a_key_that_somebody_deletes_meanwhile_is_said_to_be_gone(command, monkeypatch):
    key = APIKeyFactory()

    def gone(*_arguments, **_options):
        raise APIKey.DoesNotExist("APIKey matching query does not exist.")

    monkeypatch.setattr(APIKey, "rotate", gone)
    ran = command("rotate_api_key", key.consumer_key)

    assert (ran.code, ran.out) == (3, "")
    assert "Somebody deleted it meanwhile." in ran.err
    assert "matching query" not in ran.err


def test_a_time_that_is_too_long_is_told_so_and_not_that_it_cannot_be_read(command):
    too_long = command("rotate_api_key", APIKeyFactory().consumer_key, "--overlap=99999d")
    unreadable = command("rotate_api_key", APIKeyFactory().consumer_key, "--overlap=soon")

    assert (too_long.code, unreadable.code) == (2, 2)
    assert "at most 36500d" in too_long.err
    assert "as in 24h or 90d" in unreadable.err
