import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from apikeys.models import Secret
from history import chart, rollup
from history.daily import Day, today
from history.views import dashboard
from tests.factories import (
    ACTOR,
    APIKeyFactory,
    CallRecordFactory,
    StoreFactory,
    UnprovenCallsFactory,
    UserFactory,
)
from tests.reading import text_of

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def shown(client, admin):
    """What the dashboard says to a superuser."""
    return lambda query="": text_of(client.get(f"/console/{query}"))


def test_an_empty_dashboard_teaches_how_to_begin(shown):
    assert "No keys yet" in shown()


def test_keys_are_counted_by_state(shown):
    APIKeyFactory.create_batch(2)
    APIKeyFactory(disabled=True)
    APIKeyFactory(expired=True)

    assert "2 keys enabled 1 key disabled 1 key expired" in shown()


def test_calls_and_denials_of_today_and_of_the_week_are_counted(shown):
    key = APIKeyFactory()
    CallRecordFactory.create_batch(3, key=key)
    CallRecordFactory(key=key, reason="rate_limited")
    CallRecordFactory(key=key, date_added=timezone.now() - timedelta(days=3))
    CallRecordFactory(key=key, date_added=timezone.now() - timedelta(days=8))
    UnprovenCallsFactory(count=5)
    rollup.roll_up()
    CallRecordFactory(key=key)

    text = shown()

    assert "4 calls today 5 in 7 days" in text
    assert "1 denial today 1 in 7 days" in text
    assert "5 attempts without the right secret, in 7 days" in text


def test_the_numbers_of_calls_lead_to_the_calls_of_the_week(client, admin):
    key = APIKeyFactory()
    for ago in (0, 3, 8):
        moment = timezone.now() - timedelta(days=ago)
        CallRecordFactory(key=key, date_added=moment)
        CallRecordFactory(key=key, date_added=moment, reason="rate_limited")
    page = client.get("/console/").content.decode()

    links = re.findall(r'class="card stat" href="(/console/history/\?[^"]+)"', page)

    assert len(links) == 2
    for link in links:
        assert "2 calls" in text_of(client.get(unescape(link)))


def test_what_needs_attention_is_named(shown):
    now = timezone.now()
    expiring = APIKeyFactory(username="expiring", expires_at=now + timedelta(days=3, hours=1))
    idle = APIKeyFactory(username="idle", date_added=now - timedelta(days=91))
    aged = APIKeyFactory(username="aged")
    Secret.objects.filter(api_key=aged).update(date_added=now - timedelta(days=200))
    leaked = APIKeyFactory(username="leaked")
    leaked.rotate(actor=ACTOR)
    Secret.objects.filter(api_key=leaked, version=1).update(refused_at=now, refused_count=1)
    APIKeyFactory(username="quiet")

    text = shown()

    hint = r" ck_live_\S+ "
    assert re.search(rf"Replaced secret still in use 1 leaked{hint}presented just now", text)
    assert re.search(rf"Expires within 14 days 1 expiring{hint}ends in 3 days", text)
    assert re.search(rf"Unused for 90 days 1 idle{hint}last used Never", text)
    assert re.search(rf"Secret older than 180 days 1 aged{hint}made 6 months ago", text)
    assert "quiet" not in text
    assert {key.state for key in (expiring, idle, aged, leaked)} == {"enabled"}


def test_a_worker_that_stopped_is_told(shown, monkeypatch):
    monkeypatch.setattr(dashboard, "BEHIND", 2)
    CallRecordFactory.create_batch(2)
    assert "worker" not in shown()
    CallRecordFactory()
    assert "2+ calls wait to be counted" in shown()
    rollup.roll_up()
    assert "worker" not in shown()


def test_the_most_frequent_denial_reasons_come_with_advice(shown):
    key = APIKeyFactory()
    CallRecordFactory.create_batch(2, key=key, reason="ip_not_allowed")
    CallRecordFactory(key=key, reason="stale_timestamp")

    text = shown()

    assert "This address may not use the key. 2 Add the address to the key's list" in text
    assert text.index("This address may not") < text.index("too far from the server's time")


def test_a_forwarding_header_without_a_trusted_proxy_is_warned_of(client, admin):
    assert "Client IPs may be wrong" not in text_of(client.get("/console/"))
    warned = client.get("/console/", headers={"X-Forwarded-For": "203.0.113.7"})
    assert "Client IPs may be wrong" in text_of(warned)


def test_staff_of_a_store_count_its_keys_and_calls_only(client, staff):
    store = StoreFactory()
    mine, theirs = APIKeyFactory(store=store), APIKeyFactory()
    CallRecordFactory(key=mine)
    CallRecordFactory.create_batch(5, key=theirs, reason="rate_limited")
    UnprovenCallsFactory(key=theirs, count=3)
    UnprovenCallsFactory(count=3)
    staff(store)

    text = text_of(client.get("/console/"))

    assert "1 key enabled" in text
    assert "1 call today" in text
    assert "0 denials today" in text
    assert "0 attempts" in text
    assert "Limit reached" not in text


@pytest.mark.parametrize(
    ("permission", "seen", "unseen"),
    [
        (None, ["Nothing to see yet"], ["key enabled", "today", "attempts"]),
        ("apikeys.view_apikey", ["1 key enabled"], ["call today", "attempts", "Why calls"]),
        ("history.view_callrecord", ["1 denial today", "Why calls"], ["enabled", "attempts"]),
        ("history.view_unprovencalls", ["3 attempts"], ["key enabled", "today"]),
    ],
)
def test_everybody_lands_here_and_sees_what_they_may_see(client, db, permission, seen, unseen):
    key = APIKeyFactory()
    CallRecordFactory(key=key, reason="rate_limited")
    UnprovenCallsFactory(key=key, count=3)
    user = UserFactory(stores=[key.api_user.store], permissions=[permission] if permission else [])
    client.force_login(user)

    text = text_of(client.get("/console/"))

    assert [part for part in seen if part not in text] == []
    assert [part for part in unseen if part in text] == []


@pytest.mark.parametrize("days", chart.PERIODS)
def test_the_chart_has_a_bar_a_day_and_a_table_of_the_same_numbers(client, admin, days):
    CallRecordFactory(date_added=timezone.now() - timedelta(days=1))

    body = client.get(f"/console/?days={days}").content.decode()

    assert body.count('class="reach"') == days
    assert body.count('<tr><th scope="row">') == days
    assert body.count('class="calls"') == 1
    assert "1 call, 0 denials</title>" in body
    assert f'<a href="?days={days}" aria-current="true">' in body


@pytest.mark.parametrize(
    "counts", [[(0, 0)], [(1, 0)], [(0, 1)], [(10**9, 1), (1, 10**9)], [(5, 5), (0, 0), (7, 1)]]
)
def test_bars_stay_inside_the_picture_and_small_numbers_stay_visible(counts):
    drawn = chart.draw([Day(today(), *pair) for pair in counts])

    for day, bar in zip(drawn.days, drawn.bars, strict=True):
        assert (bar.rise > 0, bar.fall > 0) == (day.allowed > 0, day.denied > 0)
        assert 0 <= bar.top <= bar.top + bar.rise <= drawn.height + chart.LEAST
        assert drawn.baseline + bar.fall <= drawn.height + 0.1
    assert drawn.calls == sum(allowed for allowed, _denied in counts)


@pytest.mark.parametrize("page", ["", "delete/"])
def test_a_key_tells_the_calls_of_its_last_week(client, admin, page):
    key = APIKeyFactory(disabled=True)
    CallRecordFactory.create_batch(2, key=key)
    CallRecordFactory(key=key, reason="key_disabled")
    UnprovenCallsFactory(key=key, count=12)

    text = text_of(client.get(f"/console/keys/{key.consumer_key}/{page}"))

    assert "Calls in the last 7 days 2 Denials 1 Without the right secret 12 attempts" in text
