"""Pages for what went wrong: they look like the console and say what to do."""

import io
import logging
from html import unescape

import pytest
from django.db import OperationalError
from django.test import Client

from config.redaction import LOGGING, RedactingFormatter
from tests.factories import APIKeyFactory, UserFactory


def test_a_missing_page_says_so_with_the_navigation(client, admin):
    response = client.get("/console/nowhere/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
    assert 'href="/console/keys/"' in response.content.decode()


@pytest.mark.parametrize(
    "page", ["/console", "/console/keys", "/console/help/ip_not_allowed", "/admin", "/admin/auth"]
)
def test_the_last_slash_of_a_page_can_be_left_out(client, page):
    assert client.get(page).headers["Location"] == f"{page}/"
    assert client.get(f"{page}?consumer_secret=cs_live_x").headers["Location"] == f"{page}/"
    assert client.post(page).status_code == 405


def test_a_page_without_its_last_slash_leads_to_no_other_site(client):
    location = client.get("/console//evil.example").headers["Location"]
    assert location == "/console//evil.example/"


def test_a_form_of_another_session_is_refused_on_a_page_that_fits(admin, client):
    client.handler.enforce_csrf_checks = True

    response = client.post("/console/logout/")

    assert response.status_code == 403
    assert "This form is no longer valid" in response.content.decode()


def test_a_mistake_of_ours_tells_nothing_of_itself(admin, client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("apikeys.views.key_list.page_of", lambda *_: 1 / 0)

    response = client.get("/console/keys/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "ZeroDivision" not in response.content.decode()


def test_without_its_database_the_console_says_when_to_come_back(
    admin, client, monkeypatch, caplog
):
    def fail(*_):
        raise OperationalError("server closed the connection")

    client.raise_request_exception = False
    monkeypatch.setattr("apikeys.views.key_list.page_of", fail)

    response = client.get("/console/keys/")

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "Temporarily unavailable" in response.content.decode()
    page = response.content.decode()
    assert "server closed" not in page
    assert "the server's log says why" in unescape(page)
    assert "Times in" not in page  # nobody looked whose they are
    assert "start it, or correct DATABASE_URL" in caplog.text


@pytest.fixture
def log():
    """What the server writes to standard error, as it writes it."""
    written = io.StringIO()
    handler, plain = logging.StreamHandler(written), LOGGING["formatters"]["plain"]
    handler.setFormatter(RedactingFormatter(plain["format"], style=plain["style"]))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def _break(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("apikeys.views.key_list.page_of", fail)


@pytest.mark.parametrize(
    ("status", "url", "host"),
    [
        (400, "/console/keys/", "evil.example"),
        (403, "/console/changes/", "testserver"),
        (404, "/console/nowhere/", "testserver"),
        (405, "/console/keys/bulk/", "testserver"),
    ],
)
def test_every_error_page_names_the_request(db, client, status, url, host):
    client.force_login(UserFactory(is_staff=True, permissions=["apikeys.change_apikey"]))

    page = client.get(url, headers={"host": host})

    assert page.status_code == status
    assert page["X-Request-ID"] in page.content.decode()


def test_a_form_that_is_refused_names_the_request(db):
    page = Client(enforce_csrf_checks=True).post("/console/login/")

    assert page.status_code == 403
    assert page["X-Request-ID"] in page.content.decode()


@pytest.mark.parametrize(
    ("error", "status"), [(ZeroDivisionError(), 500), (OperationalError(), 503)]
)
def test_what_the_page_names_stands_in_the_log(admin, client, monkeypatch, log, error, status):
    client.raise_request_exception = False
    _break(monkeypatch, error)

    page = client.get("/console/keys/")

    assert page.status_code == status
    assert page["X-Request-ID"] in page.content.decode()
    assert f"(request {page['X-Request-ID']})\nTraceback" in log.getvalue()


def test_the_address_of_a_button_says_so(admin, client):
    page = client.get(f"/console/keys/{APIKeyFactory().consumer_key}/disable/")

    assert (page.status_code, page["Allow"]) == (405, "POST")
    assert "This address takes a form" in page.content.decode()


@pytest.mark.parametrize("url", ["/console/keys/", "/console/keys/{key}/", "/console/changes/"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1@evil.example"])
def test_a_foreign_host_name_gets_nothing(db, url, host):
    response = Client().get(url.format(key=APIKeyFactory().consumer_key), headers={"host": host})

    assert response.status_code == 400
    assert "evil" not in response.content.decode()


def test_a_forwarded_host_name_stands_in_no_answer(admin, client):
    page = client.get("/console/keys/new/", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil" not in page.content.decode()


@pytest.mark.parametrize(
    "url", ["/console/nowhere/", "/admin/nowhere/", "/admin/apikeys/apikey/0/", "/nowhere"]
)
def test_no_cache_keeps_an_error_page(admin, client, url):
    response = client.get(url, follow=True)

    assert response.status_code == 404
    assert "no-store" in response["Cache-Control"]


def test_what_strangers_send_wrong_fills_no_log(db, caplog):
    stranger = Client(enforce_csrf_checks=True)

    assert stranger.get("/console/", headers={"host": "evil.example"}).status_code == 400
    assert stranger.post("/console/login/").status_code == 403

    assert not caplog.records


def test_a_message_waits_in_the_session_and_in_no_cookie_of_its_own(admin, client):
    key = APIKeyFactory()

    response = client.post(f"/console/keys/{key.consumer_key}/disable/")

    assert set(response.cookies) == {"sessionid"}
    assert "every call from now on is refused" in client.get(response["Location"]).content.decode()
