"""Understand a refusal, mend it, and take many keys back, in a browser with and without script."""

import pytest
import requests

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["script", "no-script"])
def visit(request, browser, live_console):
    """Open a page of the console as the admin; the name tells the two browsers apart."""
    context = browser.new_context(
        base_url=live_console.url, java_script_enabled=request.param == "script"
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto("/console/login/")
    page.get_by_label("Username").fill(live_console.admin_username)
    page.get_by_label("Password").fill(live_console.admin_password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/")

    def open_page(path):
        page.goto(path)
        return page

    open_page.name = request.param
    yield open_page
    context.close()


def issue(console, username, *options):
    return console.manage("create_api_key", username, *options)


def call(console, key):
    auth = (key["consumer_key"], key["consumer_secret"])
    return requests.get(f"{console.url}/api/v1/whoami", auth=auth, timeout=30)


def test_a_refused_address_is_explained_and_added_with_one_click(visit, live_console):
    key = issue(live_console, f"till-{visit.name}", "--allow-ip=203.0.113.7")
    assert call(live_console, key).status_code == 403

    page = visit(f"/console/keys/{key['consumer_key']}/history/")
    row = page.locator("table.calls tbody tr").first
    assert "Address 127.0.0.1 is not on this key's list." in row.inner_text()
    row.get_by_role("button", name="Add it").click()
    page.get_by_text("127.0.0.1 may use").wait_for()

    assert call(live_console, key).status_code == 200


def test_an_incident_takes_back_exactly_the_keys_that_were_listed(visit, live_console):
    stolen = issue(live_console, f"stolen-{visit.name}", "--any-ip")
    kept = issue(live_console, f"kept-{visit.name}", "--any-ip")
    assert call(live_console, stolen).status_code == call(live_console, kept).status_code == 200

    page = visit("/console/incident/")
    page.get_by_label("API user").fill(f"stolen-{visit.name}")
    page.get_by_role("button", name="Show the keys").click()
    page.get_by_text("1 key would be disabled").wait_for()
    page.get_by_text("they made 1 call.").wait_for()
    page.get_by_label("What happened").fill("a laptop was stolen")
    page.get_by_role("button", name="Disable 1 key").click()
    page.get_by_role("heading", name="1 key disabled").wait_for()

    assert "a laptop was stolen" in page.content()
    page.emulate_media(media="print")
    assert page.get_by_role("cell", name="Disabled").is_visible()
    assert not page.get_by_role("navigation", name="Console").is_visible()
    assert call(live_console, stolen).json()["code"] == "key_disabled"
    assert call(live_console, kept).status_code == 200


def test_a_filtered_page_is_downloaded_as_it_stands(visit, live_console):
    key = issue(live_console, f"csv-{visit.name}", "--any-ip")
    call(live_console, key)
    page = visit(f"/console/history/?key=csv-{visit.name}&result=allowed")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()

    text = download.value.path().read_text()
    assert f"key-csv-{visit.name}_result-allowed" in download.value.suggested_filename
    assert text.splitlines()[0].startswith("time,consumer_key,username")
    assert len(text.splitlines()) == 2
