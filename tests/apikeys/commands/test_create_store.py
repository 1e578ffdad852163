import pytest

from apikeys.models import ChangeRecord, Store

pytestmark = pytest.mark.django_db


def test_a_store_is_created_and_named(command):
    ran = command(
        "create_store", "Main store", "--currency=CHF", "--website=https://shop.example", "--json"
    )

    store = Store.objects.get()
    assert ran.code == 0
    assert ran.document == {"store_id": store.public_id, "name": "Main store"}
    assert (store.currency, store.website) == ("CHF", "https://shop.example")


def test_the_change_record_names_the_command_and_the_person(command):
    command("create_store", "Main store")
    change = ChangeRecord.objects.get()
    assert change.actor_kind == "command"
    assert change.actor_name.startswith("create_store by ")


def test_what_is_wrong_is_said_once(command):
    assert command("create_store", "Shop", "--website=shop").err.count("Enter a valid URL") == 1


def test_people_read_the_store_id(command):
    assert Store.objects.count() == 0
    ran = command("create_store", "Main store")
    assert Store.objects.get().public_id in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--json"],
        ["-x"],
        [""],
        ["  "],
        ["two\nlines"],
        ["nul\x00"],
        ["x" * 10_240],
        ["\u202eoxygen"],
        ["lone \udc80 surrogate"],
        ["Shop", "--currency=euro"],
        ["Shop", "--website=javascript:alert(1)"],
    ],
)
def test_a_name_that_cannot_be_one_is_wrong_usage(command, arguments):
    ran = command("create_store", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err
    assert "Traceback" not in ran.err
    assert not Store.objects.exists()
