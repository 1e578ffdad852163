"""What every command promises to shells and scripts."""

import os
import pty
import signal

import pytest
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from tests import servers
from tests.factories import StoreFactory

KEY = "ck_live_0000000000000000"
EVERY = {
    "create_store": ["Second store"],
    "create_api_key": ["sync", "--any-ip"],
    "update_api_key": [KEY, "--description=x"],
    "list_api_keys": [],
    "allow_ip": [KEY, "203.0.113.7"],
    "disallow_ip": [KEY, "203.0.113.7"],
    "rotate_api_key": [KEY],
    "explain_call": [KEY],
    "key_usage": [],
    "disable_unused_keys": [],
    "prune_history": [],
    "export_history": [],
    "enable_api_key": [KEY],
    "disable_api_key": [KEY],
    "delete_api_key": [KEY, "--yes"],
    "run_worker": ["--once"],
}


@pytest.mark.django_db
def test_standard_output_is_one_json_document(command):
    """From its creation to its deletion a key meets every command."""
    StoreFactory()
    consumer_key = command("create_api_key", "other", "--any-ip", "--json").document["consumer_key"]
    for name, arguments in EVERY.items():
        arguments = [argument.replace(KEY, consumer_key) for argument in arguments]
        if name == "create_api_key":
            arguments += ["--store", command("list_api_keys", "--json").document[0]["store_id"]]
        ran = command(name, *arguments, "--json")
        assert ran.code == 0, (name, ran)
        assert isinstance(ran.document, (dict, list))


@pytest.mark.django_db
@pytest.mark.parametrize("name", EVERY)
def test_without_its_database_a_command_ends_with_4(command, name, monkeypatch):
    StoreFactory()

    def refuse(*_):
        raise OperationalError("the server\n\tis gone\n")

    connection.ensure_connection()
    with monkeypatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", refuse)
        ran = command(name, *EVERY[name], "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == (
        "DatabaseUnavailable: The database does not answer: start it, or correct DATABASE_URL. "
        "the server is gone\n"
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://apikeys:secret@127.0.0.1:{port}/apikeys", "start it, or correct"),
        ("sqlite:////nowhere/at/all.sqlite3", "correct DATABASE_URL, or who may use its folder"),
        ("sqlite:///{empty}", "manage.py migrate prepares it"),
    ],
    ids=["no server", "no folder", "not migrated"],
)
@pytest.mark.parametrize("name", ["list_api_keys", "createsuperuser"])
def test_a_database_that_is_not_there(shell, tmp_path, url, told, name):
    arguments = {
        "list_api_keys": ["--json"],
        # As Django made it, as is migrate: no command of ours.
        "createsuperuser": ["--no-input", "--username=root", "--email="],
    }
    url = url.format(port=servers.free_port(), empty=tmp_path / "empty.sqlite3")
    ran = shell(name, *arguments[name], DATABASE_URL=url)
    assert ran.code == 4
    assert ran.out == "" or "unapplied migration" in ran.out
    assert told in ran.err
    assert "psycopg.pool" not in ran.err
    assert "Traceback" not in ran.err
    assert "secret" not in ran.err


@pytest.mark.parametrize("name", EVERY)
def test_help_names_the_exit_codes(command, name):
    ran = command(name, "--help")
    assert ran.code == 0
    assert "Exit codes: 0 done" in " ".join(ran.out.split())


def test_ctrl_c_ends_a_command_with_130_and_nothing_is_done(shell):
    key = shell("create_api_key", "sync", "--any-ip", "--json").document["consumer_key"]
    shell("disable_api_key", key)
    ours, theirs = pty.openpty()  # at a terminal it waits for an answer
    program = shell.start("delete_api_key", key, stdin=theirs)
    assert "gone for good" in program.stderr.readline()

    program.send_signal(signal.SIGINT)
    _out, err = program.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)

    assert program.returncode == 130
    assert "Traceback" not in err
    assert len(shell("list_api_keys", "--json").document) == 1


def test_text_that_the_terminal_cannot_show_is_no_failure(shell):
    shell("create_api_key", "sync", "--any-ip", "--description=Bücher, naïve")
    latin = shell("list_api_keys", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert latin.code == 0
    assert "B\\xfccher" in latin.out
    (row,) = shell("list_api_keys", "--json", PYTHONIOENCODING="ascii").document
    assert row["description"] == "Bücher, naïve"
