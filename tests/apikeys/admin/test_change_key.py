"""Editing a key in the admin: through the deeds, and never over a newer change."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apikeys.models import AllowedIP, APIKey, ChangeRecord
from tests.back_office import filled_in, page
from tests.factories import ACTOR, APIKeyFactory


@pytest.fixture
def key(superuser):
    return APIKeyFactory(description="ERP", allowed_ips=["203.0.113.7"])


def last_change(key):
    return ChangeRecord.objects.of_key(key).first()


def test_an_edit_is_kept_as_a_change(client, key):
    form = filled_in(client.get(page(key)), description="ERP 2", permission="write")

    response = client.post(page(key), form, follow=True)

    assert response.status_code == 200
    key.refresh_from_db()
    assert (key.description, key.permission, key.revision) == ("ERP 2", "write", 2)
    change = last_change(key)
    assert (change.action, change.actor_kind, change.actor_name) == ("changed", "console", "root")
    assert change.before == {"description": "ERP", "permission": "read"}
    assert change.after == {"description": "ERP 2", "permission": "write"}
    assert change.client_ip == "127.0.0.1"


def test_letting_a_reading_key_write_is_left_to_the_console_when_the_password_is_due(client, key):
    form = filled_in(client.get(page(key)), permission="write")
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=16)):
        refused = client.post(page(key), form)
        client.post(page(key), form | {"permission": "read", "description": "ERP 2"})

    assert "takes your password" in refused.content.decode()
    key.refresh_from_db()
    assert (key.permission, key.description) == ("read", "ERP 2")


def test_saving_an_untouched_form_changes_nothing(client, key):
    before = ChangeRecord.objects.count()

    client.post(page(key), filled_in(client.get(page(key))))

    key.refresh_from_db()
    assert key.revision == 1
    assert ChangeRecord.objects.count() == before


@pytest.mark.parametrize("days", [-30, 30])
def test_the_moment_of_expiry_stays_to_the_microsecond_while_something_else_is_changed(
    client, key, days
):
    expires_at = timezone.now().replace(microsecond=987654) + timedelta(days=days)
    APIKey.objects.filter(pk=key.pk).update(expires_at=expires_at)

    client.post(page(key), filled_in(client.get(page(key)), description="ERP 2"))

    key.refresh_from_db()
    assert (key.description, key.expires_at) == ("ERP 2", expires_at)
    assert last_change(key).after == {"description": "ERP 2"}


def test_a_form_that_was_opened_before_a_newer_change_is_refused(client, key):
    form = filled_in(client.get(page(key)), description="mine", permission="write")
    APIKey.objects.get(pk=key.pk).change(actor=ACTOR, permission="read_write")

    response = client.post(page(key), form)

    assert response.status_code == 200
    assert "changed after you opened the form" in response.content.decode()
    key.refresh_from_db()
    assert (key.description, key.permission) == ("ERP", "read_write")


def test_a_form_without_its_state_is_refused(client, key):
    form = filled_in(client.get(page(key)), description="mine")
    del form["opened"]

    client.post(page(key), form)

    key.refresh_from_db()
    assert key.description == "ERP"


def test_a_form_of_a_key_that_was_deleted_meanwhile_finds_nothing(client, key):
    form = filled_in(client.get(page(key)))
    address = page(key)
    key.disable(actor=ACTOR)
    key.delete(actor=ACTOR)

    assert client.post(address, form).status_code == 404


@pytest.mark.parametrize(
    "edit",
    [
        {"expires_at_0": "2001-01-01", "expires_at_1": "00:00:00"},
        {"expires_at_0": "9999-12-31", "expires_at_1": "23:59:59"},
        {"expires_at_0": "0001-01-01", "expires_at_1": "00:00:00"},
        {"expires_at_0": "soon", "expires_at_1": "later"},
        {"rate_limit": "many"},
        {"permission": "everything"},
        {"resources": ["secrets"]},
        {"description": "x" * 201},
        {"description": "zero\u200bwidth"},
        {"description": "null\x00"},
    ],
)
def test_a_senseless_value_is_refused_with_the_form(client, key, edit):
    form = filled_in(client.get(page(key))) | edit

    response = client.post(page(key), form)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    key.refresh_from_db()
    assert key.revision == 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2036-01-31 12:00:00", "2036-01-31T11:00:00+00:00"),
        ("2036-07-31 12:00:00", "2036-07-31T10:00:00+00:00"),
        ("2036-03-30 03:00:00", "2036-03-30T01:00:00+00:00"),
        ("2036-03-30 02:30:00", None),  # on this night there was no such time
        ("2036-10-26 02:30:00", None),  # and on this one it came twice
    ],
)
def test_an_expiry_is_the_time_that_was_typed_in_its_zone(client, key, settings, typed, stored):
    settings.TIME_ZONE = "Europe/Berlin"
    day, clock = typed.split()
    form = filled_in(client.get(page(key)), expires_at_0=day, expires_at_1=clock)

    response = client.post(page(key), form)

    key.refresh_from_db()
    if stored is None:
        assert "expires_at" in response.context["adminform"].form.errors
        assert key.expires_at is None
        return
    assert key.expires_at.isoformat() == stored
    shown = filled_in(client.get(page(key)))
    assert (shown["expires_at_0"], shown["expires_at_1"]) == (day, clock)


@pytest.mark.parametrize(
    "name",
    [
        *("id", "consumer_key", "digest", "secret", "consumer_secret", "sealed", "revision"),
        *("api_user", "user", "store", "status", "last_used_at", "date_added", "created_at"),
        *("enabled_at", "disabled_at", "submission", "is_superuser"),
    ],
)
def test_fields_that_the_form_does_not_have_are_ignored(client, key, name):
    unchanged = APIKey.objects.filter(pk=key.pk).values().get()
    secrets = list(key.secrets.values())
    other = APIKeyFactory()
    form = filled_in(client.get(page(key))) | {name: str(other.pk), f"_{name}": "1"}

    client.post(page(key), form)

    assert APIKey.objects.filter(pk=key.pk).values().get() == unchanged
    assert list(key.secrets.values()) == secrets


def test_allowed_ips_are_added_labelled_and_removed_inline(client, key):
    key.allow_ips(["198.51.100.0/24"], actor=ACTOR)
    form = filled_in(
        client.get(page(key)),
        **{
            "allowed_ips-0-label": "ERP server",
            "allowed_ips-1-DELETE": "on",
            "allowed_ips-2-network": "203.0.*.*",
            "allowed_ips-2-label": "office",
        },
    )

    client.post(page(key), form)

    assert list(key.allowed_ips.values_list("network", "label")) == [
        ("203.0.113.7/32", "ERP server"),
        ("203.0.0.0/16", "office"),
    ]
    deeds = ChangeRecord.objects.of_key(key).values_list("action", "before", "after")
    assert list(deeds[:3]) == [
        ("allowed IP added", {}, {"allowed_ips": ["203.0.0.0/16"]}),
        (
            "allowed IP labelled",
            {"network": "203.0.113.7/32", "label": ""},
            {"network": "203.0.113.7/32", "label": "ERP server"},
        ),
        ("allowed IP removed", {"allowed_ips": ["198.51.100.0/24"]}, {}),
    ]


@pytest.mark.parametrize("entry", ["*", "203.0.113.256", "example.com", "203.0.113.7/24", "::1%lo"])
def test_what_is_no_network_is_refused_inline(client, key, entry):
    form = filled_in(client.get(page(key)), **{"allowed_ips-1-network": entry})

    response = client.post(page(key), form)

    assert response.status_code == 200
    assert key.allowed_ips.count() == 1


def test_an_address_cannot_be_turned_into_another(client, key):
    form = filled_in(client.get(page(key)), **{"allowed_ips-0-network": "0.0.0.0/0"})

    client.post(page(key), form)

    assert [str(entry) for entry in key.allowed_ips.all()] == ["203.0.113.7"]


def test_removing_the_last_address_is_allowed_and_said(client, key):
    form = filled_in(client.get(page(key)), **{"allowed_ips-0-DELETE": "on"})

    response = client.post(page(key), form, follow=True)

    assert not key.allowed_ips.exists()
    key.refresh_from_db()
    assert key.any_ip is False
    assert "nobody can use this key now" in response.content.decode()


def test_a_forged_row_of_another_key_is_refused(client, key):
    foreign = APIKeyFactory(allowed_ips=["198.51.100.9"])
    row = foreign.allowed_ips.get()
    form = filled_in(
        client.get(page(key)),
        **{"allowed_ips-0-id": row.pk, "allowed_ips-0-label": "mine", "allowed_ips-0-DELETE": "on"},
    )

    client.post(page(key), form)

    row.refresh_from_db()
    assert (row.api_key, row.label) == (foreign, "")
    assert key.allowed_ips.count() == 1


@pytest.mark.parametrize("total", ["100000", "251", "-1", "x", "9" * 5000])
def test_a_forged_number_of_rows_is_refused(client, key, total):
    form = filled_in(client.get(page(key)), **{"allowed_ips-TOTAL_FORMS": total})

    assert client.post(page(key), form).status_code == 400
    assert AllowedIP.objects.count() == 1


def test_a_long_list_is_shown_but_edited_elsewhere(client, key):
    key.allow_ips([f"10.0.{n // 250}.{n % 250}/32" for n in range(300)], actor=ACTOR)
    response = client.get(page(key))
    assert "10.0.1.49/32" in response.content.decode()
    form = filled_in(response, description="long list")
    assert not any(name.endswith("-network") for name in form)

    client.post(page(key), form | {"allowed_ips-0-DELETE": "on"})

    key.refresh_from_db()
    assert (key.description, key.allowed_ips.count()) == ("long list", 301)


def test_a_key_is_rotated_on_the_consoles_page(client, key):
    html = client.get(page(key)).content.decode()

    assert f'href="/console/keys/{key.consumer_key}/rotate/"' in html
    assert f'href="/console/keys/{key.consumer_key}/"' in html


def test_who_may_only_look_is_offered_no_rotation(client, log_in):
    key = APIKeyFactory()
    log_in("apikeys.view_apikey", stores=[key.api_user.store])

    assert "/rotate/" not in client.get(page(key)).content.decode()


def test_a_key_of_many_secrets_costs_no_more_to_open(client, key, django_assert_max_num_queries):
    for _ in range(12):
        key.rotate(actor=ACTOR)

    with django_assert_max_num_queries(16):
        client.get(page(key))
