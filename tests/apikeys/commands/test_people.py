"""Django's own commands for console users: what they do is kept as a change, and nothing undone."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.management.commands import changepassword

from apikeys.models import ChangeRecord
from config import serve
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
User = get_user_model()
NEW = "another horse battery staple"


@pytest.fixture
def typed(monkeypatch):
    """Somebody types the new password; ``typed(meanwhile)`` does something before they have."""

    def typed(meanwhile=lambda: None):
        def answer(*_):
            meanwhile()
            return NEW

        monkeypatch.setattr(changepassword.Command, "_get_pass", answer)

    return typed


def test_a_first_superuser_is_kept_as_a_change(command, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    ran = command("createsuperuser", "--no-input", "--username=root", "--email=r@example.com")

    assert ran.code == 0
    assert User.objects.get().check_password(PASSWORD)
    change = ChangeRecord.objects.get()
    assert (change.kind, change.action, change.name) == ("console", "created", "user root")
    assert (change.actor_kind, change.actor_name.split()[0]) == ("command", "createsuperuser")
    assert change.before == {}
    assert change.after["is_superuser"] is True
    assert (change.after["email"], change.after["password"]) == ("r@example.com", "…")


def test_the_superuser_of_a_fresh_machine_is_kept_as_a_change(capsys):
    serve.create_first_superuser()

    assert ChangeRecord.objects.get().name == "user admin"
    password = capsys.readouterr().out.split("password ")[1].split()[0]
    assert User.objects.get().check_password(password)


def test_a_new_password_is_kept_as_a_change_without_the_password(command, typed):
    UserFactory(username="alice")
    typed()

    ran = command("changepassword", "alice")

    assert ran.code == 0
    assert User.objects.get().check_password(NEW)
    change = ChangeRecord.objects.get()
    assert (change.action, change.name) == ("changed", "user alice")
    assert (change.before, change.after) == ({"password": "…"}, {"password": "…"})
    assert change.actor_name.split()[0] == "changepassword"


def test_who_is_deactivated_while_a_password_is_typed_stays_so(command, typed):
    alice = UserFactory(username="alice")
    typed(lambda: User.objects.filter(pk=alice.pk).update(is_active=False))

    command("changepassword", "alice")

    alice.refresh_from_db()
    assert not alice.is_active
    assert alice.check_password(NEW)
    assert ChangeRecord.objects.get().after == {"password": "…"}


def test_who_is_deleted_while_a_password_is_typed_does_not_come_back(command, typed):
    UserFactory(username="alice")
    typed(lambda: User.objects.all().delete())

    ran = command("changepassword", "alice")

    assert (ran.code, ran.err) == (3, "NothingMatched: Somebody deleted this user meanwhile.\n")
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["createsuperuser", "changepassword"])
def test_without_its_record_it_is_not_done(command, typed, monkeypatch, name):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    typed()
    if name == "changepassword":
        UserFactory(username="alice")
        arguments = ["alice"]
    else:
        arguments = ["--no-input", "--username=root", "--email=r@example.com"]

    def fail(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(ChangeRecord.objects, "keep", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        command(name, *arguments)

    assert not any(user.check_password(NEW) for user in User.objects.all())
    assert not User.objects.filter(username="root").exists()


def test_afterwards_users_are_saved_as_ever(command, typed):
    UserFactory(username="alice")
    typed()
    command("changepassword", "alice")

    UserFactory(username="bob")

    assert ChangeRecord.objects.count() == 1
