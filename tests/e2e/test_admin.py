"""The Django admin in a real browser: under the strict policy nothing of it is blocked."""

import pytest

pytestmark = pytest.mark.e2e


@pytest.fixture
def complaints(page):
    """What the browser complains about: blocked styles and scripts, errors, missing files."""
    found = []
    page.on("console", lambda said: said.type == "error" and found.append(said.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and found.append(answer.url))
    return found


def test_a_key_is_added_changed_disabled_and_deleted(page, live_console, complaints):
    page.goto(f"{live_console.url}/admin/")
    assert "/console/login/" in page.url
    page.get_by_label("Username").fill(live_console.admin_username)
    page.get_by_label("Password").fill(live_console.admin_password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_console.url}/admin/")

    page.goto(f"{live_console.url}/admin/apikeys/apikey/add/")
    page.locator("#id_username").fill("back-office")
    page.locator("#id_allowed_ips").fill("203.0.113.7 ERP")
    page.get_by_role("button", name="Save").click()
    secret = page.locator("#consumer-secret").inner_text()

    page.goto(f"{live_console.url}/admin/apikeys/apikey/?q=back-office")
    assert secret not in page.content()
    page.locator("th.field-api_user a").first.click()
    page.locator("#id_description").fill("changed here")
    page.get_by_role("button", name="Add another Allowed IP").click()
    page.locator("#id_allowed_ips-2-network").fill("198.51.100.*")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("changed successfully").wait_for()

    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("disable_chosen")
    page.locator("input[name=reason]").fill("no longer used")
    page.get_by_role("button", name="Go").click()
    page.get_by_text("1 was disabled.").wait_for()

    page.locator("th.field-api_user a").first.click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("deleted successfully").wait_for()
    assert complaints == []
