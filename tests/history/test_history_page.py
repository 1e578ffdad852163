import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from oauthlib.oauth1 import Client

from apikeys import tokens
from apikeys.denial import DenialReason
from apikeys.models import APIKey
from history import nextstep, search
from history.models import CallRecord, UnprovenCalls
from tests.calls import basic
from tests.factories import (
    ACTOR,
    APIKeyFactory,
    CallRecordFactory,
    StoreFactory,
    UnprovenCallsFactory,
    UserFactory,
)
from tests.reading import text_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HISTORY = "/console/history/"


def headings(response):
    table = response.content.decode().partition('class="cards calls"')[2].partition("</thead>")[0]
    return [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<th[^>]*>.*?</th>", table)]


def test_a_key_has_the_columns_that_operators_know(client, admin):
    key = APIKeyFactory()
    CallRecordFactory(key=key)

    response = client.get(reverse("key_history", args=[key.consumer_key]))

    assert headings(response) == [
        *("Call", "IP Address", "Date Added", "Date Modified", "Result", "Reason")
    ]


def test_a_row_shows_the_call_with_its_time_zone_status_duration_and_request_id(client, admin):
    record = CallRecordFactory(
        date_added=NOON, method="POST", path="/api/v1/whoami", duration_ms=1250, request_id="abc123"
    )
    client.cookies["zone"] = "Europe/Berlin"

    shown = text_of(client.get(HISTORY))

    assert "POST /api/v1/whoami 200 · https · abc123" in shown
    assert "2 Mar 2026 13:00:00 CET" in shown
    assert "after 1.2 s" in shown
    assert record.username in shown
    assert record.ip in shown


def test_the_newest_call_stands_on_top(client, admin):
    old = CallRecordFactory(date_added=NOON, path="/old")
    new = CallRecordFactory(date_added=NOON + timedelta(seconds=1), path="/new")

    shown = text_of(client.get(HISTORY))

    assert shown.index(new.path) < shown.index(old.path)


def test_a_denial_is_told_in_words_with_the_next_step(client, admin):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    CallRecordFactory(key=key, reason=DenialReason.IP, ip="198.51.100.7")

    response = client.get(HISTORY)

    shown = text_of(response)
    assert "This address may not use the key." in shown
    assert "Address 198.51.100.7 is not on this key's list. Add it" in shown
    assert 'href="/console/help/ip_not_allowed/"' in response.content.decode()


def test_the_next_step_of_a_wrong_address_puts_it_on_the_list(client, admin, call):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    assert call(key, REMOTE_ADDR="198.51.100.7").status_code == 403
    page = client.get(HISTORY).content.decode()
    form = re.search(r'action="([^"]*/ips/)">.*?name="allowed_ips" value="([^"]*)"', page, re.S)

    client.post(form[1], {"allowed_ips": form[2]})

    assert call(key, REMOTE_ADDR="198.51.100.7").status_code == 200


@pytest.mark.parametrize("entry", ["198.51.100.7/32", "198.51.100.0/24", "any"])
def test_an_address_that_is_let_in_by_now_is_not_offered_again(client, admin, entry):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    other = APIKeyFactory(allowed_ips=["198.51.100.0/24"])
    for one, ip in [(key, "198.51.100.7"), (key, "2001:db8::1"), (other, "203.0.113.7")]:
        CallRecordFactory(key=one, reason=DenialReason.IP, ip=ip)
    if entry == "any":
        key.change(actor=ACTOR, any_ip=True)
    else:
        key.allow_ips([(entry, "")], actor=ACTOR)

    shown = text_of(client.get(HISTORY))

    assert "By now the key lets address 198.51.100.7 in." in shown
    assert "Address 198.51.100.7 is not" not in shown
    assert "Address 203.0.113.7 is not on this key's list. Add it" in shown
    assert ("Address 2001:db8::1 is not" in shown) == (entry != "any")


def test_a_key_can_be_disabled_from_a_row(client, admin):
    key = CallRecordFactory() and APIKey.objects.get()
    page = client.get(f"{HISTORY}?method=GET").content.decode()
    form = re.search(r'action="([^"]*/disable/)">.*?name="next" value="([^"]*)"', page, re.S)

    response = client.post(form[1], {"next": form[2]})

    assert response["Location"] == f"{HISTORY}?method=GET"
    assert not APIKey.objects.get(pk=key.pk).is_enabled
    assert "Disable this key" not in text_of(client.get(HISTORY))


def test_a_denial_says_what_the_gate_found(client, admin, call):
    key = APIKeyFactory(allowed_ips=["203.0.113.7"])
    call(key, REMOTE_ADDR="203.0.113.9")

    shown = text_of(client.get(HISTORY))

    assert "203.0.113.9 is not on the key's list (" in shown
    assert "the nearest entry is 203.0.113.7" in shown


@pytest.mark.parametrize("reason", [reason for reason in DenialReason if reason.proven])
def test_every_reason_has_advice_and_a_next_step_that_can_be_opened(client, admin, reason):
    key = APIKeyFactory()
    record = CallRecordFactory(key=key, reason=reason)

    step = nextstep.for_call(record, key)

    assert str(step.sentence)
    assert client.get(HISTORY).status_code == 200
    assert not step.url or client.get(step.url).status_code in {200, 302}
    assert nextstep.for_call(record, None).url == ""


def test_calls_of_a_deleted_key_stay_readable(client, admin):
    key = APIKeyFactory(disabled=True, username="gone")
    CallRecordFactory(key=key, reason=DenialReason.KEY_DISABLED)
    key.delete(actor=ACTOR)

    shown = text_of(client.get(HISTORY))

    assert "gone (deleted)" in shown
    assert "Disable this key" not in shown


def test_filters_stand_in_the_address_and_can_be_cleared(client, admin):
    CallRecordFactory(path="/wanted", reason=DenialReason.RATE)
    CallRecordFactory(path="/other")

    response = client.get(f"{HISTORY}?path=wanted&result=denied")

    shown = text_of(response)
    assert "/wanted" in shown
    assert "/other" not in shown
    assert "1 call" in shown
    assert f'<a class="small" href="{HISTORY}">Clear filters</a>' in response.content.decode()
    assert 'name="path" value="wanted"' in response.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "No calls yet"),
        ("?method=POST", "No call matches"),
        ("?ip=nowhere", "A filter could not be read"),
    ],
)
def test_an_empty_page_says_why_it_is_empty(client, admin, query, sentence):
    assert sentence in text_of(client.get(HISTORY + query))


def test_pages_lead_through_the_history_with_their_place_in_it(client, admin):
    key = APIKeyFactory()
    for second in range(60):
        CallRecordFactory(key=key, date_added=NOON + timedelta(seconds=second))

    first = client.get(f"{HISTORY}?per_page=25")
    older = re.search(r'rel="next" href="([^"]*)"', first.content.decode())[1].replace("&amp;", "&")
    second = client.get(HISTORY + older)
    newer = re.search(r'rel="prev" href="([^"]*)"', second.content.decode())[1].replace(
        "&amp;", "&"
    )

    assert "Showing 1 to 25 of 60" in text_of(first)
    assert "Showing 26 to 50 of 60" in text_of(second)
    assert "Showing 1 to 25 of 60" in text_of(client.get(HISTORY + newer))


@pytest.mark.parametrize(
    "query",
    [
        *("before=x", "before=9999999999999999-1", "after=0-0", "after=1-999999999999999999"),
        *(
            "row=-1",
            "row=%D9%A1",
            "row=99999999999",
            "per_page=9999",
            "days=0",
            "days=x",
            "before=%00",
        ),
    ],
)
def test_a_mangled_address_still_opens_a_page(client, admin, query):
    key = CallRecordFactory() and APIKey.objects.get()

    assert client.get(f"{HISTORY}?{query}").status_code == 200
    assert client.get(f"/console/keys/{key.consumer_key}/history/?{query}").status_code == 200


def test_what_a_caller_wrote_is_only_ever_text(client, admin):
    hostile = '<script>alert(1)</script>"onload="x'
    CallRecordFactory(path=f"/{hostile}", user_agent=hostile, method=hostile[:16])

    body = client.get(HISTORY).content.decode()

    assert "<script>alert" not in body
    assert 'onload="x' not in body


def test_attempts_without_the_right_secret_are_shown_apart(client, admin):
    key = APIKeyFactory()
    UnprovenCallsFactory(key=key, count=12)

    page = client.get(reverse("key_history", args=[key.consumer_key]))
    overview = client.get(reverse("key_delete", args=[key.consumer_key]))
    everything = client.get("/console/history/attempts/")

    assert "12 calls named this key in the last 7 days" in text_of(page)
    assert "No calls yet" in text_of(page)
    assert "198.51.100.9 12" in text_of(everything)
    assert overview.status_code == 200


def test_a_search_that_stopped_short_says_how_far_it_looked_and_how_to_go_on(
    client, admin, monkeypatch
):
    monkeypatch.setattr(search, "REACH", 2)
    key = APIKeyFactory()
    for hour in range(3):
        CallRecordFactory(key=key, date_added=NOON + timedelta(hours=hour), path=f"/{hour}")
    far = "Looked through the calls back to 2 Mar 2026, 13:00:00 UTC"

    nothing_yet = text_of(client.get(HISTORY, {"path": "/0"}))
    something = text_of(client.get(HISTORY, {"path": "/2"}))
    everything = text_of(client.get(HISTORY))

    assert f"{far} . There are older ones. Look further back below, or choose" in nothing_yet
    assert f"Showing 1 to 1 of 1+. {far} ; older ones may match, too." in something
    assert all("Look further back" in shown for shown in (nothing_yet, something))
    assert "Looked through" not in everything


UNSIGNED = "Signed, but this key was issued without signing: rotate it with signing on"


@pytest.mark.parametrize(
    ("sent", "found", "advice"),
    [
        ({}, "No credential was sent", "look for a proxy or redirect"),
        ({"Authorization": "Basic x"}, "Authorization: Basic: not base64", "Copy the key again"),
        ({"Authorization": "Digest x"}, "Authorization: unknown scheme", "Copy the key again"),
        (basic("ck", "cs"), "Authorization: Basic: not of our making, or mistyped", "Copy key and"),
        (basic("a", "b") | {"X-API-Key": "c"}, "Different credentials in", "one credential"),
    ],
)
def test_an_attempt_says_what_was_wrong_and_what_to_do(client, admin, call, sent, found, advice):
    call(headers=sent)

    shown = text_of(client.get("/console/history/attempts/"))

    assert found in shown
    assert advice in shown


def test_attempts_on_a_key_say_whether_its_secret_or_its_signature_was_wrong(client, admin, call):
    key = APIKeyFactory()
    address = reverse("key_history", args=[key.consumer_key])

    call(key, secret=tokens.new_secret(key.consumer_key))
    assert "Wrong secret" in text_of(client.get(address))

    signer = Client(key.consumer_key, client_secret=key.secret)
    _url, headers, _body = signer.sign("https://testserver/api/v1/whoami")
    call(headers=headers | {"Host": "testserver"})
    assert UNSIGNED in text_of(client.get(address))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("198.51.100.7", "first"),
        (" 198.51.100.7 ", "first"),
        ("2001:db8:7:0:1::9", "second"),
        ("2001:db8:7::/64", "second"),
        ("203.0.113.1", ""),
        ("nonsense", ""),
        ("\x00", ""),
    ],
)
def test_attempts_are_found_by_address(client, admin, asked, found):
    UnprovenCallsFactory(network="198.51.100.7", path="/first")
    UnprovenCallsFactory(network="2001:db8:7::/64", path="/second")

    shown = text_of(client.get("/console/history/attempts/", {"ip": asked}))

    assert [name for name in ("first", "second") if f"/{name}" in shown] == found.split()
    assert ("No attempt matches" in shown) == (not found)


def test_failed_attempts_that_are_held_off_are_not_told_of_the_limit_of_a_key(
    client, admin, call, settings
):
    settings.FAILED_ATTEMPT_LIMIT = "1/minute"
    for _ in range(2):
        call(headers=basic("ck", "cs"))

    shown = text_of(client.get("/console/history/attempts/"))

    assert "Too many failed attempts; this one: invalid_credentials" in shown
    assert "the right secret is let in at once" in shown


def test_failed_attempts_that_are_held_off_still_count_for_the_key_they_name(
    client, admin, call, settings
):
    settings.FAILED_ATTEMPT_LIMIT = "1/minute"
    key = APIKeyFactory()
    for _ in range(3):
        call(key, secret="cs_live_wrong")

    held_off = UnprovenCalls.objects.filter(reason="rate_limited")

    assert [(row.consumer_key, row.count) for row in held_off] == [(key.consumer_key, 2)]


def test_attempts_on_a_key_take_a_permission_of_their_own(client, db):
    key = APIKeyFactory()
    UnprovenCallsFactory(key=key, count=12)
    may = ["apikeys.view_apikey", "history.view_callrecord"]
    client.force_login(UserFactory(permissions=may, stores=[key.api_user.store]))

    for path in ("history/", ""):
        page = client.get(f"/console/keys/{key.consumer_key}/{path}")
        assert page.status_code == 200
        assert "ithout the right secret" not in text_of(page)


def test_the_frequent_addresses_and_paths_of_a_key_are_summed_up(client, admin):
    key = APIKeyFactory()
    CallRecordFactory.create_batch(3, key=key, ip="203.0.113.7", path="/often")
    CallRecordFactory(key=key, ip="2001:db8::1", path="/once")

    shown = text_of(client.get(reverse("key_history", args=[key.consumer_key])))

    assert "Most frequent addresses IP Address Calls Newest 203.0.113.7 3" in shown
    assert "Most frequent paths Call Calls Newest GET /often 3" in shown


def test_staff_see_calls_of_their_stores_only(client, staff):
    mine, theirs = APIKeyFactory(username="mine"), APIKeyFactory(username="theirs")
    for key in (mine, theirs):
        CallRecordFactory(key=key)
        UnprovenCallsFactory(key=key)
    UnprovenCallsFactory(count=5)
    staff(mine.api_user.store)

    for path in (HISTORY, "/console/history/attempts/", "/console/"):
        shown = client.get(path).content.decode()
        assert theirs.consumer_key not in shown
        assert "theirs" not in shown
    assert "mine" in text_of(client.get(HISTORY))
    assert client.get(reverse("key_history", args=[theirs.consumer_key])).status_code == 404
    assert client.get(reverse("key_history_export", args=[theirs.consumer_key])).status_code == 404


@pytest.mark.parametrize(
    "path", [HISTORY, f"{HISTORY}export/", f"{HISTORY}attempts/", "/console/", "/console/incident/"]
)
def test_strangers_are_led_to_the_login(client, db, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/console/login/")


def test_a_missing_permission_is_named(client, staff):
    user = staff(StoreFactory())
    user.user_permissions.clear()

    response = client.get(HISTORY)

    assert response.status_code == 403
    assert "call record" in text_of(response)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path", [HISTORY, f"{HISTORY}export/", f"{HISTORY}attempts/", "/console/keys/{key}/history/"]
)
def test_nobody_writes_into_the_history(client, admin, path, method):
    key = APIKeyFactory()
    CallRecordFactory(key=key)
    UnprovenCallsFactory(key=key)
    before = [list(model.objects.values()) for model in (CallRecord, UnprovenCalls)]

    form = {"id": CallRecord.objects.get().pk, "delete": "yes", "count": "1"}
    response = getattr(client, method)(path.format(key=key.consumer_key), form)

    assert response.status_code == 405
    assert [list(model.objects.values()) for model in (CallRecord, UnprovenCalls)] == before


@pytest.mark.parametrize("place", ["history/", "history/export/", "history/attempts/"])
@pytest.mark.parametrize("cut", [slice(None), slice(0, 64)], ids=["whole", "cut off"])
def test_a_secret_pasted_in_place_of_its_key_is_in_no_address(client, admin, place, cut):
    key = APIKeyFactory()
    CallRecordFactory(key=key, path="/its-own")
    CallRecordFactory(path="/of-another")
    url = f"/console/{place}"

    response = client.get(url, {"key": key.secret[cut], "result": "allowed"})

    is_whole = cut == slice(None)
    named = key.consumer_key if is_whole else "[cut]"
    assert response["Location"] == f"{url}?{urlencode({'key': named, 'result': 'allowed'})}"
    shown = client.get(response["Location"])
    text = shown.getvalue().decode()
    assert key.secret[:40] not in text
    assert "/of-another" not in text
    if place != "history/attempts/":
        assert ("/its-own" in text) == is_whole
