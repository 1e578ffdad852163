import re

import pytest

from apikeys.models import APIKey, ChangeRecord
from tests.factories import ACTOR, APIKeyFactory, APIUserFactory


@pytest.fixture
def key(admin):
    return APIKeyFactory(username="till-1", any_ip=True)


def test_disabling_is_one_click_and_the_next_call_is_refused(client, call, key):
    page = client.post(f"/console/keys/{key.consumer_key}/disable/", follow=True)

    assert "every call from now on is refused" in page.content.decode()
    assert call(key).json()["code"] == "key_disabled"
    assert ChangeRecord.objects.get(action="disabled").actor_name == "admin"


def test_enabling_is_one_click_too(client, call, key):
    key = APIKeyFactory(disabled=True)

    client.post(f"/console/keys/{key.consumer_key}/enable/")

    assert call(key).status_code == 200


def test_one_returns_to_where_the_button_stood(client, key):
    there = f"/console/keys/{key.consumer_key}/changes/"

    response = client.post(f"/console/keys/{key.consumer_key}/disable/", {"next": there})

    assert response["Location"] == there


def test_but_not_to_somebody_elses_page(client, key):
    form = {"next": "https://evil.example/"}

    response = client.post(f"/console/keys/{key.consumer_key}/disable/", form)

    assert response["Location"] == f"/console/keys/{key.consumer_key}/"


def bulk(client, **form):
    return client.post("/console/keys/bulk/", form)


def shown(page):
    """What a page that asks for confirmation says about the keys that it showed."""
    return re.search(r'name="seen" value="([0-9a-f]+)"', page)[1]


def test_many_keys_are_counted_before_they_are_disabled(client, admin):
    keys = [APIKeyFactory().consumer_key for _ in range(3)]

    page = bulk(client, keys=keys[:2], deed="disable").content.decode()
    assert "Disable 2 keys?" in page
    assert not APIKey.objects.filter(status="disabled").exists()

    bulk(client, keys=keys[:2], deed="disable", confirmed="yes")
    assert set(
        APIKey.objects.filter(status="disabled").values_list("consumer_key", flat=True)
    ) == set(keys[:2])
    assert ChangeRecord.objects.filter(action="disabled").count() == 2


def test_all_that_the_filters_find_on_every_page(client, admin):
    user = APIUserFactory(username="warehouse")
    for _ in range(30):
        APIKeyFactory(api_user=user)
    other = APIKeyFactory()
    form = {"everything": "yes", "filters": "q=warehouse&per_page=25", "deed": "disable"}

    page = bulk(client, **form).content.decode()
    assert "Disable 30 keys?" in page
    response = bulk(client, **form, confirmed="yes", seen=shown(page))

    assert response["Location"] == "/console/keys/?q=warehouse&per_page=25"
    assert APIKey.objects.filter(status="disabled").count() == 30
    assert APIKey.objects.get(pk=other.pk).is_enabled


def test_staff_switch_the_keys_of_their_stores_only(client, staff):
    user = staff("change_apikey")
    mine, foreign = APIKeyFactory(store=user.store), APIKeyFactory()

    bulk(client, keys=[mine.consumer_key, foreign.consumer_key], deed="disable", confirmed="1")

    assert APIKey.objects.get(pk=foreign.pk).is_enabled
    assert not APIKey.objects.get(pk=mine.pk).is_enabled


def test_everything_means_the_keys_of_their_stores(client, staff):
    user = staff("change_apikey")
    APIKeyFactory(store=user.store)
    foreign = APIKeyFactory()
    form = {"everything": "yes", "filters": "", "deed": "disable"}

    bulk(client, **form, confirmed="1", seen=shown(bulk(client, **form).content.decode()))

    assert list(APIKey.objects.filter(status="enabled")) == [foreign]


@pytest.mark.parametrize("change", ["one more", "another one"])
def test_when_the_filters_find_other_keys_than_were_shown_one_is_asked_again(client, admin, change):
    keys = [APIKeyFactory(description="till 1"), APIKeyFactory(description="till 2")]
    form = {"everything": "yes", "filters": "q=till", "deed": "disable", "confirmed": "yes"}
    page = bulk(client, **form).content.decode()
    if change == "another one":
        keys[0].change(actor=ACTOR, description="gone")
    APIKeyFactory(description="till 3")

    again = bulk(client, **form, seen=shown(page)).content.decode()

    assert "The filters now find other keys than those you saw" in again
    assert not APIKey.objects.filter(status="disabled").exists()
    bulk(client, **form, seen=shown(again))
    assert APIKey.objects.filter(status="disabled").count() == (3 if change == "one more" else 2)


@pytest.mark.parametrize("filters", ["status=nonsense", "store=no-store", "q=%00", "permission=x"])
@pytest.mark.parametrize("more", [{}, {"confirmed": "yes"}])
def test_a_filter_that_is_not_valid_widens_no_deed(client, admin, filters, more):
    APIKeyFactory()

    page = client.post(
        "/console/keys/bulk/",
        {"everything": "yes", "filters": filters, "deed": "disable"} | more,
        follow=True,
    ).content.decode()

    assert "A filter is no longer valid, so no key was changed" in page
    assert "Disable 1 key?" not in page
    assert not APIKey.objects.filter(status="disabled").exists()


def test_chosen_keys_are_switched_whatever_the_filters_were(client, admin, key):
    bulk(client, keys=key.consumer_key, filters="status=nonsense", deed="disable", confirmed="1")

    assert not APIKey.objects.get(pk=key.pk).is_enabled


@pytest.mark.parametrize(("deed", "done"), [("disable", "disabled"), ("enable", "enabled")])
@pytest.mark.parametrize("number", [1, 2])
def test_how_many_were_switched_is_said(client, admin, deed, done, number):
    keys = [APIKeyFactory(disabled=deed == "enable").consumer_key for _ in range(number)]

    page = client.post(
        "/console/keys/bulk/", {"keys": keys, "deed": deed, "confirmed": "yes"}, follow=True
    ).content.decode()

    assert ("1 key is" if number == 1 else "2 keys are") + f" {done}." in page
    assert APIKey.objects.filter(status=done).count() == number


def test_nothing_chosen_is_said(client, admin):
    key = APIKeyFactory(disabled=True)
    deed = {"deed": "disable"}

    page = client.post("/console/keys/bulk/", deed, follow=True)
    assert "No key was chosen. Tick the keys first." in page.content.decode()

    page = client.post("/console/keys/bulk/", deed | {"keys": key.consumer_key}, follow=True)
    assert "None of the chosen keys is enabled." in page.content.decode()


@pytest.mark.parametrize("reason", ["a\0b", "\u202eevil", "x" * 5000])
def test_any_reason_is_kept_as_plain_text(client, key, reason):
    client.post(f"/console/keys/{key.consumer_key}/disable/", {"reason": reason})

    kept = ChangeRecord.objects.get(action="disabled").reason
    assert kept.isprintable()
    assert 0 < len(kept) <= 500


def test_a_secret_in_the_reason_is_cut_out(client, key):
    form = {"reason": f"it leaked: {key.secret}, see the ticket"}

    client.post(f"/console/keys/{key.consumer_key}/disable/", form)

    assert ChangeRecord.objects.get(action="disabled").reason == "it leaked: [cut], see the ticket"


def test_a_chosen_key_that_no_key_can_be_is_left_out(client, admin, key):
    page = bulk(client, keys=["a\0b", key.consumer_key], deed="disable").content.decode()

    assert "Disable 1 key?" in page
