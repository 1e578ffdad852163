"""From the login to a refused call with its reason, in a real browser, with and without script."""

import shlex
import subprocess

import pytest
import requests

from tests import servers

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["script", "no-script"])
def page(request, browser):
    """A page of a visitor whose browser runs scripts, or does not."""
    with_script = request.param == "script"
    context = browser.new_context(java_script_enabled=with_script)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.username = f"journey-{request.param}"
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints


def log_in(page, console):
    page.get_by_label("Username").fill(console.admin_username)
    page.get_by_label("Password").fill(console.admin_password)
    page.get_by_role("button", name="Log in").click()


def newest_call(page):
    """The cells of the first row of the history."""
    return page.locator("table.calls tbody tr").first.inner_text()


def test_an_operator_hands_out_a_key_and_takes_it_back(page, live_console):
    servers.require("curl")
    page.goto(f"{live_console.url}/console/keys/new/")
    log_in(page, live_console)

    page.get_by_label("API user").fill(page.username)
    page.get_by_role("button", name="Add my address").click()
    assert page.get_by_label("Allowed IPs").input_value().split() == ["127.0.0.1"]
    page.get_by_role("button", name="Create key").click()

    consumer_key = page.locator("#consumer-key").inner_text()
    secret = page.locator("#consumer-secret").inner_text()
    curl = shlex.split(page.locator("#curl-line").inner_text())

    def call():
        url = f"{live_console.url}/api/v1/whoami"
        return requests.get(url, auth=(consumer_key, secret), timeout=30)

    shown = subprocess.run([*curl, "--silent"], capture_output=True, text=True, check=True).stdout
    assert f'"username":"{page.username}"' in shown.replace(" ", "")
    assert call().status_code == 200

    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="History", exact=True).last.click()
    assert secret not in page.content()
    assert "GET /api/v1/whoami" in newest_call(page)
    assert "127.0.0.1" in newest_call(page)
    assert "Allowed" in newest_call(page)

    page.get_by_role("button", name="Disable this key").first.click()
    page.get_by_text("every call from now on is refused").wait_for()
    refused = call()
    assert (refused.status_code, refused.json()["code"]) == (401, "key_disabled")

    page.reload()
    assert "Denied" in newest_call(page)
    assert refused.json()["message"].rstrip(".") in newest_call(page)

    page.get_by_role("button", name="Enable", exact=True).click()
    page.get_by_text("is enabled").wait_for()
    assert call().status_code == 200
