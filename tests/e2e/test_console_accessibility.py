"""axe finds nothing on any page of the console: both themes, a wide screen and a narrow one."""

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.e2e

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
PAGES = [
    "/console/",
    "/console/keys/",
    "/console/keys/?q=nothing-like-it",
    "/console/keys/new/",
    "{key}",
    "{key}?ip=198.51.100.9&method=POST&path=/api/v1/whoami",
    "{key}edit/",
    "{key}ips/",
    "{key}history/",
    "{key}changes/",
    "{key}rotate/",
    "{disabled}",
    "{disabled}delete/",
    "/console/users/",
    "/console/users/axe-user/",
    "/console/users/axe-user/owner/",
    "/console/new-user/",
    "/console/stores/",
    "/console/stores/new/",
    "/console/history/",
    "/console/history/attempts/",
    "/console/history/?result=denied",
    "/console/history/?ip=nowhere",
    "/console/incident/",
    "/console/incident/?username=axe-user",
    "/console/changes/",
    "/console/preferences/",
    "/console/help/",
    "/console/help/ip_not_allowed/",
    "/api/docs/#webhooks_create",
    "/console/nowhere/",
]


@pytest.fixture(scope="module")
def keys(live_console):
    enabled = live_console.manage("create_api_key", "axe-user", "--allow-ip=203.0.113.0/24")
    disabled = live_console.manage("create_api_key", "axe-user", "--any-ip", "--expires=5d")
    for key in (enabled, disabled):  # one call is refused, the other let in
        requests.get(
            f"{live_console.url}/api/v1/whoami",
            auth=(key["consumer_key"], key["consumer_secret"]),
            timeout=30,
        )
    live_console.manage("disable_api_key", disabled["consumer_key"])
    return {
        "key": f"/console/keys/{enabled['consumer_key']}/",
        "disabled": f"/console/keys/{disabled['consumer_key']}/",
    }


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(browser, live_console, keys, theme, width):
    context = browser.new_context(
        base_url=live_console.url, viewport={"width": width, "height": 800}
    )
    context.add_cookies([{"name": "theme", "value": theme, "url": live_console.url}])
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))

    def look(name):
        for found in Axe().run(page, options=RULES).response["violations"]:
            complaints.append((name, found["id"], [node["target"] for node in found["nodes"]][:3]))
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if page.evaluate(wider) > 0:
            complaints.append((name, "wider than the screen"))

    page.goto("/console/login/")
    look("login")
    page.get_by_label("Username").fill(live_console.admin_username)
    page.get_by_label("Password").fill(live_console.admin_password)
    page.get_by_role("button", name="Log in").click()
    for pattern in PAGES:
        page.goto(pattern.format(**keys))
        look(pattern)
    page.goto("/console/keys/new/")
    page.locator(".form-end button").click()
    look("form with errors")
    page.get_by_label("API user", exact=True).fill(f"axe-{theme}-{width}")
    page.get_by_role("button", name="Add my address").click()
    page.locator(".form-end button").click()
    page.get_by_text("Save the secret now.").wait_for()
    look("secret")
    context.close()

    # The browser itself reports every answer of 400 and 404; those were asked for.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
