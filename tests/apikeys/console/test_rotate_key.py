import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apikeys.models import APIKey
from tests.factories import PASSWORD, APIKeyFactory, SecretFactory

SECRET = re.compile(r"cs_live_[0-9A-Za-z]{65}")


@pytest.fixture
def key(admin):
    return APIKeyFactory()


def url(key):
    return f"/console/keys/{key.consumer_key}/rotate/"


def rotate(client, key, **changes):
    return client.post(url(key), {"overlap": "0", "revision": key.revision} | changes)


def test_the_new_secret_is_shown_once_and_works(client, call, key):
    response = rotate(client, key)
    new = SECRET.search(response.content.decode())[0]

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert call(key).json()["code"] == "secret_retired"
    key.secret = new
    assert call(key).status_code == 200


@pytest.mark.parametrize(("overlap", "hours"), [("1h", 1), ("24h", 24), ("7d", 168)])
def test_the_old_secret_works_during_the_overlap(client, call, key, overlap, hours):
    page = rotate(client, key, overlap=overlap).content.decode()

    assert "works until" in page
    assert call(key).status_code == 200
    end = key.secrets.get(version=1).retires_at
    assert abs(end - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)
    shown = client.get(f"/console/keys/{key.consumer_key}/").content.decode()
    assert "Version 1 of the secret ends" in shown


def test_without_an_overlap_the_page_says_that_the_old_secret_is_refused(client, key):
    rotate(client, key, overlap="24h")
    key.refresh_from_db()

    page = rotate(client, key, overlap="0").content.decode()

    assert "The secret before this one is refused from now on." in page
    assert "works until" not in page


def test_several_overlaps_are_ended_by_a_button_that_says_so(client, key):
    rotate(client, key, overlap="24h")
    page = client.get(f"/console/keys/{key.consumer_key}/").content.decode()
    assert "End it now" in page

    key.refresh_from_db()
    rotate(client, key, overlap="1h")

    page = client.get(f"/console/keys/{key.consumer_key}/").content.decode()
    assert page.count("End all of them now") == 1
    assert "End it now" not in page


def test_the_overlap_is_ended_with_one_click(client, call, key):
    rotate(client, key, overlap="24h")

    page = client.post(f"{url(key)}end/", follow=True).content.decode()

    assert "is refused from now on" in page
    assert call(key).status_code == 401


def test_sending_the_form_twice_rotates_once(client, key):
    rotate(client, key)
    second = rotate(client, key)

    assert second.status_code == 302
    assert key.secrets.count() == 2


def test_signing_can_be_switched_on(client, key):
    rotate(client, key, signing="on")

    assert APIKey.objects.get().signing


def test_the_password_is_asked_again_after_15_minutes(client, key):
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert "Your password" in client.get(url(key)).content.decode()
        assert rotate(client, key).status_code == 400
        assert rotate(client, key, password="wrong").status_code == 400
        assert key.secrets.count() == 1
        rotate(client, key, password=PASSWORD)

    assert key.secrets.count() == 2


def test_a_replaced_secret_that_is_still_presented_warns_on_the_page(client, call, key):
    SecretFactory(api_key=key)
    call(key)

    page = client.get(f"/console/keys/{key.consumer_key}/").content.decode()

    assert "A replaced secret is still in use." in page


@pytest.mark.parametrize("may", [False, True])
def test_who_rotates_a_privileged_key_may_use_what_it_opens(client, staff, may):
    extra = ["storefront.view_payment_debug"] if may else []
    user = staff("view_apikey", "change_apikey", *extra)
    key = APIKeyFactory(store=user.store, resources=["payment_debug"], permission="read")

    page = client.get(url(key))
    response = rotate(client, key)

    assert page.status_code == response.status_code == (200 if may else 403)
    assert key.secrets.count() == (2 if may else 1)
