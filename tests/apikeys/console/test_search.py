"""What people type into the search of keys and of API users, and what it finds."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from apikeys.models import APIKey, APIUser, KeyWord, UserWord, search_word
from tests.back_office import listing
from tests.factories import ACTOR, APIKeyFactory, APIUserFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db


def found(text):
    return set(APIKey.objects.matching(text).values_list("description", flat=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ERP: stock-levels, every_5.min", ["erp", "stock", "levels", "every", "5", "min"]),
        ("Größe GRÖSSE", ["grösse"]),
        ("Cafe\u0301 Ｃａｆé", ["café"]),
        ("倉庫 склад", ["倉庫", "склад"]),
        ("sync sync SYNC", ["sync"]),
        ("x" * 50, ["x" * 40]),
        ("-._ …!", []),
    ],
)
def test_words_are_parted_by_everything_but_letters_and_digits(text, words):
    assert search_word.words_of(text) == words


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("stock", True),
        ("STO", True),
        ("sync stock", True),
        ("inventory-sync", True),
        ("inventory.sync_stock", True),
        ("inventory levels", True),
        ("  stock  ", True),
        ("tock", False),
        ("stock till", False),
        ("stockpile", False),
        ("%", False),
        ("st_ck", False),
        ("s%k", False),
        ("'; DROP TABLE", False),
    ],
)
def test_every_word_must_begin_a_word_of_the_description_or_the_username(text, finds):
    APIKeyFactory(description="Stock levels", username="inventory-sync")
    APIKeyFactory(description="the other", username="till-1")

    assert ("Stock levels" in found(text)) is finds
    assert "the other" not in found(text)


def test_a_number_in_a_name_finds_that_name_and_longer_ones():
    for number in (77, 777, 7771, 1777):
        APIKeyFactory(description=str(number), username=f"integration-{number}")

    assert found("integration-777") == {"777", "7771"}


def test_a_changed_description_is_found_by_its_new_words_only():
    key = APIKeyFactory(description="stock sync")

    key.change(actor=ACTOR, description="stock export")

    assert found("stock") == found("export") == {"stock export"}
    assert found("sync") == set()


def test_a_change_of_anything_else_leaves_the_words_alone():
    key = APIKeyFactory(description="stock sync")
    before = set(KeyWord.objects.values_list("pk", flat=True))

    key.change(actor=ACTOR, permission="write")
    key.disable(actor=ACTOR)
    key.rotate(actor=ACTOR)

    assert set(KeyWord.objects.values_list("pk", flat=True)) == before


def test_words_go_with_their_key_and_their_user():
    key = APIKeyFactory(disabled=True)
    user = key.api_user

    key.delete(actor=ACTOR)
    user.delete(actor=ACTOR)

    assert not KeyWord.objects.exists()
    assert not UserWord.objects.exists()


@pytest.mark.parametrize("length", [4, 6, 7, 10, 16, 24])
def test_a_key_is_found_by_any_longer_ending_and_by_no_other_part(length):
    key = APIKeyFactory(description="this one")
    APIKeyFactory(description="other")

    assert found(key.consumer_key[-length:]) == {"this one"}
    assert found(f"ck_live_…{key.consumer_key[-length:]}") == {"this one"}
    assert found(key.consumer_key[8:20]) == set()


def test_a_short_ending_counts_only_after_the_dots_of_a_hint():
    # No word of the key begins with two letters that a random key may end with.
    key = APIKeyFactory(description="倉庫", username="a.b", owner=UserFactory(username="o"))

    assert found(f"…{key.consumer_key[-2:]}") == {"倉庫"}
    assert found(key.consumer_key[-2:]) == set()


def test_the_owner_finds_all_that_is_theirs_and_nobody_else_does():
    carol, dave = UserFactory(username="Carol"), UserFactory(username="dave")
    for owner, name in ((carol, "one"), (carol, "two"), (dave, "three")):
        APIKeyFactory(description=name, username=f"user-{name}", owner=owner)

    assert found("carol") == {"one", "two"}
    users = APIUser.objects.matching("CAROL").values_list("username", flat=True)
    assert set(users) == {"user-one", "user-two"}


@pytest.mark.parametrize(("few", "common"), [(0, 20_000), (0, 2), (0, 1), (1000, 20_000)])
def test_the_same_is_found_whether_few_or_many_match(monkeypatch, few, common):
    monkeypatch.setattr(search_word, "FEW", few)
    monkeypatch.setattr(search_word, "COMMON", common)
    owner = UserFactory(username="carol")
    for number in range(4):
        ip = f"203.0.113.{number % 2}"
        APIKeyFactory(description=f"till {number}", username=f"erp-{number}", allowed_ips=[ip])
    APIKeyFactory(description="owned", username="other", owner=owner)
    APIKeyFactory(description="apart", username="apart")
    every = {f"till {number}" for number in range(4)}

    assert found("till") == found("erp till") == every
    assert found("till 2") == {"till 2"}
    assert found("carol") == {"owned"}
    assert found("203.0.113.1") == {"till 1", "till 3"}
    assert found("nothing") == found("till apart") == set()


def test_a_search_stays_within_the_filters_and_the_stores_of_the_viewer(client, staff):
    user = staff("view_apikey", "view_apiuser")
    APIKeyFactory(description="till mine", username="till-mine", store=user.store)
    APIKeyFactory(description="till off", username="off", store=user.store, disabled=True)
    APIKeyFactory(description="till theirs", username="till-theirs")

    def listed(url, **query):
        return {
            str(getattr(one, "description", one)) for one in client.get(url, query).context["page"]
        }

    assert listed("/console/keys/", q="till") == {"till mine", "till off"}
    assert listed("/console/keys/", q="till", status="disabled") == {"till off"}
    assert listed("/console/users/", q="till") == {"till-mine"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sync", {"inventory-sync", "sync.orders"}),
        ("inventory-sync", {"inventory-sync"}),
        ("SYNC order", {"sync.orders"}),
        ("ync", set()),
        ("%", set()),
    ],
)
def test_api_users_are_found_by_the_words_of_their_name(client, admin, text, names):
    store = StoreFactory()
    for name in ("inventory-sync", "sync.orders", "till"):
        APIUserFactory(username=name, store=store)

    page = client.get("/console/users/", {"q": text})

    assert {user.username for user in page.context["page"]} == names


def test_the_admin_finds_keys_and_users_as_the_console_does(client, admin):
    key = APIKeyFactory(description="Stock levels", username="inventory-sync", owner=admin)
    APIKeyFactory()

    def results(model, term):
        return list(client.get(listing(model), {"q": term}).context["cl"].result_list)

    for term in ("stock", "sync inventory", key.hint, key.consumer_key, admin.username):
        assert results(APIKey, term) == [key]
    for term in ("sync", admin.username.upper()):
        assert results(APIUser, term) == [key.api_user]
    assert results(APIKey, "tock") == results(APIUser, "ync") == []
    assert len(results(APIKey, " ")) == len(results(APIUser, "  ")) == 2


def test_keys_and_users_from_before_the_search_words_get_the_same_ones():
    for number in range(3):
        APIKeyFactory(description=f"Größe №{number}: till", username=f"erp_{number}.sync")
    words = set(KeyWord.objects.values_list("api_key", "word"))
    names = set(UserWord.objects.values_list("api_user", "word"))
    KeyWord.objects.all().delete()
    UserWord.objects.all().delete()

    migration = import_module("apikeys.migrations.0009_write_search_words")
    migration.write(apps, SimpleNamespace(connection=connection))

    assert set(KeyWord.objects.values_list("api_key", "word")) == words
    assert set(UserWord.objects.values_list("api_user", "word")) == names
