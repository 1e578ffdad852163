import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord
from history.views import incident
from tests.factories import (
    ACTOR,
    APIKeyFactory,
    APIUserFactory,
    CallRecordFactory,
    StoreFactory,
    UserFactory,
)
from tests.reading import text_of

INCIDENT = "/console/incident/"
CHANGES_KEYS = ["apikeys.change_apikey"]


def enabled():
    return set(APIKey.objects.filter(status="enabled").values_list("api_user__username", flat=True))


def test_the_dry_run_lists_the_keys_their_last_use_and_what_will_break(client, admin):
    busy = APIKeyFactory(username="busy", last_used_at=timezone.now() - timedelta(hours=3))
    CallRecordFactory.create_batch(4, key=busy)
    CallRecordFactory(key=APIKeyFactory(username="elsewhere"), ip="192.0.2.1")

    text = text_of(client.get(f"{INCIDENT}?seen_from=203.0.113.0/24"))

    assert "1 key would be disabled" in text
    assert "1 of them was used in the last 7 days. Its integration stops at once." in text
    assert "In that time they made 4 calls." in text
    assert re.search(r"busy .* 3 hours ago 4 0", text)
    assert "elsewhere" not in text
    assert enabled() == {"busy", "elsewhere"}


@pytest.mark.parametrize(
    ("conditions", "gone"),
    [
        ({"username": "Writer"}, {"writer"}),
        ({"permission": "write"}, {"writer"}),
        ({"created_before": "2001-01-02"}, {"oldest"}),
        ({"created_since": "2001-01-02"}, {"writer", "third"}),
        ({"created_since": "2001-01-01", "created_before": "2001-01-02"}, {"oldest"}),
        ({"seen_from": "192.0.2.1"}, {"writer"}),
        ({"everything": "on"}, {"writer", "oldest", "third"}),
        ({"permission": "read", "created_before": "2001-01-02"}, {"oldest"}),
    ],
)
def test_exactly_the_keys_that_fit_are_disabled(client, admin, conditions, gone):
    writer = APIKeyFactory(username="writer", permission="write")
    CallRecordFactory(key=writer, ip="192.0.2.1")
    long_ago = datetime(2001, 1, 1, 12, tzinfo=UTC)
    APIKeyFactory(username="oldest", date_added=long_ago)
    APIKeyFactory(username="third")

    dry = text_of(client.get(INCIDENT, conditions))
    response = client.post(INCIDENT, conditions | {"reason": "laptop stolen"}, follow=True)

    names = {"writer", "oldest", "third"}
    assert {name for name in names if name in dry} == gone
    assert enabled() == names - gone
    report = text_of(response)
    assert {name for name in names if name in report} == gone
    assert "laptop stolen" in report
    changes = ChangeRecord.objects.filter(action="disabled")
    assert {change.username for change in changes} == gone
    assert all("laptop stolen" in change.reason for change in changes)


def test_a_store_can_be_chosen(client, admin):
    store = StoreFactory(name="Outlet")
    APIKeyFactory(api_user=APIUserFactory(store=store, username="outlet"))
    APIKeyFactory(username="main")

    client.post(INCIDENT, {"store": store.public_id})

    assert enabled() == {"main"}


@pytest.mark.parametrize(
    "conditions",
    [
        *({}, {"reason": "x"}, {"seen_from": "somewhere"}, {"store": "nowhere"}),
        *({"created_since": "0000-00-00"}, {"created_since": "1999-12-31"}),
        {"created_since": "2001-01-02", "created_before": "2001-01-02"},
        *({"created_before": "0000-00-00"}, {"permission": "all"}, {"username": "a\x00b"}),
    ],
)
def test_what_is_not_said_clearly_disables_nothing(client, admin, conditions):
    APIKeyFactory(username="kept")

    response = client.post(INCIDENT, conditions)

    assert response.status_code == 200
    assert enabled() == {"kept"}
    assert "would be disabled" not in text_of(response)


def test_two_days_between_which_no_day_lies_are_said_beside_the_second(client, admin):
    days = {"created_since": "2026-03-02", "created_before": "2026-03-01"}

    page = client.get(INCIDENT, days).content.decode()

    assert re.search(
        r'name="created_before"[^>]*aria-invalid="true".*choose a later one', page, re.S
    )


def test_an_incident_without_a_reason_leaves_nothing_dangling(client, admin):
    APIKeyFactory(username="gone")

    report = client.post(INCIDENT, {"username": "gone", "reason": " "}, follow=True)

    incident_id = report.request["PATH_INFO"].split("/")[-2]
    for change in ChangeRecord.objects.filter(action__in=["incident", "disabled"]):
        assert change.reason == f"Incident {incident_id}"
    assert "1 key disabled" in text_of(report)
    assert f"/console/incident/{incident_id}/" in client.get(INCIDENT).content.decode()


def test_looking_never_disables(client, admin):
    APIKeyFactory(username="kept")
    client.get(f"{INCIDENT}?everything=on&reason=x")
    assert enabled() == {"kept"}


def test_very_many_keys_are_disabled_in_portions_and_the_report_offers_the_rest(
    client, admin, monkeypatch
):
    monkeypatch.setattr(incident, "AT_ONCE", 2)
    for name in ("one", "three", "two"):
        APIKeyFactory(username=name)

    report = client.post(INCIDENT, {"everything": "on"}, follow=True)

    assert enabled() == {"two"}
    assert "1 enabled key still fits" in text_of(report)
    assert "?everything=on" in report.content.decode()


def test_the_report_can_be_opened_again_and_says_who_and_when(client, admin):
    APIKeyFactory(username="gone")
    response = client.post(INCIDENT, {"username": "gone", "reason": "leaked on a forum"})

    report = text_of(client.get(response["Location"]))

    assert "1 key disabled" in report
    assert "By admin from 127.0.0.1" in report
    assert "API user: gone" in report
    assert "leaked on a forum" in report


def test_the_report_names_its_conditions_as_the_form_does(client, admin):
    store = StoreFactory(name="Harbour Books")
    conditions = {"store": store.public_id, "permission": "read_write"}
    conditions["created_since"] = "2026-03-01"

    report = text_of(client.post(INCIDENT, conditions | {"everything": "on"}, follow=True))

    assert "Store: Harbour Books" in report
    assert "Permission level: Read/Write" in report
    assert "Created on or after: 2026-03-01" in report
    assert "All keys: yes" in report


def test_a_printed_report_says_at_what_time_a_key_was_last_used(client, admin):
    used = datetime(2026, 3, 1, 8, 15, tzinfo=UTC)
    APIKeyFactory(username="in-use", last_used_at=used)
    APIKeyFactory(username="idle")
    gone = APIKeyFactory(username="gone", last_used_at=used)
    url = client.post(INCIDENT, {"everything": "on"})["Location"]
    gone.refresh_from_db()
    gone.delete(actor=ACTOR)

    report = text_of(client.get(url))

    assert "ago" not in report
    assert re.search(r"in-use .* Disabled 1 Mar 2026, 08:15:00 UTC", report)
    assert re.search(r"idle .* Disabled Never", report)
    assert re.search(r"gone .* Deleted . 0", report)


def test_an_earlier_report_is_found_again_by_those_who_may_open_it(client, admin, staff):
    report = client.post(INCIDENT, {"username": "nobody", "reason": "till stolen"})["Location"]
    page = client.get(INCIDENT)
    assert f'href="{report}"' in page.content.decode()
    assert "till stolen" in text_of(page)

    staff(may=CHANGES_KEYS)
    assert "till stolen" not in text_of(client.get(INCIDENT))
    report = client.post(INCIDENT, {"username": "nobody"})["Location"]
    assert f'href="{report}"' in client.get(INCIDENT).content.decode()


def test_the_button_of_an_incident_is_pressed_once(client, admin):
    APIKeyFactory(username="gone")
    page = client.get(f"{INCIDENT}?username=gone").content.decode()
    assert re.search(
        r"<form [^>]*method=\"post\"[^>]* data-once>\s*<input[^>]*csrf[^>]*>.*reason", page, re.S
    )


@pytest.mark.parametrize(
    "incident_id", ["20260101000000-abcdef", "99999999999999-abcdef", "20260101000000-%00", "x"]
)
def test_a_report_that_never_was_is_not_found(client, admin, incident_id):
    assert client.get(f"{INCIDENT}{incident_id}/").status_code == 404


def test_staff_reach_keys_of_their_stores_only(client, staff):
    mine = APIKeyFactory(username="mine")
    APIKeyFactory(username="theirs")
    staff(mine.api_user.store, may=CHANGES_KEYS)

    dry = text_of(client.get(f"{INCIDENT}?everything=on"))
    report = client.post(INCIDENT, {"everything": "on"}, follow=True)

    assert "theirs" not in dry
    assert "theirs" not in text_of(report)
    assert "still fit" not in text_of(report)
    assert enabled() == {"theirs"}


def test_whoever_left_a_store_finds_it_in_no_report_of_theirs(client, staff):
    stays, left = StoreFactory(name="Harbour Books"), StoreFactory(name="Hill Books")
    for store, username in ((stays, "harbour-till"), (left, "hill-till")):
        APIKeyFactory(store=store, username=username)
    user = staff(stays, left, may=CHANGES_KEYS)
    of_both = client.post(INCIDENT, {"everything": "on"})["Location"]
    of_one = client.post(INCIDENT, {"store": left.public_id})["Location"]
    assert "Store: Hill Books" in text_of(client.get(of_one))

    user.stores.remove(left)

    report = text_of(client.get(of_both))
    assert "1 key disabled" in report
    assert "harbour-till" in report
    assert "hill-till" not in report
    assert "Hill Books" not in text_of(client.get(of_one))


def test_a_report_is_for_its_author_and_for_superusers(client, staff):
    mine = APIKeyFactory(username="mine")
    store = mine.api_user.store
    author = staff(store, may=CHANGES_KEYS)
    url = client.post(INCIDENT, {"everything": "on"})["Location"]
    assert client.get(url).status_code == 200

    author.user_permissions.clear()
    assert client.get(url).status_code == 403
    staff(store, may=CHANGES_KEYS)
    assert client.get(url).status_code == 404

    client.force_login(UserFactory(superuser=True))
    assert "1 key disabled" in text_of(client.get(url))


def test_whoever_may_not_change_keys_may_not_open_it(client, staff):
    key = APIKeyFactory(username="kept")
    staff(key.api_user.store)

    assert client.get(INCIDENT).status_code == 403
    assert client.post(INCIDENT, {"everything": "on"}).status_code == 403
    assert enabled() == {"kept"}


@pytest.fixture
def without_calls(client, db):
    """A key with calls, seen by somebody who may change keys and not see calls."""
    key = APIKeyFactory(username="busy", last_used_at=timezone.now() - timedelta(hours=3))
    CallRecordFactory.create_batch(4, key=key, ip="192.0.2.1")
    user = UserFactory(permissions=CHANGES_KEYS, stores=[key.api_user.store])
    client.force_login(user)
    return key


def test_whoever_may_not_see_calls_sees_none_in_an_incident(client, without_calls):
    for last_used in (None, timezone.now() - timedelta(days=8)):
        APIKeyFactory(api_user=without_calls.api_user, last_used_at=last_used)
    form = client.get(INCIDENT).content.decode()
    dry = text_of(client.get(f"{INCIDENT}?everything=on"))
    report = text_of(client.post(INCIDENT, {"everything": "on"}, follow=True))

    assert "seen_from" not in form
    assert "3 keys would be disabled" in dry
    assert "1 of them was used in the last 7 days. Its integration stops at once." in dry
    assert "made 4 calls" not in dry
    assert "Calls in 7 days" not in dry + report
    assert "3 keys disabled" in report


@pytest.mark.parametrize("more", [{}, {"everything": "on"}, {"username": "busy"}])
def test_whoever_may_not_see_calls_cannot_ask_where_they_came_from(client, without_calls, more):
    conditions = {"seen_from": "192.0.2.1"} | more

    for response in (client.get(INCIDENT, conditions), client.post(INCIDENT, conditions)):
        assert response.status_code == 403
        assert "history.view_callrecord" in response.content.decode()
    assert enabled() == {"busy"}


def test_a_report_counts_no_calls_for_whoever_may_see_them_no_more(client, staff):
    key = APIKeyFactory(username="gone")
    CallRecordFactory(key=key, ip="192.0.2.1")
    user = staff(key.api_user.store, may=CHANGES_KEYS)
    conditions = {"seen_from": "192.0.2.1", "store": key.api_user.store.public_id}
    url = client.post(INCIDENT, conditions)["Location"]
    APIKeyFactory(api_user=key.api_user)
    user.user_permissions.filter(codename="view_callrecord").get().user_set.remove(user)

    report = text_of(client.get(url))

    assert "1 key disabled" in report
    assert "still fit" not in report
    assert "Calls in 7 days" not in report


def test_a_post_from_elsewhere_is_refused(admin):
    from django.test import Client

    APIKeyFactory(username="kept")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)

    assert strict.post(INCIDENT, {"everything": "on"}).status_code == 403
    assert enabled() == {"kept"}


def test_what_was_asked_is_kept_as_it_was_understood(client, admin):
    key = APIKeyFactory(username="busy")
    form = {
        "everything": "a\0b",
        "store": key.api_user.store.public_id,
        "created_before": "2100-01-01",
    }

    response = client.post(INCIDENT, form, follow=True)

    assert response.status_code == 200
    assert ChangeRecord.objects.get(action="incident").after == form | {"everything": "on"}
