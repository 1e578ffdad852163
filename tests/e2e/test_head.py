"""HEAD has the headers of GET, no body, and nothing to complain about."""

import http.client

import pytest

from tests import servers

pytestmark = pytest.mark.e2e

API = "/api/v1/whoami"
CHANGING = {"Date", "Expires", "X-Request-ID", "RateLimit", "Content-Security-Policy", "Set-Cookie"}


@pytest.fixture(scope="module")
def key(live_console):
    return live_console.manage("create_api_key", "head", "--any-ip")


@pytest.fixture
def ask(live_console):
    """Send a request and get the headers and the body; all go over one connection."""
    connection = http.client.HTTPConnection(servers.LOOPBACK, live_console.port, timeout=60)

    def send(method, path, **headers):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        names = {name: text for name, text in answer.getheaders() if name not in CHANGING}
        return answer.status, names, body

    yield send
    connection.close()


@pytest.mark.parametrize(
    ("path", "is_proven", "status"),
    [
        *((API, True, 200), (API, False, 401), ("/api/nowhere", True, 404)),
        *(("/console/login/", False, 200), ("/elsewhere", False, 404), ("/healthz", False, 200)),
        ("/static/apikeys/console.css", False, 200),
    ],
)
def test_head_is_get_without_the_body_and_without_a_word(
    live_console, ask, key, path, is_proven, status
):
    headers = {"X-API-Key": key["consumer_secret"]} if is_proven else {}
    said = len(live_console.said())
    expected = ask("GET", path, **headers)
    assert expected[0] == status
    assert len(expected[2]) == int(expected[1]["Content-Length"]) > 0

    head = ask("HEAD", path, **headers)

    assert head == (*expected[:2], b"")
    # The server says what it has to say after the answer, but before the next one.
    ask("HEAD", "/healthz")
    ask("GET", "/healthz")
    assert "body" not in live_console.said()[said:]
    assert "HEAD" not in live_console.said()[said:]
