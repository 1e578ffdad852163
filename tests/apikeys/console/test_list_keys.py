from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys import paging
from apikeys.models import APIKey, key_lists
from tests.factories import (
    ACTOR,
    APIKeyFactory,
    APIUserFactory,
    SecretFactory,
    StoreFactory,
    UserFactory,
)

URL = "/console/keys/"
SEARCH = "/console/keys/search/"


def names(client, **query):
    page = client.get(URL, query)
    assert page.status_code == 200
    return [key.description for key in page.context["page"]]


def test_a_row_has_what_an_operator_asks_for(client, admin):
    key = APIKeyFactory(username="till-1", allowed_ips=["203.0.113.7"], permission="write")
    APIKey.objects.update(last_used_at=timezone.now() - timedelta(hours=3))

    page = client.get(URL).content.decode()

    for text in ("till-1", "Enabled", key.hint, "Write", "203.0.113.7", "3\xa0hours ago"):
        assert text in page
    assert key.secret not in page


OBSTACLES = {
    "API user disabled": lambda user: user.disable(actor=ACTOR),
    "Owner inactive": lambda user: User.objects.filter(pk=user.owner_id).update(is_active=False),
    "Store disabled": lambda user: user.store.disable(actor=ACTOR),
}


@pytest.mark.parametrize("obstacle", ["", *OBSTACLES])
def test_an_enabled_key_that_lets_no_call_in_says_what_keeps_it_out(client, admin, call, obstacle):
    key = APIKeyFactory(username="till-1", owner=UserFactory())
    OBSTACLES.get(obstacle, str)(key.api_user)

    assert call(key).status_code == (401 if obstacle else 200)
    for url in (URL, f"{URL}{key.consumer_key}/", "/console/users/till-1/"):
        page = client.get(url).content.decode()
        assert ">Enabled</span>" in page
        assert [text for text in OBSTACLES if f">{text}</span>" in page] == [obstacle][
            : len(obstacle)
        ]
        assert ('class="dimmed"' in page) == (obstacle != "" and "/keys/ck_" not in url)


def test_what_keeps_keys_out_costs_the_list_no_query(client, admin):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured)

    keys = [APIKeyFactory(owner=UserFactory()) for _number in range(3)]
    before = queries()
    for key, keep_out in zip(keys, OBSTACLES.values(), strict=True):
        keep_out(key.api_user)

    assert queries() == before


def test_a_key_that_was_never_used_says_never(client, admin):
    APIKeyFactory()

    assert "Never" in client.get(URL).content.decode()


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("enabled", {"plain", "soon", "wide", "idle", "old"}),
        ("disabled", {"off"}),
        ("expired", {"over"}),
        ("expiring", {"soon"}),
        ("idle", {"idle", "old"}),
        ("old_secret", {"old"}),
        ("any_ip", {"wide"}),
        ("nonsense", {"plain", "off", "over", "soon", "wide", "idle", "old"}),
    ],
)
def test_the_status_filter(client, admin, state, found):
    now = timezone.now()
    home = {"allowed_ips": ["203.0.113.7"]}
    APIKeyFactory(description="plain", **home)
    APIKeyFactory(description="off", disabled=True, **home)
    APIKeyFactory(description="over", expired=True, **home)
    APIKeyFactory(description="soon", expires_at=now + timedelta(days=5), **home)
    APIKeyFactory(description="wide", any_ip=True)
    APIKeyFactory(description="idle", date_added=now - timedelta(days=91), **home)
    old = APIKeyFactory(description="old", date_added=now - timedelta(days=200), **home)
    old.secrets.update(date_added=now - timedelta(days=200))

    assert set(names(client, status=state)) == found


@pytest.mark.parametrize(("few", "common"), [(0, 20_000), (0, 1), (0, 3), (1000, 1)])
def test_a_filter_shows_the_same_in_the_same_order_whether_few_or_many_match(
    client, admin, monkeypatch, few, common
):
    for number in range(5):
        how = {"permission": "write" if number % 2 else "read", "any_ip": number > 1}
        APIKeyFactory(description=f"key {number}", disabled=number == 3, **how)
    filters = [{"permission": "write"}, *({"status": state} for state in ("enabled", "any_ip"))]
    asked = [{**by, "order": order} for by in filters for order in ("", "username", "-status")]
    before = [names(client, **query) for query in asked]

    monkeypatch.setattr(paging, "FEW", few)
    monkeypatch.setattr(key_lists, "COMMON", common)

    assert [names(client, **query) for query in asked] == before
    assert all(before)


def test_of_few_keys_a_filter_is_asked_once(client, admin):
    APIKeyFactory(username="till-1")
    APIKeyFactory(username="till-2")

    with CaptureQueriesContext(connection) as captured:
        client.get(URL, {"user": "till-1", "order": "-last_used"})

    assert sum("= 'till-1'" in query["sql"] for query in captured.captured_queries) == 1


def test_a_list_sorted_by_what_its_filter_chose_is_sorted_by_date(client, admin):
    for number in range(3):
        APIKeyFactory(description=f"key {number}", permission="write")

    assert names(client, permission="write", order="permission") == ["key 2", "key 1", "key 0"]
    assert names(client, permission="write", order="-permission") == ["key 0", "key 1", "key 2"]


def test_the_filter_for_replaced_secrets_in_use(client, admin):
    APIKeyFactory(description="quiet")
    key = APIKeyFactory(description="leaking")
    SecretFactory(api_key=key)
    key.secrets.filter(version=1).update(refused_at=timezone.now(), refused_count=2)

    assert names(client, status="retired_in_use") == ["leaking"]


def test_keys_whose_replaced_secret_is_in_use_are_sorted_by_their_status(client, admin):
    for name, disabled in (("on", False), ("off", True), ("on too", False)):
        key = APIKeyFactory(description=name, disabled=disabled)
        SecretFactory(api_key=key)
        key.secrets.exclude(retires_at=None).update(refused_at=timezone.now())

    asked = {"status": "retired_in_use"}

    assert names(client, **asked, order="status") == ["off", "on too", "on"]
    assert names(client, **asked, order="-status") == ["on", "on too", "off"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("stock", {"stock sync"}),
        ("TILL", {"the till"}),
        ("till-9", {"the till"}),
        ("203.0.113.9", {"stock sync", "network"}),
        ("203.0.113.0/24", {"network"}),
        ("2001:db8::1", {"six"}),
        ("carol", {"owned"}),
        ("nothing like it", set()),
    ],
)
def test_one_search_box_finds_by_everything(client, admin, text, found):
    APIKeyFactory(description="stock sync", allowed_ips=["203.0.113.9"])
    APIKeyFactory(description="the till", username="till-9")
    APIKeyFactory(description="network", allowed_ips=["203.0.113.0/24"])
    APIKeyFactory(description="six", allowed_ips=["2001:db8::/48"])
    APIKeyFactory(description="owned", owner=UserFactory(username="carol"))

    assert set(names(client, q=text)) == found


def test_the_ending_of_a_key_finds_it(client, admin):
    key = APIKeyFactory(description="this one")
    APIKeyFactory(description="other")

    assert names(client, q=key.consumer_key[-6:]) == ["this one"]
    assert names(client, q=key.hint) == ["this one"]


@pytest.mark.parametrize("pasted", ["consumer_key", "secret"])
def test_a_pasted_whole_key_leads_to_its_page(client, admin, pasted):
    key = APIKeyFactory()

    response = client.post(SEARCH, {"q": f" {getattr(key, pasted)} "})

    assert response["Location"] == f"/console/keys/{key.consumer_key}/"
    assert key.secret not in str(response.headers)


def test_a_pasted_retired_secret_still_tells_whose_it_was(client, admin):
    key = APIKeyFactory()
    SecretFactory(api_key=key)

    assert client.post(SEARCH, {"q": key.secret})["Location"].endswith(f"{key.consumer_key}/")


@pytest.mark.parametrize("cut", [slice(0, -1), slice(0, 40), slice(0, 20)])
def test_a_damaged_secret_reaches_no_address(client, admin, cut):
    secret = APIKeyFactory().secret[cut]

    response = client.post(SEARCH, {"q": secret})

    assert response["Location"] == "/console/keys/"
    assert secret not in client.get(URL).content.decode()


def test_a_foreign_key_is_not_found_by_pasting_it(client, staff):
    staff("view_apikey")
    key = APIKeyFactory()

    assert client.post(SEARCH, {"q": key.secret})["Location"] == "/console/keys/"


def test_a_secret_in_the_address_is_not_repeated(client, admin):
    secret = APIKeyFactory().secret

    response = client.get(URL, {"q": secret}, follow=True)

    assert secret not in response.content.decode()
    assert "rotate the key" in response.content.decode()


def test_other_text_goes_into_the_address_with_the_filters(client, admin):
    response = client.post(SEARCH, {"q": "till", "status": "disabled", "order": "username"})

    assert response["Location"] == "/console/keys/?q=till&status=disabled&order=username"


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("username", "a"),
        ("-username", "c"),
        ("last_used", "c"),
        ("-last_used", "b"),
        ("added", "a"),
        ("-added", "c"),
        ("secrets__digest", "c"),
    ],
)
def test_columns_sort_and_nothing_else_does(client, admin, order, first):
    now = timezone.now()
    for number, name in enumerate("abc"):
        APIKeyFactory(
            username=f"user-{name}", description=name, date_added=now - timedelta(days=9 - number)
        )
    APIKey.objects.filter(description="b").update(last_used_at=now)
    APIKey.objects.filter(description="c").update(last_used_at=now - timedelta(days=1))

    assert names(client, order=order)[0] == first


@pytest.mark.parametrize(
    ("state", "order", "found"),
    [
        ("expired", "", ["yesterday", "long ago"]),
        ("expiring", "", ["in 2 days", "in 9 days"]),
        ("expiring", "added", ["in 9 days", "in 2 days"]),
        ("idle", "", ["long ago idle", "idle"]),
        ("old_secret", "", ["oldest", "older"]),
    ],
)
def test_what_presses_most_stands_first_unless_asked_otherwise(client, admin, state, order, found):
    now = timezone.now()
    for number, (name, days) in enumerate(
        {"in 9 days": 9, "in 2 days": 2, "long ago": -30, "yesterday": -1}.items()
    ):
        key = APIKeyFactory(description=name)
        added = now - timedelta(days=40 - number)
        APIKey.objects.filter(pk=key.pk).update(
            expires_at=now + timedelta(days=days), date_added=added
        )
    for name, days in {"idle": 91, "long ago idle": 120}.items():
        APIKeyFactory(description=name, date_added=now - timedelta(days=days))
    for name, days in {"older": 190, "oldest": 300}.items():
        APIKeyFactory(description=name).secrets.update(date_added=now - timedelta(days=days))

    assert names(client, status=state, order=order) == found


def test_staff_see_the_keys_of_their_stores_only(client, staff):
    user = staff("view_apikey")
    APIKeyFactory(description="mine", store=user.store)
    APIKeyFactory(description="foreign")

    assert names(client) == ["mine"]
    assert names(client, q="foreign") == []


def test_no_keys_and_no_match_read_differently(client, admin):
    assert "No keys yet" in client.get(URL).content.decode()
    APIKeyFactory()
    page = client.get(URL, {"q": "zzz"}).content.decode()
    assert "No key matches" in page
    assert "Clear filters" in page


def test_pages_keep_the_filters_and_say_where_one_is(client, admin):
    user = APIUserFactory()
    for _ in range(26):
        APIKeyFactory(api_user=user)

    page = client.get(URL, {"per_page": "25", "order": "added"}).content.decode()

    assert "Showing 1 to 25 of 26" in page
    assert "per_page=25&amp;order=added&amp;page=2" in page


def test_the_list_costs_the_same_for_many_rows(client, admin, django_assert_max_num_queries):
    store = StoreFactory()
    for number in range(30):
        key = APIKeyFactory(store=store, allowed_ips=[f"203.0.113.{n}" for n in range(1, 6)])
        key.disable(actor=ACTOR) if number % 2 else None

    with django_assert_max_num_queries(12):
        page = client.get(URL).content.decode()

    assert "and 3 more" in page


@pytest.mark.parametrize(
    "query", [{"page": "x"}, {"page": "-1"}, {"page": "9" * 50}, {"q": "\x00"}, {"q": "ab " * 999}]
)
def test_odd_queries_show_the_list(client, admin, query):
    APIKeyFactory()

    assert client.get(URL, query).status_code == 200


def test_the_thousands_of_a_total_are_set_apart_where_all_of_it_is_offered(client, admin):
    user = APIUserFactory()
    keys = APIKeyFactory.build_batch(1001, api_user=user)
    APIKey.objects.bulk_create(keys)

    page = client.get(URL).content.decode()

    assert "All 1,001 that match, on every page" in page
    assert "Showing 1 to 50 of 1,001" in page


def test_beyond_what_is_counted_a_list_says_that_there_are_more(client, admin, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", 60)
    user = APIUserFactory()
    for _key in range(61):
        APIKeyFactory(api_user=user)

    page = client.get(URL).content.decode()

    assert "Showing 1 to 50 of 60+" in page
    assert "All that match, on every page" in page
