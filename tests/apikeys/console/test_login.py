import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hasher
from django.test import Client
from django.utils import timezone

from apikeys.models import ChangeRecord
from tests.factories import PASSWORD, UserFactory

LOGIN = "/console/login/"
PAGE = "/console/preferences/"


def log_in(client, username="alice", password=PASSWORD, **more):
    return client.post(LOGIN, {"username": username, "password": password, **more})


@pytest.fixture
def alice(db):
    return UserFactory(username="alice")


def test_a_console_user_logs_in_and_lands_on_the_dashboard(client, alice):
    response = log_in(client)

    assert (response.status_code, response["Location"]) == (302, "/console/")


def test_the_session_id_changes_at_login_and_ends_at_logout(client, alice):
    client.session.save()
    planted = client.session.session_key
    log_in(client)
    used = client.cookies["sessionid"].value
    assert used != planted

    client.post("/console/logout/")
    client.cookies["sessionid"] = used

    assert client.get("/console/keys/").status_code == 302


def test_an_hour_without_a_page_ends_the_session_and_each_page_begins_it_anew(client, alice):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(client)
        for _page in range(3):
            clock.shift(timedelta(minutes=59))
            assert client.get("/console/").status_code == 200
        clock.shift(timedelta(minutes=61))

        assert client.get("/console/").status_code == 302


def test_logging_out_takes_a_post(client, alice):
    client.force_login(alice)

    assert client.get("/console/logout/").status_code == 405
    assert client.session.session_key


@pytest.mark.parametrize(
    "there",
    [
        "//evil.example",
        "https:evil.example",
        "/\\evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "https://testserver@evil.example/",
        "/\r\nLocation: https://evil.example",
    ],
)
def test_after_login_one_stays_on_our_origin(client, alice, there):
    location = log_in(client, next=there)["Location"]

    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_after_login_one_returns_to_the_asked_page(client, alice):
    asked = client.get("/console/keys/?status=disabled")
    assert asked["Location"] == "/console/login/?next=/console/keys/%3Fstatus%3Ddisabled"

    assert log_in(client, next="/console/keys/?status=disabled")["Location"] == (
        "/console/keys/?status=disabled"
    )


def test_a_form_that_was_sent_too_late_leads_back_to_its_page_and_says_that_nothing_was_done(
    client, db
):
    asked = client.post("/console/keys/new/?user=till-1", {"username": "till-1"})
    assert asked["Location"] == (
        "/console/login/?next=/console/keys/new/%3Fuser%3Dtill-1&unsent=yes"
    )

    assert "so nothing was done" in client.get(asked["Location"]).content.decode()
    assert "so nothing was done" not in client.get("/console/login/").content.decode()


def test_a_page_says_for_how_long_one_stays_logged_in_and_lets_one_stay(client, alice):
    client.force_login(alice)
    page = client.get("/console/").content.decode()
    assert "You are logged out 60 minutes after the last page" in page
    assert 'data-session="3600"' in page

    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _hour in range(3):
            clock.shift(timedelta(minutes=59))
            assert client.post("/console/stay/").status_code == 204
        clock.shift(timedelta(minutes=61))
        assert client.post("/console/stay/")["Location"].startswith("/console/login/")
    assert "data-session=" not in client.get("/console/login/").content.decode()


def test_who_is_no_console_user_reads_the_same_as_a_wrong_password(client, alice):
    UserFactory(username="shopper", is_staff=False)
    UserFactory(username="gone", is_active=False)

    refused = [
        log_in(client, "shopper").content,
        log_in(client, "gone").content,
        log_in(client, "nobody").content,
        log_in(client, "alice", "wrong").content,
    ]

    errors = {page.split(b'id="login-errors"')[1].split(b"</div>")[0] for page in refused}
    assert len(errors) == 1


def test_guessing_ends_with_429_and_says_when_to_come_back(client, alice):
    answers = [log_in(client, password=f"wrong {number}") for number in range(6)]

    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "900"
    assert b"15 minutes" in answers[-1].content
    assert log_in(client).status_code == 429


def test_who_is_locked_out_still_comes_to_the_asked_page_later(client, alice):
    asked = "/console/keys/?status=idle&q=a b"
    for _ in range(6):
        refused = log_in(client, password="wrong", next=asked)

    back = re.search(r'href="(/console/login/[^"]*)"', refused.content.decode())[1]

    assert refused.status_code == 429
    assert b"still logged in" not in refused.content
    assert parse_qs(urlsplit(back).query)["next"] == [asked]


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_a_right_password_of_no_console_user_counts_like_a_wrong_one(client, db, password):
    UserFactory(username="shopper", is_staff=False)

    statuses = [log_in(client, "shopper", password).status_code for _ in range(6)]

    assert statuses == [200] * 4 + [429] * 2
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.failures_since_start) == ("shopper", 6)


def test_who_is_locked_out_at_one_address_may_log_in_from_another(client, alice):
    for number in range(6):
        log_in(client, password=f"wrong {number}")
    client.defaults["REMOTE_ADDR"] = "198.51.100.7"

    assert log_in(client).status_code == 302


@pytest.fixture
def sprayed(client, alice, settings):
    """An address from which one password was tried on as many names as the limit allows."""
    settings.FAILED_LOGIN_LIMIT = "3/hour"
    client.defaults["REMOTE_ADDR"] = "2001:db8::1"
    names = ["alice", "nobody", "bob"]
    assert [log_in(client, name, "summer").status_code for name in names] == [200] * 3


@pytest.mark.parametrize(
    ("username", "password"), [("alice", PASSWORD), ("carol", "summer"), ("", "")]
)
def test_one_address_cannot_try_many_names(client, sprayed, username, password):
    client.defaults["REMOTE_ADDR"] = "2001:db8::2"  # the same line, as far as anybody can tell

    answer = log_in(client, username, password)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert b"wrong too often from this address" in answer.content
    assert b"starts the wait again" not in answer.content


def test_names_tried_elsewhere_keep_nobody_out(client, sprayed):
    client.defaults["REMOTE_ADDR"] = "198.51.100.7"

    assert log_in(client).status_code == 302


def test_right_passwords_count_against_no_address(client, alice, settings):
    settings.FAILED_LOGIN_LIMIT = "1/hour"

    assert [log_in(client).status_code for _ in range(3)] == [302] * 3


def test_a_forged_forwarding_header_does_not_escape_the_lock(client, alice):
    for number in range(6):
        client.defaults["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        answer = log_in(client, password=f"wrong {number}")

    assert answer.status_code == 429


@pytest.mark.parametrize("change", ["deactivated", "other password"])
def test_a_deactivated_or_changed_user_loses_live_sessions(client, alice, change):
    client.force_login(alice)
    assert client.get("/console/keys/").status_code == 403  # logged in, no permission

    alice = get_user_model().objects.get()
    alice.is_active = change != "deactivated"
    alice.set_password("another long password")
    alice.save()

    assert client.get("/console/keys/").status_code == 302


def test_a_page_warns_when_forwarding_headers_come_while_no_proxy_is_trusted(
    client, alice, settings
):
    client.force_login(alice)

    page = client.get(PAGE, HTTP_X_FORWARDED_FOR="198.51.100.7").content.decode()

    assert "Client IPs may be wrong" in page
    assert "Client IPs may be wrong" not in client.get(PAGE).content.decode()
    settings.TRUSTED_PROXIES = ("192.0.2.0/24",)
    page = client.get(PAGE, HTTP_X_FORWARDED_FOR="198.51.100.7").content.decode()
    assert "Client IPs may be wrong" not in page


@pytest.mark.parametrize("username", ["alice", "nobody", "gone", "shopper", "without-password"])
def test_a_wrong_password_costs_the_same_work_whoever_is_named(
    client, alice, monkeypatch, username
):
    UserFactory(username="shopper", is_staff=False)
    UserFactory(username="gone", is_active=False)
    without = UserFactory(username="without-password")
    without.set_unusable_password()
    without.save()
    hasher = type(get_hasher())
    encode, hashed = hasher.encode, []

    def counted(*arguments, **options):
        hashed.append(1)
        return encode(*arguments, **options)

    monkeypatch.setattr(hasher, "encode", counted)

    assert log_in(client, username, "wrong").status_code == 200
    assert len(hashed) == 1


def test_thirty_wrong_passwords_are_few_guesses_and_keep_nobody_else_out(client, alice):
    found = [log_in(client, password=f"wrong {number}").status_code for number in range(30)]

    assert found == [200] * 4 + [429] * 26
    assert ChangeRecord.objects.filter(action="login failed", name="user alice").exists()
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert log_in(elsewhere).status_code == 302
