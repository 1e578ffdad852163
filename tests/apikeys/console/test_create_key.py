import re

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone

from apikeys.models import APIKey, APIUser, ChangeRecord
from tests.factories import PASSWORD, APIUserFactory, StoreFactory, UserFactory
from tests.reading import text_of

URL = "/console/keys/new/"
SECRET = re.compile(r"cs_(?:live|test)_[0-9A-Za-z]{65}")


@pytest.fixture
def store(admin):
    return StoreFactory()


@pytest.fixture
def form(client, store):
    """A filled form, as a browser that opened the page sends it."""
    page = client.get(URL).content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', page)[1]
    return {
        "submission": submission,
        "username": "inventory-sync",
        "status": "enabled",
        "mode": "live",
        "permission": "read",
        "allowed_ips": "203.0.113.7  ERP server",
        "expiry": "never",
    }


def test_a_key_for_a_new_api_user_is_shown_once(client, form, store):
    response = client.post(URL, form)

    key = APIKey.objects.get()
    page = response.content.decode()
    assert response.status_code == 200
    assert key.consumer_key in page
    assert SECRET.search(page)
    assert store.public_id in page
    assert "http://127.0.0.1:8000" in page
    assert (key.api_user.username, key.permission, key.status) == (
        "inventory-sync",
        "read",
        "enabled",
    )
    assert [(row.network, row.label) for row in key.allowed_ips.all()] == [
        ("203.0.113.7/32", "ERP server")
    ]


def test_the_page_with_the_secret_is_kept_nowhere(client, form):
    response = client.post(URL, form)
    secret = SECRET.search(response.content.decode())[0]

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "messages" not in response.cookies
    assert not any(secret in str(row.get_decoded()) for row in Session.objects.all())
    assert secret not in str(list(ChangeRecord.objects.values()))
    for url in (URL, f"/console/keys/{APIKey.objects.get().consumer_key}/", "/console/changes/"):
        assert secret not in client.get(url).content.decode()


def test_the_curl_line_of_the_page_calls_the_api(client, form):
    page = client.post(URL, form | {"allowed_ips": "127.0.0.1"}).content.decode()
    pair, url = re.search(r"curl --user (\S+) (\S+)</code>", page).groups()
    consumer_key, _, secret = pair.partition(":")

    answer = client.get(
        url.removeprefix("http://127.0.0.1:8000"),
        headers={"X-API-Key": secret},
        secure=True,
        REMOTE_ADDR="127.0.0.1",
    )

    assert answer.json()["consumer_key"] == consumer_key


def test_sending_the_form_twice_makes_one_key(client, form):
    first = client.post(URL, form)
    second = client.post(URL, form)

    assert (first.status_code, second.status_code) == (200, 409)
    assert APIKey.objects.count() == 1
    assert not SECRET.search(second.content.decode())
    assert "/rotate/" in second.content.decode()


def test_sending_the_form_twice_makes_one_key_whenever_the_first_gets_ahead(
    client, form, monkeypatch
):
    """The other submission makes the API user after this one has looked for it in vain."""
    propose = APIUser.objects.proposed

    def propose_late(**values):
        monkeypatch.undo()
        assert client.post(URL, form).status_code == 200
        return propose(**values)

    monkeypatch.setattr(APIUser.objects, "proposed", propose_late)

    second = client.post(URL, form)

    assert second.status_code == 409
    assert APIKey.objects.count() == 1


def test_an_existing_api_user_gets_another_key(client, form, store):
    APIUserFactory(username="inventory-sync", store=store)

    client.post(URL, form)

    assert APIUser.objects.get().keys.count() == 1


def test_a_new_api_user_gets_an_owner_who_answers_for_it(client, form):
    UserFactory(username="mira")

    client.post(URL, form | {"owner": "mira"})

    assert APIUser.objects.get().owner.username == "mira"
    assert client.post(URL, form | {"owner": "mira"}).status_code == 409


def test_a_wide_key_is_confirmed_with_its_owner(client, form):
    UserFactory(username="mira")
    wide = {"owner": "mira", "permission": "write", "allowed_ips": "", "any_ip": "on"}

    question = client.post(URL, form | wide).content.decode()

    assert "<dd>mira</dd>" in question
    assert '<input type="hidden" name="owner" value="mira">' in question


def test_the_owner_of_an_existing_api_user_is_not_changed_in_passing(client, form, store):
    APIUserFactory(username="inventory-sync", store=store, owner=UserFactory())
    UserFactory(username="mira")

    page = client.post(URL, form | {"owner": "mira"})

    assert page.status_code == 400
    assert "has another owner" in page.content.decode()
    assert not APIKey.objects.exists()


def test_staff_name_colleagues_as_owners_only(client, form, store):
    client.force_login(
        UserFactory(permissions=["apikeys.add_apikey", "apikeys.add_apiuser"], stores=[store])
    )
    UserFactory(username="stranger")

    page = client.post(URL, form | {"owner": "stranger"})

    assert page.status_code == 400
    assert not APIUser.objects.exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"username": "ab"}, "between 3 and 20 characters"),
        ({"username": "a" * 21}, "between 3 and 20 characters"),
        ({"username": "with space"}, "letters, digits, dot"),
        ({"username": "аdmin-sync"}, "letters, digits, dot"),  # noqa: RUF001 - a Cyrillic letter
        ({"username": "sync\u202e"}, "visible characters"),
        ({"allowed_ips": ""}, "Name at least one address"),
        ({"any_ip": "on"}, "not both"),
        ({"allowed_ips": "203.0.113.7/24"}, "Line 1"),
        ({"allowed_ips": "*"}, "Any address"),
        ({"allowed_ips": "203.0.113.7 " + "x" * 101}, "100 characters"),
        ({"permission": "admin"}, "Select a valid choice"),
        ({"resources": ["keys"]}, "Select a valid choice"),
        ({"rate_limit": "fast"}, "600/minute"),
        ({"expiry": "date", "expiry_date": ""}, "Choose the last day"),
        ({"expiry": "date", "expiry_date": "2020-01-01"}, "today or a later day"),
        ({"expiry": "date", "expiry_date": "9999-12-31"}, "today or a later day"),
        ({"expiry": "never", "expiry_date": "2099-01-31"}, "Choose “On a date…” as the expiry"),
        ({"expiry": "30", "expiry_date": "2099-01-31"}, "or clear this day"),
        ({"expiry": "date", "expiry_date": "9000-12-31"}, "within 50 years"),
        ({"description": "x" * 201}, "200 characters"),
        ({"description": "a\x00b"}, "Null characters"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(client, form, changes, complaint):
    response = client.post(URL, form | changes)
    page = response.content.decode()

    assert response.status_code == 400
    assert complaint in page
    assert not APIKey.objects.exists()
    assert not APIUser.objects.exists()
    if "username" not in changes:
        assert 'value="inventory-sync"' in page


@pytest.mark.parametrize("username", ["Inventory-Sync", "elsewhere"])
def test_a_name_that_is_taken_is_said_beside_the_name(client, form, store, username):
    APIUserFactory(username="inventory-sync", store=store)
    APIUserFactory(username="elsewhere", store=StoreFactory())
    client.force_login(
        UserFactory(permissions=["apikeys.add_apikey", "apikeys.add_apiuser"], stores=[store])
    )

    page = client.post(URL, form | {"username": username}).content.decode()

    assert '<a href="#id_username">API user</a>: There is an API user of this name already' in page


def test_one_click_adds_my_own_address_without_script(client, form):
    response = client.post(URL, form | {"add_my_ip": "1"}, REMOTE_ADDR="198.51.100.9")

    page = response.content.decode()
    assert response.status_code == 200
    assert "203.0.113.7  ERP server\n198.51.100.9</textarea>" in page
    assert "errorlist" not in page
    assert not APIKey.objects.exists()


def test_the_page_says_how_my_address_was_found(client, store):
    page = client.get(URL, headers={"X-Forwarded-For": "203.0.113.1"}).content.decode()

    assert "X-Forwarded-For was sent, but 127.0.0.1 is not a trusted proxy." in page


WIDE = {"any_ip": "on", "allowed_ips": "", "permission": "read_write"}


def test_a_wide_key_is_shown_again_before_it_is_made(client, form):
    question = client.post(URL, form | WIDE)
    assert "This key is wide" in question.content.decode()
    assert not APIKey.objects.exists()

    client.post(URL, form | WIDE | {"confirmed": "yes"})

    assert APIKey.objects.get().any_ip


@pytest.mark.parametrize(
    ("addresses", "remark"),
    [
        ("203.0.113.0/24\n203.0.113.7", "203.0.113.7 is already covered by 203.0.113.0/24."),
        ("0.0.0.0/0", "0.0.0.0/0 is very wide."),
        ("::/0", "::/0 is very wide."),
    ],
)
def test_overlaps_and_very_wide_networks_are_shown_before_the_key_is_made(
    client, form, addresses, remark
):
    doubtful = form | {"allowed_ips": addresses}

    question = client.post(URL, doubtful).content.decode()

    assert remark in question
    assert not APIKey.objects.exists()
    back = client.post(URL, doubtful | {"confirmed": "yes", "back": "yes"}).content.decode()
    assert f"{addresses}</textarea>" in back
    client.post(URL, doubtful | {"confirmed": "yes"})
    assert APIKey.objects.count() == 1


def test_a_name_that_does_not_fit_is_said_before_the_question(client, form):
    response = client.post(URL, form | WIDE | {"username": "ab"})

    assert response.status_code == 400
    assert "between 3 and 20 characters" in response.content.decode()


def test_the_way_back_from_the_question_keeps_what_was_typed(client, form):
    page = client.post(URL, form | WIDE | {"confirmed": "yes", "back": "yes"}).content.decode()

    assert 'value="inventory-sync"' in page
    assert not APIKey.objects.exists()


def test_a_writing_key_takes_the_password_when_it_was_typed_long_ago(client, form):
    writing = form | {"permission": "write", "confirmed": "yes"}
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=16)):
        assert "Your password" in client.post(URL, form | {"permission": "write"}).content.decode()
        refused = client.post(URL, writing | {"password": "wrong"})
        assert (refused.status_code, APIKey.objects.count()) == (400, 0)

        client.post(URL, writing | {"password": PASSWORD})
        assert APIKey.objects.count() == 1
        second = writing | {"submission": "", "description": "second"}
        client.post(URL, second)

    assert APIKey.objects.count() == 2


def test_a_reading_key_takes_no_password(client, form):
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=20)):
        client.post(URL, form)

    assert APIKey.objects.count() == 1


def test_guessing_the_password_again_is_locked_like_a_login(client, form):
    writing = form | {"permission": "write", "confirmed": "yes"}
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=20)):
        answers = [client.post(URL, writing | {"password": f"no {n}"}) for n in range(6)]

    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"]
    assert "You are still logged in, and disabling a key never asks" in text_of(answers[-1])


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Asia/Tokyo", "2036-05-01", "2036-05-01T15:00:00+00:00"),
        ("Europe/Berlin", "2036-03-30", "2036-03-30T22:00:00+00:00"),  # a day of 23 hours
        ("Europe/Berlin", "2036-10-26", "2036-10-26T23:00:00+00:00"),  # and one of 25
        ("Africa/Cairo", "2036-04-24", "2036-04-24T22:00:00+00:00"),  # no midnight ends it
        ("America/Havana", "2036-11-01", "2036-11-02T04:00:00+00:00"),  # two do
    ],
)
def test_an_expiry_date_ends_with_the_day_in_the_operators_zone(client, form, zone, day, end):
    client.cookies["zone"] = zone
    client.post(URL, form | {"expiry": "date", "expiry_date": day})

    assert APIKey.objects.get().expires_at.isoformat() == end


def test_a_test_key_that_may_sign_and_is_narrow(client, form):
    client.post(
        URL,
        form
        | {
            "mode": "test",
            "signing": "on",
            "resources": ["invoices", "carts"],
            "rate_limit": "5/minute",
            "expiry": "30",
            "status": "disabled",
        },
    )

    key = APIKey.objects.get()
    assert (key.mode, key.signing, key.resources) == ("test", True, ["invoices", "carts"])
    assert (key.rate_limit, key.status) == ("5/minute", "disabled")
    assert 29 <= (key.expires_at - timezone.now()).days <= 30


@pytest.mark.parametrize("extra", [(), ("storefront.view_payment_debug",)])
def test_a_privileged_resource_is_offered_to_those_who_may_see_it(client, staff, extra):
    staff("add_apikey", *extra)

    offered = "payment_debug</code>" in client.get(URL).content.decode()

    assert offered == bool(extra)


def test_a_key_in_a_foreign_store_cannot_be_made(client, staff):
    foreign = StoreFactory()
    APIUserFactory(username="foreign-user", store=foreign)
    staff("add_apikey", "add_apiuser")
    form = {"username": "foreign-user", "status": "enabled", "mode": "live", "permission": "read"}
    form |= {"allowed_ips": "203.0.113.7", "store": foreign.public_id}

    assert client.post(URL, form).status_code == 400
    assert client.post(URL, form | {"username": "another-one"}).status_code == 400
    assert not APIKey.objects.exists()


def test_who_may_not_add_api_users_takes_an_existing_one(client, staff):
    user = staff("add_apikey")
    APIUserFactory(username="existing", store=user.store)
    form = {"status": "enabled", "mode": "live", "permission": "read"}
    form |= {"allowed_ips": "203.0.113.7"}

    assert client.post(URL, form | {"username": "brand-new"}).status_code == 400
    assert client.post(URL, form | {"username": "existing"}).status_code == 200
    assert APIKey.objects.get().api_user.username == "existing"


def test_the_change_record_names_the_person_and_the_address(client, form):
    client.post(URL, form, REMOTE_ADDR="198.51.100.9")

    record = ChangeRecord.objects.get(action="issued")
    assert (record.actor_name, record.client_ip) == ("admin", "198.51.100.9")
    assert record.request_id


def test_people_who_are_no_superusers_have_their_only_store_chosen(client, db):
    store = StoreFactory()
    client.force_login(
        UserFactory(permissions=["apikeys.add_apikey", "apikeys.add_apiuser"], stores=[store])
    )
    form = {"username": "till-1", "status": "enabled", "mode": "live", "permission": "read"}

    client.post(URL, form | {"allowed_ips": "203.0.113.7"})

    assert APIKey.objects.get().api_user.store == store
