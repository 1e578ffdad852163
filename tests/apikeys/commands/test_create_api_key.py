import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import NothingMatched
from apikeys.models import APIKey, APIUser, ChangeRecord
from tests.factories import APIUserFactory, StoreFactory, UserFactory
from tests.live import ROOT

pytestmark = pytest.mark.django_db
FIELDS = [
    "consumer_key",
    "consumer_secret",
    "username",
    "store_id",
    "description",
    "permission",
    "resources",
    "allowed_ips",
    "any_ip",
    "signing",
    "expires_at",
    "rate_limit",
]


def test_a_key_is_issued_with_everything_that_was_asked_for(command):
    store, _other = StoreFactory(), StoreFactory()
    UserFactory(username="alice")

    ran = command(
        "create_api_key",
        "inventory-sync",
        *("--store", store.public_id, "--owner=alice", "--description=Nightly stock"),
        *("--permission=read_write", "--resource=products", "--resource=invoices"),
        *("--allow-ip=203.0.113.*", "--allow-ip=2001:db8::1", "--expires=2060-01-31"),
        *("--rate-limit=60/hour", "--signing", "--test", "--json"),
    )

    assert ran.code == 0
    assert list(ran.document) == FIELDS
    key = APIKey.objects.get()
    assert ran.document == {
        "consumer_key": key.consumer_key,
        "consumer_secret": ran.document["consumer_secret"],
        "username": "inventory-sync",
        "store_id": store.public_id,
        "description": "Nightly stock",
        "permission": "read_write",
        "resources": ["products", "invoices"],
        "allowed_ips": ["203.0.113.0/24", "2001:db8::1/128"],
        "any_ip": False,
        "signing": True,
        "expires_at": "2060-01-31T00:00:00Z",
        "rate_limit": "60/hour",
    }
    assert key.current_secret.matches(ran.document["consumer_secret"])
    assert key.expires_at == datetime(2060, 1, 31, tzinfo=UTC)
    assert (key.mode, key.api_user.owner.username) == ("test", "alice")


def test_the_key_opens_the_door(command, call):
    StoreFactory()
    created = command("create_api_key", "sync", "--any-ip", "--json").document
    key = APIKey.objects.get()
    assert call(key, secret=created["consumer_secret"]).status_code == 200


def test_by_default_it_reads_in_the_only_store(command):
    store = StoreFactory()
    created = command("create_api_key", "sync", "--any-ip", "--json").document
    assert (created["permission"], created["store_id"]) == ("read", store.public_id)
    assert (created["expires_at"], created["rate_limit"]) == (None, "600/minute")


def test_the_secret_is_printed_once_to_standard_output_only(command, caplog):
    StoreFactory()
    ran = command("create_api_key", "sync", "--any-ip")
    (secret,) = [word for word in ran.out.split() if word.startswith("cs_")]
    assert APIKey.objects.get().current_secret.matches(secret)
    assert "cs_" not in ran.err + caplog.text
    assert ran.err == "This is the only time that the consumer secret is shown.\n"


def test_the_change_records_name_the_command(command):
    StoreFactory()
    command("create_api_key", "sync", "--any-ip")
    issued, created, _store = ChangeRecord.objects.all()
    assert (issued.action, created.action) == ("issued", "created")
    assert issued.actor_kind == created.actor_kind == "command"
    assert issued.actor_name.startswith("create_api_key by ")


def test_an_api_user_that_exists_gets_a_further_key(command):
    api_user = APIUserFactory(username="sync")
    StoreFactory()
    assert command("create_api_key", "sync", "--any-ip").code == 0
    assert command("create_api_key", "sync", "--any-ip").code == 0
    assert api_user.keys.count() == 2


@pytest.mark.parametrize("twin", ["Sync", "SYNC", "\uff53\uff59\uff4e\uff43", "sync "])
def test_a_name_that_only_looks_like_another_is_refused(command, twin):
    APIUserFactory(username="sync")
    ran = command("create_api_key", twin, "--any-ip")
    assert (ran.code, ran.out) == (2, "")
    assert APIUser.objects.count() == 1
    assert not APIKey.objects.exists()


def test_remarks_on_the_addresses_are_said_aside(command):
    StoreFactory()
    ran = command("create_api_key", "sync", "--allow-ip=10.0.0.0/8", "--json")
    assert ran.code == 0
    assert "private" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync"],
        ["sync", "--any-ip", "--allow-ip=203.0.113.7"],
        ["sync", "--allow-ip=*"],
        ["sync", "--allow-ip=203.0.113.300"],
        ["sync", "--any-ip", "--permission=admin"],
        ["sync", "--any-ip", "--resource=everything"],
        ["sync", "--any-ip", "--expires=yesterday"],
        ["sync", "--any-ip", "--expires=2020-01-01"],
        ["sync", "--any-ip", "--expires=9999-12-31"],
        ["sync", "--any-ip", "--expires=2027-02-30"],
        ["sync", "--any-ip", "--expires=9999999d"],
        ["sync", "--any-ip", "--rate-limit=often"],
        ["sync", "--any-ip", "--description=two\nlines"],
        ["sync", "--any-ip", f"--description={'x' * 10_240}"],
        ["--any-ip", "--json"],
        ["-x", "--any-ip"],
        ["", "--any-ip"],
        ["ab", "--any-ip"],
        ["a\nb", "--any-ip"],
        ["a\x00b", "--any-ip"],
        ["x" * 10_240, "--any-ip"],
        ["\u202etxt", "--any-ip"],
        ["\udcffbytes", "--any-ip"],
    ],
)
def test_what_does_not_fit_is_wrong_usage_and_leaves_nothing(command, arguments):
    StoreFactory()
    ran = command("create_api_key", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err
    assert not APIKey.objects.exists()
    assert not APIUser.objects.exists()


def test_without_a_store_it_says_what_to_do(command):
    ran = command("create_api_key", "sync", "--any-ip")
    assert ran.code == 2
    assert "create_store" in ran.err


def test_with_several_stores_it_asks_which_and_names_them(command):
    few = [StoreFactory() for _ in range(2)]
    ran = command("create_api_key", "sync", "--any-ip")
    assert ran.code == 2
    assert "--store" in ran.err
    assert all(f"{store.public_id} ({store.name})" in ran.err for store in few)
    assert "…" not in ran.err

    [StoreFactory() for _ in range(9)]
    assert "…" in command("create_api_key", "sync", "--any-ip").err


def test_for_every_address_it_points_to_the_option(command):
    StoreFactory()
    assert "--any-ip" in command("create_api_key", "sync", "--allow-ip=*").err.splitlines()[-1]


def test_people_read_that_no_resource_chosen_is_not_none(command):
    StoreFactory()
    assert "all but privileged ones" in command("create_api_key", "sync", "--any-ip").out


@pytest.mark.parametrize(("owner", "told"), [(None, "no owner"), ("bob", "another owner")])
def test_an_api_user_that_exists_is_not_handed_over(command, owner, told):
    UserFactory(username="alice")
    APIUserFactory(username="sync", owner=owner and UserFactory(username=owner))
    ran = command("create_api_key", "sync", "--any-ip", "--owner=alice")
    assert (ran.code, APIKey.objects.count()) == (2, 0)
    assert told in ran.err


@pytest.mark.parametrize("unknown", ["--store=nowhere", "--owner=nobody"])
def test_an_unknown_name_matches_nothing(command, unknown):
    StoreFactory()
    ran = command("create_api_key", "sync", "--any-ip", unknown)
    assert (ran.code, ran.out) == (3, "")
    assert not APIUser.objects.exists()


def test_an_api_user_of_another_store_is_not_moved(command):
    APIUserFactory(username="sync")
    elsewhere = StoreFactory()
    ran = command("create_api_key", "sync", "--any-ip", f"--store={elsewhere.public_id}")
    assert ran.code == 2
    assert not APIKey.objects.exists()


def test_when_the_secret_cannot_be_written_no_key_is_left(command, monkeypatch):
    StoreFactory()

    def vanish(self, text, ending="\n"):
        self._give_up_writing(BrokenPipeError())

    monkeypatch.setattr("os.dup2", lambda *_: None)
    monkeypatch.setattr(BaseCommand, "write", vanish)
    assert command("create_api_key", "sync", "--any-ip").code == 1
    assert not APIKey.objects.exists()
    assert not APIUser.objects.exists()


class TestAsAProgram:
    """What only a real process can show: its pipes, and two of them at once."""

    def keys(self, shell):
        return shell("list_api_keys", "--json").document

    def test_a_reader_that_went_away_leaves_no_key(self, shell):
        reading, writing = os.pipe()
        os.close(reading)
        program = shell.start("create_api_key", "sync", "--any-ip", stdout=writing)
        os.close(writing)
        _out, err = program.communicate(timeout=60)
        assert program.returncode == 1
        assert "Traceback" not in err
        assert "Exception ignored" not in err
        assert self.keys(shell) == []

    def test_a_full_disk_leaves_no_key(self, shell):
        with open("/dev/full", "w") as full:
            program = shell.start("create_api_key", "sync", "--any-ip", "--json", stdout=full)
            _out, err = program.communicate(timeout=60)
        assert program.returncode == 1
        assert "Traceback" not in err
        assert self.keys(shell) == []

    def test_a_closed_standard_output_leaves_no_key(self, shell):
        line = 'exec "$0" manage.py create_api_key sync --any-ip >&-'
        done = subprocess.run(
            ["sh", "-c", line, sys.executable],
            cwd=ROOT,
            env=shell.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert self.keys(shell) == []

    @pytest.mark.parametrize(
        ("names", "codes", "keys"),
        [(("Sync", "sync"), [0, 2], 1), (("sync", "sync"), [0, 0], 2)],
        ids=["twins", "same"],
    )
    def test_two_at_once_make_one_api_user(self, shell, names, codes, keys):
        programs = [shell.start("create_api_key", name, "--any-ip", "--json") for name in names]
        errors = [program.communicate(timeout=60)[1] for program in programs]
        assert sorted(program.returncode for program in programs) == codes, errors
        assert "Traceback" not in "".join(errors)
        listed = self.keys(shell)
        assert len(listed) == keys
        assert len({key["username"] for key in listed}) == 1


def test_an_api_user_that_was_made_meanwhile_gets_a_further_key(command, monkeypatch):
    api_user = APIUserFactory(username="inventory-sync")
    found = iter([False])

    def find(username):
        if not next(found, True):
            raise NothingMatched("Not yet.")
        return APIUser.objects.get(username=username)

    monkeypatch.setattr(arguments, "find_api_user", find)
    ran = command("create_api_key", "inventory-sync", "--any-ip", "--json")

    assert (ran.code, ran.document["username"]) == (0, "inventory-sync"), ran.err
    assert api_user.keys.count() == 1
