"""A server whose public address is https, behind a proxy that the settings trust."""

from http.client import HTTPConnection

import pytest
import requests

from tests import live, servers
from tests.calls import WHOAMI, basic
from tests.faults.records import execute

pytestmark = pytest.mark.e2e
HTTPS = {"Host": "keys.example.com", "X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def console(live_databases, tmp_path_factory):
    console = live.Console(
        live_databases,
        tmp_path_factory.mktemp("https"),
        PUBLIC_URL="https://keys.example.com",
        TRUSTED_PROXIES="127.0.0.1",
    )
    yield console
    console.stop()


def get(url, **headers):
    return requests.get(url, headers=headers, allow_redirects=False, timeout=30)


@pytest.mark.parametrize("path", ["/console/", "/console/login/?next=/console/", "/admin/"])
def test_people_are_led_to_https(console, path):
    answer = get(console.url + path, Host="keys.example.com")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://keys.example.com{path}"


def test_callers_are_refused_instead_of_redirected(console):
    secret = "cs_live_" + "0" * 65
    answer = get(
        f"{console.url}/api/v1/whoami?consumer_secret={secret}",
        Host="keys.example.com",
        Authorization=f"Bearer {secret}",
    )

    assert answer.status_code == 401
    assert secret not in answer.text


def test_the_login_page_is_served_over_https_with_its_headers(console):
    answer = get(f"{console.url}/console/login/", **HTTPS)

    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "__Host-csrftoken" in answer.cookies
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_a_form_posted_over_https_passes_the_origin_check(console):
    session = requests.Session()
    session.headers.update(HTTPS)
    page = session.get(f"{console.url}/console/login/", timeout=30)
    token = page.cookies["__Host-csrftoken"]

    answer = session.post(
        f"{console.url}/console/login/",
        data={
            "username": console.admin_username,
            "password": console.admin_password,
            "csrfmiddlewaretoken": token,
        },
        # requests would keep a Secure cookie to itself on the way to the proxy's plain side
        headers={"Origin": "https://keys.example.com", "Cookie": f"__Host-csrftoken={token}"},
        allow_redirects=False,
        timeout=30,
    )

    assert answer.status_code == 302
    assert "__Host-sessionid" in answer.cookies


@pytest.fixture(scope="module")
def restricted(console):
    return console.manage("create_api_key", "restricted", "--allow-ip=203.0.113.10")


@pytest.mark.parametrize(
    ("forwarded", "status", "ip"),
    [
        ([("X-Forwarded-For", "203.0.113.10")], 200, "203.0.113.10"),
        (
            [("X-Forwarded-For", "203.0.113.10"), ("X-Forwarded-For", "198.51.100.7")],
            *(403, "198.51.100.7"),
        ),
        (
            [("X-Forwarded-For", "198.51.100.7"), ("X_Forwarded_For", "203.0.113.10")],
            *(403, "198.51.100.7"),
        ),
        (
            [("X-Forwarded-For", "198.51.100.7"), ("X.Forwarded.For", "203.0.113.10")],
            *(403, "198.51.100.7"),
        ),
        ([("X-Real-IP", "203.0.113.10"), ("Forwarded", "for=203.0.113.10")], 403, "127.0.0.1"),
    ],
    ids=["one", "two lines", "underscores", "dots", "other headers"],
)
def test_the_proxy_is_read_from_the_right_and_in_one_spelling(
    console, restricted, forwarded, status, ip
):
    credential = basic(restricted["consumer_key"], restricted["consumer_secret"])

    connection = HTTPConnection(servers.LOOPBACK, console.port, timeout=30)
    connection.putrequest("GET", WHOAMI, skip_host=True)
    for name, value in [*(HTTPS | credential).items(), *forwarded]:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    connection.close()

    assert answer.status == status
    rows = execute(console, "SELECT request_id, ip, status, scheme FROM history_callrecord")
    [record] = [row[1:] for row in rows if row[0] == answer.headers["X-Request-ID"]]
    assert (str(record[0]), *record[1:]) == (ip, status, "https")
