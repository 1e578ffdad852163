from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apikeys.models import APIKey
from history import search
from history.filters import CallFilter
from history.models import CallRecord
from history.position import Position
from history.search import Search
from tests.factories import ACTOR, APIKeyFactory, CallRecordFactory, StoreFactory, UserFactory

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def user(db):
    return UserFactory(superuser=True)


@pytest.fixture
def look(user):
    """The filter of a query, as that user sees it: ``look("method=POST")``."""

    def build(query="", *, by=user, key=None):
        request = RequestFactory().get("/")
        request.user = by
        return CallFilter(QueryDict(query), request=request, key=key)

    return build


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", True),
        ("result=allowed", False),
        ("result=denied", True),
        ("reason=ip_not_allowed", True),
        ("reason=rate_limited", False),
        ("reason=ip_not_allowed&result=allowed", False),
        ("reason=ip_not_allowed&result=denied", True),
        ("method=POST", True),
        ("method=GET", False),
        ("ip=198.51.100.7", True),
        ("ip=198.51.100.8", False),
        ("ip=198.51.100.0/24", True),
        ("ip=198.51.100.*", True),
        ("ip=203.0.113.0/24", False),
        ("ip=2001:db8::/32", False),
        ("path=invoices", True),
        ("path=INVOICES", True),
        ("path=products", False),
        ("path=%25", False),
        ("period=hour", False),
        ("period=day", True),
        ("key=Erp-Sync", True),
        ("key=erp", False),
        ("request_id=abc123", True),
        ("request_id=abc123&key=erp-sync&path=v1", True),
        ("request_id=abc123&method=GET", False),
        ("request_id=abc12", False),
        ("since=2199-12-31", False),
        ("until=2000-01-01", False),
        ("method=POST&ip=198.51.100.7&result=denied&path=v1&period=week", True),
        ("unknown=1&page=x", True),
    ],
)
def test_what_can_be_asked(look, query, fits):
    record = CallRecordFactory(
        key=APIKeyFactory(username="erp-sync"),
        date_added=timezone.now() - timedelta(hours=2),
        reason="ip_not_allowed",
        method="POST",
        ip="198.51.100.7",
        path="/api/v1/stores/x/invoices",
        request_id="abc123",
    )
    wanted = look(query)

    assert list(Search(wanted).walk()) == ([record] if fits else [])
    assert Search(wanted).page(50).records == ([record] if fits else [])
    assert Search(wanted).total.count == fits
    assert list(wanted.qs) == ([record] if fits else [])


@pytest.mark.parametrize(
    "query",
    [
        *(
            "result=maybe",
            "reason=invalid_credentials",
            "method=BREW",
            "ip=nowhere",
            "ip=1.2.3.4/8",
        ),
        *("since=tomorrow", "since=0001-01-01", "until=9999-12-31", "period=decade"),
        *("path=%00", "key=%00", "path=" + "x" * 301, "key=" + "x" * 65),
    ],
)
def test_what_cannot_be_read_fits_nothing(look, query):
    CallRecordFactory()
    wanted = look(query)

    assert not wanted.is_valid_query
    assert wanted.form.errors
    assert list(Search(wanted).walk()) == Search(wanted).page(50).records == []
    assert Search(wanted).total.count == 0


def test_days_are_those_of_the_operator(look):
    record = CallRecordFactory(date_added=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        assert Search(look("since=2026-03-03&until=2026-03-03")).page(9).records == [record]
        assert Search(look("until=2026-03-02")).page(9).records == []


def test_calls_of_a_deleted_key_are_found_by_the_names_they_keep(look):
    key = APIKeyFactory(username="gone", disabled=True)
    record = CallRecordFactory(key=key)
    CallRecordFactory()
    consumer_key, api_user = key.consumer_key, key.api_user
    key.delete(actor=ACTOR)
    assert Search(look(f"key={consumer_key}")).page(9).records == [record]
    assert Search(look(f"key={api_user.username}")).page(9).records == [record]


@pytest.mark.parametrize(
    "query", ["", "result=denied", "path=api", "ip=203.0.113.7", "reason=rate_limited"]
)
@pytest.mark.parametrize("stores", [0, 1, 2])
def test_staff_find_calls_of_their_stores_only(look, query, stores):
    own = [StoreFactory() for _ in range(stores)]
    mine = [
        CallRecordFactory(key=APIKeyFactory(store=store), reason="rate_limited") for store in own
    ]
    theirs = CallRecordFactory(reason="rate_limited")
    staff = UserFactory(stores=own)

    assert set(Search(look(query, by=staff)).walk()) == set(mine)
    assert set(Search(look(query, by=staff)).page(50).records) == set(mine)
    assert Search(look(query, by=staff)).total.count == stores
    assert not list(Search(look(f"request_id={theirs.request_id}", by=staff)).walk())
    assert not list(Search(look(f"key={theirs.consumer_key}", by=staff)).walk())
    assert not list(Search(look(f"key={theirs.username}", by=staff)).walk())


def test_a_request_id_finds_its_calls_among_those_of_one_key_only(look):
    first, second = (CallRecordFactory(request_id="of-a-proxy") for _ in range(2))
    key = APIKey.objects.get(pk=first.key_id)

    assert set(Search(look("request_id=of-a-proxy")).walk()) == {first, second}
    assert list(Search(look("request_id=of-a-proxy", key=key)).walk()) == [first]


def test_a_name_that_was_used_in_another_store_shows_nothing_of_it(look):
    theirs = APIKeyFactory(username="erp", disabled=True)
    CallRecordFactory(key=theirs)
    theirs.delete(actor=ACTOR)
    theirs.api_user.delete(actor=ACTOR)
    mine = APIKeyFactory(username="erp")
    record = CallRecordFactory(key=mine)
    staff = UserFactory(stores=[mine.api_user.store])

    search = Search(look("key=erp", by=staff))

    assert list(search.walk()) == search.page(9).records == [record]
    assert search.total.count == 1


def test_nobody_finds_nothing(look):
    CallRecordFactory()
    assert not list(Search(look(by=AnonymousUser())).walk())


@pytest.mark.parametrize("query", ["", "path=even"])
@pytest.mark.parametrize("reach", [3, 7, 1000])
def test_pages_lead_through_all_calls_and_back(look, monkeypatch, query, reach):
    monkeypatch.setattr(search, "REACH", reach)
    key = APIKeyFactory()
    records = [
        CallRecordFactory(
            key=key,
            date_added=NOON + timedelta(seconds=number // 3),  # three at the same instant
            path=f"/{'odd' if number % 2 else 'even'}",
        )
        for number in range(20)
    ]
    fitting = [record for record in reversed(records) if query == "" or "even" in record.path]
    wanted = Search(look(query, key=key))

    met, before, pages = [], None, []
    while True:
        page = wanted.page(3, before=before)
        met += page.records
        pages.append(page)
        if page.older is None:
            break
        before = page.older
    assert met == fitting == list(wanted.walk())
    assert wanted.total.count == len(fitting) or wanted.total.is_least
    assert wanted.total.count <= len(fitting)

    full = [page for page in pages if len(page.records) == 3]
    if reach == 1000:
        assert wanted.page(3, after=full[2].newer).records == full[1].records
        assert wanted.page(3, after=full[1].newer).records == full[0].records
        assert wanted.page(3, after=full[0].older).records == full[0].records


def test_a_look_that_stops_short_says_how_far_it_went(look, monkeypatch):
    monkeypatch.setattr(search, "REACH", 2)
    key = APIKeyFactory()
    oldest, middle, *_ = [
        CallRecordFactory(key=key, date_added=NOON + timedelta(hours=hour), path=f"/{hour}")
        for hour in range(3)
    ]

    first = Search(look("path=/0")).page(50)
    second = Search(look("path=/0")).page(50, before=first.older)

    assert (first.records, first.searched_to) == ([], middle.date_added)
    assert (second.records, second.older, second.searched_to) == ([oldest], None, None)
    assert str(Search(look("path=/2")).total) == "1+"


@given(st.text(max_size=30))
def test_any_text_is_a_position_or_none(text):
    position = Position.parse(text)
    assert position is None or Position.parse(str(position)) == position


def test_a_position_survives_the_url():
    record = CallRecord(pk=991, date_added=NOON + timedelta(microseconds=1))
    assert Position.parse(str(record.position)) == record.position
