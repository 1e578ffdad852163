"""Adding a key in the admin: the console's form, the same deed, the secret once."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.utils import timezone

from apikeys.models import APIKey, APIUser, ChangeRecord, Secret
from tests.back_office import filled_in, listing, page
from tests.factories import PASSWORD, APIUserFactory, StoreFactory

ADD = "/admin/apikeys/apikey/add/"
SECRET = re.compile(r"cs_(?:live|test)_[0-9A-Za-z]{65}")


@pytest.fixture
def store(superuser):
    return StoreFactory()


def fill(client, **edits):
    edits = {"username": "inventory-sync", "allowed_ips": "203.0.113.7 ERP"} | edits
    return filled_in(client.get(ADD), **edits)


def test_a_key_is_issued_and_its_secret_is_shown_once(client, call, store):
    response = client.post(ADD, fill(client, description="ERP", permission="write"))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    secret = SECRET.search(response.content.decode())[0]
    key = APIKey.objects.get()
    assert (key.api_user.username, key.api_user.store) == ("inventory-sync", store)
    assert (key.description, key.permission, key.any_ip) == ("ERP", "write", False)
    assert list(key.allowed_ips.values_list("network", "label")) == [("203.0.113.7/32", "ERP")]
    key.secret = secret
    assert call(key, method="OPTIONS", REMOTE_ADDR="203.0.113.7").status_code == 204

    kept = [
        *(client.get(address).content.decode() for address in (ADD, listing(APIKey), page(key))),
        client.get(page(key, "history")).content.decode(),
        client.get("/admin/").content.decode(),
        *(repr(list(model.objects.values())) for model in (LogEntry, ChangeRecord, Secret)),
        *(repr(session.get_decoded()) for session in Session.objects.all()),
        repr(client.cookies),
    ]
    assert not [text for text in kept if secret in text or secret[-43:-6] in text]
    assert LogEntry.objects.get().object_repr == str(key)
    actions = ChangeRecord.objects.filter(api_key=key).values_list("action", "actor_name")
    assert list(actions) == [("issued", "root")]


def test_the_same_form_sent_twice_makes_one_key(client, store):
    form = fill(client)

    assert client.post(ADD, form).status_code == 200
    again = client.post(ADD, form)

    assert again.status_code == 409
    assert not SECRET.search(again.content.decode())
    assert APIKey.objects.count() == 1


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"allowed_ips": ""}, "allowed_ips"),
        ({"allowed_ips": "*"}, "allowed_ips"),
        ({"allowed_ips": "nonsense"}, "allowed_ips"),
        ({"any_ip": "on"}, "allowed_ips"),
        ({"username": ""}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"username": "x" * 3000}, "username"),
        ({"permission": "all"}, "permission"),
        ({"resources": ["secrets"]}, "resources"),
        ({"expiry": "date", "expiry_date": "0001-01-01"}, "expiry_date"),
        ({"expiry": "date", "expiry_date": "99999-01-01"}, "expiry_date"),
        ({"rate_limit": "1e9/minute"}, "rate_limit"),
        ({"mode": "production"}, "mode"),
        ({"submission": "x"}, "submission"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(client, store, edit, field):
    response = client.post(ADD, fill(client) | edit)

    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not APIKey.objects.exists()


def test_a_name_that_is_too_short_makes_no_user_and_no_key(client, store):
    response = client.post(ADD, fill(client, username="ab"))

    assert "between 3 and 20 characters" in response.content.decode()
    assert not APIKey.objects.exists()
    assert not APIUser.objects.exists()


def test_a_wide_key_is_made_only_on_purpose(client, store):
    form = fill(client, allowed_ips="", any_ip="on", permission="read_write")

    response = client.post(ADD, form)

    assert "This key is wide." in response.content.decode()
    assert not APIKey.objects.exists()
    assert 'name="confirmed"' in response.content.decode()
    assert SECRET.search(client.post(ADD, form | {"confirmed": "on"}).content.decode())
    assert APIKey.objects.get().any_ip


def test_the_password_is_asked_before_a_writing_key(client, store, time_machine):
    time_machine.move_to(timezone.now() + timedelta(minutes=16))
    form = fill(client, permission="write")
    assert "password" in form

    for password in ("", "wrong"):
        response = client.post(ADD, form | {"password": password})
        assert response.context["adminform"].form.errors["password"]
        assert not APIKey.objects.exists()
    response = client.post(ADD, form | {"password": PASSWORD})

    assert SECRET.search(response.content.decode())
    assert PASSWORD not in repr(list(LogEntry.objects.values()))


@pytest.mark.parametrize(
    "name", ["consumer_key", "consumer_secret", "secret", "digest", "sealed", "id", "revision"]
)
def test_nobody_chooses_a_key_or_secret(client, store, name):
    client.post(ADD, fill(client, **{name: "aaaa"}))

    key = APIKey.objects.get()
    assert re.fullmatch(r"ck_live_[0-9A-Za-z]{16}", key.consumer_key)
    assert key.revision == 1
    assert len(key.secrets.get().digest) == 64


def test_staff_adds_keys_in_its_own_store_only(client, log_in):
    ours, theirs = StoreFactory(), APIUserFactory()
    log_in("apikeys.add_apikey", "apikeys.add_apiuser", stores=[ours])
    form = filled_in(client.get(ADD), username=theirs.username, allowed_ips="203.0.113.7")

    client.post(ADD, form | {"store": theirs.store.public_id})
    client.post(ADD, form)
    assert not APIKey.objects.filter(api_user=theirs).exists()

    client.post(ADD, form | {"username": "ours"})
    assert APIKey.objects.get().api_user.store == ours


def test_staff_that_may_not_add_users_adds_keys_for_existing_ones(client, log_in):
    api_user = APIUserFactory()
    log_in("apikeys.add_apikey", stores=[api_user.store])
    form = filled_in(client.get(ADD), username="brand-new", allowed_ips="203.0.113.7")

    assert "username" in client.post(ADD, form).context["adminform"].form.errors
    response = client.post(ADD, form | {"username": api_user.username})
    assert SECRET.search(response.content.decode())


def test_the_privileged_resource_is_given_by_who_may_see_payment_debug(client, log_in):
    api_user = APIUserFactory()
    log_in("apikeys.add_apikey", "apikeys.change_apikey", stores=[api_user.store])
    form = filled_in(client.get(ADD), username=api_user.username, allowed_ips="203.0.113.7")

    response = client.post(ADD, form | {"resources": ["payment_debug"]})
    assert "resources" in response.context["adminform"].form.errors
    client.post(ADD, form)
    key = APIKey.objects.get()
    edit = filled_in(client.get(page(key)), resources=["payment_debug"])
    assert "resources" in client.post(page(key), edit).context["adminform"].form.errors


def test_a_key_is_not_copied(client, store):
    assert client.post(ADD, fill(client)).status_code == 200
    key = APIKey.objects.get()
    form = filled_in(client.get(page(key))) | {"_saveasnew": "1"}

    assert client.post(page(key), form).status_code == 400
    assert APIKey.objects.count() == 1


def test_a_key_that_expires_is_issued_with_its_end(client, store):
    client.post(ADD, fill(client, expiry="90"))

    days = (APIKey.objects.get().expires_at - timezone.now()).days
    assert days in {89, 90}
