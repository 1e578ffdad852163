import re

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord
from tests.factories import ACTOR, PASSWORD, APIKeyFactory


@pytest.fixture
def key(admin):
    return APIKeyFactory(description="ERP", allowed_ips=["203.0.113.7"])


def url(key):
    return f"/console/keys/{key.consumer_key}/edit/"


def opened(client, key, **changes):
    """What a browser sends that opened the form and changed some fields."""
    page = client.get(url(key)).content.decode()
    hidden = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]
        for name in ("revision", "last_change")
    }
    return {**hidden, "description": "ERP", "permission": "read", "expiry": "never"} | changes


def test_a_change_is_saved_and_kept_as_a_change(client, key):
    form = opened(client, key, description="ERP 2", permission="read_write", resources=["carts"])

    response = client.post(url(key), form, follow=True)

    assert "are saved" in response.content.decode()
    fresh = APIKey.objects.get()
    assert (fresh.description, fresh.permission, fresh.resources) == (
        "ERP 2",
        "read_write",
        ["carts"],
    )
    record = ChangeRecord.objects.get(action="changed")
    assert record.before["permission"] == "read"
    assert record.actor_name == "admin"


def test_letting_a_reading_key_write_takes_the_password_when_it_was_typed_long_ago(client, key):
    form = opened(client, key, description="ERP 2", permission="write")
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=16)):
        for password in ({}, {"password": "wrong"}):
            refused = client.post(url(key), form | password)
            assert refused.status_code == 400
            assert 'name="password"' in refused.content.decode()
            assert 'value="ERP 2"' in refused.content.decode()
        assert APIKey.objects.get().permission == "read"

        client.post(url(key), form | {"password": PASSWORD})

    assert APIKey.objects.get().permission == "write"


def test_a_key_that_becomes_wide_is_looked_at_again_before_it_is_saved(client, key):
    form = opened(client, key, permission="write", any_ip="on", description="ERP 2")

    question = client.post(url(key), form).content.decode()
    assert "Not saved yet. This key would be wide." in question
    assert 'value="ERP 2"' in question
    assert APIKey.objects.get().permission == "read"

    confirmed = re.search(r'name="confirmed" value="([^"]+)"', question)[1]
    client.post(url(key), form | {"confirmed": confirmed})
    assert APIKey.objects.get().any_ip

    page = client.post(url(key), opened(client, key, permission="write", any_ip="on"), follow=True)
    assert "are saved" in page.content.decode()


def test_a_wide_key_is_confirmed_and_the_password_asked_in_one_step(client, key):
    form = opened(client, key, permission="write", any_ip="on")
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=16)):
        question = client.post(url(key), form).content.decode()
        assert 'name="password"' in question
        refused = client.post(url(key), form | {"confirmed": "yes", "password": "wrong"})
        assert 'name="confirmed"' in refused.content.decode()
        client.post(url(key), form | {"confirmed": "yes", "password": PASSWORD})

    assert APIKey.objects.get().permission == "write"


def test_any_other_edit_takes_no_password(client, key):
    key.change(actor=ACTOR, permission="write")
    form = opened(client, key, description="ERP 2", permission="read_write")
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=16)):
        client.post(url(key), form)

    assert APIKey.objects.get().description == "ERP 2"


def test_a_form_opened_before_a_newer_change_is_refused_and_says_what_changed(client, key):
    form = opened(client, key, description="mine")
    key.change(actor=ACTOR, permission="write")

    response = client.post(url(key), form)

    page = response.content.decode()
    assert response.status_code == 409
    assert "was changed after you opened this form" in page
    assert "<del>read</del> <ins>write</ins>" in page
    assert 'value="mine"' in page
    assert APIKey.objects.get().permission == "write"
    assert APIKey.objects.get().description == "ERP"


def test_who_may_not_see_changes_is_refused_as_stale_without_them(client, staff):
    user = staff("change_apikey")
    key = APIKeyFactory(store=user.store, description="ERP")
    form = opened(client, key, description="mine")
    key.change(actor=ACTOR, permission="write")

    response = client.post(url(key), form)

    assert response.status_code == 409
    assert "was changed after you opened this form" in response.text
    assert "<ins>" not in response.text
    assert ACTOR.name not in response.text


def test_what_was_refused_as_stale_can_be_sent_again_knowingly(client, key):
    form = opened(client, key, description="mine")
    key.change(actor=ACTOR, permission="write")
    page = client.post(url(key), form).content.decode()
    again = re.search(r'name="revision" value="(\d+)"', page)[1]

    client.post(url(key), form | {"revision": again})

    assert APIKey.objects.get().description == "mine"


@pytest.mark.parametrize("deed", ["disable", "rotate", "allow_ips"])
def test_every_deed_makes_an_open_form_stale(client, key, deed):
    form = opened(client, key, description="mine")
    if deed == "allow_ips":
        key.allow_ips(["198.51.100.0/24"], actor=ACTOR)
    else:
        getattr(key, deed)(actor=ACTOR)

    assert client.post(url(key), form).status_code == 409


def test_turning_any_address_off_leaves_the_key_to_its_list(client, admin):
    key = APIKeyFactory(any_ip=True)

    client.post(url(key), opened(client, key))

    assert not APIKey.objects.get().any_ip


def test_turning_any_address_off_with_an_empty_list_says_that_nobody_can_call(client, admin):
    key = APIKeyFactory(any_ip=True)
    warning = "No address is allowed: nobody can use the key."

    page = client.post(url(key), opened(client, key, any_ip="on"), follow=True)
    assert warning not in page.content.decode()
    page = client.post(url(key), opened(client, key), follow=True)
    assert warning in page.content.decode()


def test_a_privileged_resource_is_not_lost_by_who_may_not_give_it(client, staff):
    user = staff("change_apikey")
    key = APIKeyFactory(store=user.store, resources=["carts", "payment_debug"])
    form = opened(client, key, description="new", resources=["carts", "payment_debug"])

    client.post(url(key), form)

    assert APIKey.objects.get().resources == ["carts", "payment_debug"]


def test_a_privileged_resource_is_not_given_by_who_may_not(client, staff):
    user = staff("change_apikey")
    key = APIKeyFactory(store=user.store)

    response = client.post(url(key), opened(client, key, resources=["payment_debug"]))

    assert response.status_code == 400
    assert APIKey.objects.get().resources == []


@pytest.mark.parametrize(
    "field", ["status", "consumer_key", "api_user", "revision", "last_used_at", "submission"]
)
def test_no_other_field_can_be_set(client, key, field):
    before = APIKey.objects.values(field).get()

    client.post(url(key), opened(client, key) | ({field: "1"} if field != "revision" else {}))

    assert APIKey.objects.values(field).get() == before


def test_an_expiry_can_be_kept_moved_and_taken_away(client, key):
    client.post(url(key), opened(client, key, expiry="30"))
    first = APIKey.objects.get().expires_at
    client.post(url(key), opened(client, key, expiry="keep", description="x"))
    assert APIKey.objects.get().expires_at == first
    client.post(url(key), opened(client, key, expiry="never"))
    assert APIKey.objects.get().expires_at is None


def test_an_expiry_in_the_past_is_refused_also_when_another_key_has_it(client, key):
    past = APIKeyFactory(expired=True).expires_at

    with pytest.raises(ValidationError, match="must be in the future"):
        key.change(actor=ACTOR, expires_at=past)


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30])
def test_a_damaged_revision_is_refused(client, key, revision):
    form = opened(client, key, description="mine") | {"revision": revision}

    assert client.post(url(key), form).status_code == 400
    assert APIKey.objects.get().description == "ERP"


def test_the_form_is_sent_once_so_that_a_double_click_is_no_stale_form(client, key):
    page = client.get(url(key)).content.decode()

    assert re.search(r'<form method="post" action="[^"]*/edit/" data-once ', page)
