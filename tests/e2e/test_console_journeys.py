"""The console in a real browser: each journey with script, and once more with script off."""

import json
import re
import secrets
import shlex
import subprocess
import sys

import pytest
import requests
from playwright.sync_api import Error, expect

from tests import servers

pytestmark = pytest.mark.e2e
WHOAMI = "/api/v1/whoami"


@pytest.fixture
def log_in(browser, live_console):
    """Open a page of somebody who is logged in to the console."""
    contexts = []

    def opened(*, script=True):
        context = browser.new_context(base_url=live_console.url, java_script_enabled=script)
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto("/console/keys/")
        page.get_by_label("Username").fill(live_console.admin_username)
        page.get_by_label("Password").fill(live_console.admin_password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/console/keys/")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(params=["with script", "without script"])
def visitor(request, log_in):
    return log_in(script=request.param == "with script")


@pytest.fixture
def username():
    """An API username of this test's own."""
    return f"u-{secrets.token_hex(5)}"


def create(page, username, **settings):
    """Create a key as a person does, and return what the page shows of it."""
    page.goto("/console/keys/new/")
    page.get_by_label("API user", exact=True).fill(username)
    if settings.get("any_ip"):
        page.get_by_label("Any address").check()
    else:
        page.get_by_role("button", name="Add my address").click()
    if settings.get("permission"):
        page.locator(f"input[name=permission][value={settings['permission']}]").check()
    page.locator(".form-end").get_by_role("button", name="Create key").click()
    if settings.get("any_ip") and settings.get("permission"):
        page.get_by_text("This key is wide.").wait_for()
        page.get_by_role("button", name="Create key").click()
    page.get_by_text("Save the secret now.").wait_for()
    return {
        name: page.locator(f"#{name}").inner_text()
        for name in ("consumer-key", "consumer-secret", "base-url", "store-id")
    }


def whoami(shown, secret=None):
    pair = shown["consumer-key"], secret or shown["consumer-secret"]
    return requests.get(shown["base-url"] + WHOAMI, auth=pair, timeout=30)


def test_create_use_be_refused_understand_and_let_in(visitor, username):
    shown = create(visitor, username)
    assert whoami(shown).json()["username"] == username
    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("heading", name=username).wait_for()

    # Somebody takes the address off the list; the next call is refused, and the history says why.
    visitor.get_by_role("link", name="Change", exact=True).click()
    visitor.get_by_role("button", name="Remove 127.0.0.1").click()
    visitor.get_by_text("nobody can use the key").wait_for()
    assert whoami(shown).json()["code"] == "ip_not_allowed"
    visitor.get_by_role("link", name="History").last.click()
    visitor.get_by_role("cell", name=re.compile("^Denied")).first.wait_for()

    visitor.get_by_role("button", name=re.compile("^Add")).first.click()
    visitor.get_by_text("127.0.0.1 may use").wait_for()
    assert whoami(shown).status_code == 200


def test_the_history_shows_a_call_disables_its_key_and_shows_the_refusal(visitor, username):
    servers.require("curl")
    shown = create(visitor, username)
    curl = shlex.split(visitor.locator("#curl-line").inner_text())
    told = subprocess.run([*curl, "--silent"], capture_output=True, text=True, check=True).stdout
    assert json.loads(told)["username"] == username

    def newest_call():
        return visitor.locator("table.calls tbody tr").first.inner_text()

    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("link", name="History", exact=True).last.click()
    assert shown["consumer-secret"] not in visitor.content()
    for shown_of_call in (f"GET {WHOAMI}", "127.0.0.1", "Allowed"):
        assert shown_of_call in newest_call()

    visitor.get_by_role("button", name="Disable").click()
    visitor.get_by_text("every call from now on is refused").wait_for()
    refused = whoami(shown).json()
    assert refused["code"] == "key_disabled"
    visitor.reload()
    for shown_of_call in ("Denied", refused["message"].rstrip(".")):
        assert shown_of_call in newest_call()


def test_disable_and_enable_with_one_click_each(visitor, username):
    shown = create(visitor, username)
    visitor.get_by_role("link", name="I have saved it").click()

    visitor.get_by_role("button", name="Disable").click()
    visitor.get_by_text("every call from now on is refused").wait_for()
    assert whoami(shown).json()["code"] == "key_disabled"

    visitor.get_by_role("button", name="Enable").click()
    visitor.get_by_text("is enabled.").wait_for()
    assert whoami(shown).status_code == 200


def test_rotate_with_an_overlap_and_end_it(visitor, username):
    shown = create(visitor, username)
    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("link", name="Rotate").click()
    visitor.get_by_label("24 hours more").check()
    visitor.get_by_role("button", name="Rotate").click()
    visitor.get_by_text("Save the secret now.").wait_for()
    new = visitor.locator("#consumer-secret").inner_text()

    assert whoami(shown).status_code == whoami(shown, new).status_code == 200
    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("button", name="End it now").click()
    visitor.get_by_text("is refused from now on").wait_for()
    assert whoami(shown).json()["code"] == "secret_retired"
    assert whoami(shown, new).status_code == 200


def test_the_time_that_an_old_secret_has_left_ticks(log_in, live_console, username):
    key = live_console.manage("create_api_key", username, "--any-ip")
    live_console.manage("rotate_api_key", key["consumer_key"], "--overlap=1h")
    visitor = log_in()
    visitor.clock.install()
    visitor.goto(f"/console/keys/{key['consumer_key']}/")
    left = visitor.locator("[data-countdown]")
    assert re.fullmatch(r"5\d\xa0minutes|1\xa0hour", left.inner_text())

    visitor.clock.fast_forward("10:00")
    expect(left).to_have_text(re.compile(r"^(4\d|50) minutes$"))

    visitor.clock.fast_forward("59:00")
    expect(left).to_have_text("0 minutes")


def test_a_wide_key_is_asked_about_and_deleted_after_it_was_disabled(visitor, username):
    shown = create(visitor, username, any_ip=True, permission="read_write")
    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("button", name="Disable").click()
    visitor.get_by_role("link", name="Delete…").click()
    visitor.get_by_label(re.compile("^Type")).fill(username)
    visitor.get_by_role("button", name="Delete this key").click()
    visitor.get_by_text("is deleted.").wait_for()

    assert whoami(shown).status_code == 401


def test_the_secret_does_not_come_back(visitor, username):
    shown = create(visitor, username)
    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("heading", name=username).wait_for()

    # The browser would have to send the form again, and asks; it kept nothing of the answer.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        visitor.go_back()

    # Chromium is still on its way to its error page, so its content cannot be taken at once.
    expect(visitor.locator("body")).not_to_contain_text(shown["consumer-secret"])


def test_leaving_the_secret_asks_first_until_it_is_saved(log_in, username):
    visitor = log_in()
    create(visitor, username)
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    visitor.on("dialog", stay)
    visitor.locator("#consumer-key").click()  # a browser asks only where somebody did something
    with visitor.expect_event("dialog"):
        visitor.get_by_role("link", name="Changes").first.click(no_wait_after=True)
    assert asked == ["beforeunload"]

    visitor.get_by_role("link", name="I have saved it").click()
    visitor.get_by_role("heading", name=username).wait_for()
    assert asked == ["beforeunload"]


def test_without_script_no_button_promises_to_copy(log_in, username):
    visitor = log_in(script=False)
    create(visitor, username)

    assert not visitor.get_by_role("button", name="Copy").count()


def test_copying_is_said_and_gives_the_value(log_in, username):
    visitor = log_in()
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = create(visitor, username)

    visitor.get_by_role("button", name="Copy: Consumer secret").click()
    visitor.locator("[aria-live=polite]", has_text="Copied").wait_for()

    copied = visitor.evaluate("navigator.clipboard.readText()")
    assert copied == shown["consumer-secret"]


def test_a_clipboard_that_refuses_leaves_the_value_selected(log_in, username):
    visitor = log_in()
    visitor.add_init_script("navigator.clipboard.writeText = () => Promise.reject()")
    shown = create(visitor, username)

    visitor.get_by_role("button", name="Copy: Consumer secret").click()
    visitor.locator("[aria-live=polite]", has_text="Press Ctrl+C to copy").wait_for()

    assert visitor.evaluate("getSelection().toString()").strip() == shown["consumer-secret"]


def test_pressing_create_twice_makes_one_key(visitor, username):
    visitor.goto("/console/keys/new/")
    visitor.get_by_label("API user", exact=True).fill(username)
    visitor.get_by_role("button", name="Add my address").click()
    visitor.locator(".form-end").get_by_role("button", name="Create key").dblclick()
    visitor.locator("h1", has_text=re.compile("Key of|exists already")).wait_for()

    visitor.goto(f"/console/keys/?user={username}")

    visitor.get_by_text("Showing 1 to 1 of 1").wait_for()


@pytest.mark.parametrize("language", ["curl", "javascript", "python"])
def test_the_snippets_work_as_they_stand(log_in, live_console, language):
    program = {
        "curl": ["sh", "-c"],
        "javascript": ["node", "-e"],
        "python": [sys.executable, "-c"],
    }[language]
    servers.require({"javascript": "node", "curl": "curl"}.get(language, "sh"))
    key = live_console.manage("create_api_key", f"snippets-{language}", "--any-ip")
    page = log_in()
    page.goto(f"/console/keys/{key['consumer_key']}/")
    snippet = page.locator(f"#snippet-{language}").text_content()

    done = subprocess.run(
        [*program, snippet],
        env=live_console.env
        | {"CONSUMER_KEY": key["consumer_key"], "CONSUMER_SECRET": key["consumer_secret"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert key["consumer_key"] in done.stdout


def test_a_key_is_made_and_disabled_by_keyboard_alone(log_in, username):
    visitor = log_in()
    press = visitor.keyboard.press

    def focused(property="textContent"):
        return visitor.evaluate(f"document.activeElement.{property}").strip()

    def tab_to(text):
        for _press in range(60):
            press("Tab")
            if text in (focused(), focused("id")):
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert visitor.evaluate(outline) != "none"
                return
        raise AssertionError(f"Tab never leads to {text}")

    press("Tab")
    assert focused() == "Skip to the content"
    press("Enter")
    assert focused("id") == "content"
    tab_to("Create key")
    press("Enter")
    visitor.wait_for_url("**/keys/new/")
    tab_to("id_username")
    visitor.keyboard.type("a")
    press("Enter")  # Enter sends the form; what is missing is read first
    visitor.get_by_text("Please mend this first:").wait_for()
    assert focused().startswith("Please mend this first:")
    press("Tab")
    press("Enter")
    assert focused("id") == "id_username"
    press("Control+A")
    visitor.keyboard.type(username)
    tab_to("Add my address")
    press("Enter")
    assert focused("id") == "id_allowed_ips"
    tab_to("Create key")
    press("Enter")
    visitor.get_by_text("Save the secret now.").wait_for()
    tab_to("I have saved it")
    press("Enter")
    visitor.get_by_role("heading", name=username).wait_for()
    tab_to("Disable")
    press("Enter")
    visitor.get_by_text("every call from now on is refused").wait_for()


def test_filters_are_folded_on_a_narrow_screen_until_they_are_needed(
    visitor, live_console, username
):
    live_console.manage("create_api_key", username, "--any-ip")

    def unfolded():
        return [it for it in visitor.locator(".filters select").all() if it.is_visible()]

    for path in ("/console/history/", "/console/keys/"):
        visitor.set_viewport_size({"width": 360, "height": 800})
        visitor.goto(path)
        assert unfolded() == []
        visitor.locator("summary", has_text="Filters").click()
        assert len(unfolded()) >= 2

        visitor.set_viewport_size({"width": 1280, "height": 800})
        visitor.goto(path)
        assert len(unfolded()) >= 2
        assert not visitor.locator("summary", has_text="Filters").is_visible()

    visitor.set_viewport_size({"width": 360, "height": 800})
    visitor.goto("/console/history/?method=PATCH")
    assert visitor.get_by_label("Method").is_visible()
    visitor.goto("/console/keys/?permission=write")
    assert visitor.get_by_label("Permission").is_visible()


def test_who_is_about_to_be_logged_out_can_stay_without_losing_what_was_typed(log_in):
    page = log_in()
    page.clock.install()
    page.goto("/console/keys/new/")
    warning, over = page.get_by_text("You will be logged out"), page.get_by_text("Copy what you")
    description = page.get_by_label("Description")
    description.fill("Till at the entrance")

    page.clock.fast_forward("45:00")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("12:00")
    warning.wait_for()
    page.get_by_role("button", name="Stay logged in").focus()
    page.keyboard.press("Enter")
    warning.wait_for(state="hidden")
    expect(description).to_be_focused()
    expect(description).to_have_value("Till at the entrance")

    page.clock.fast_forward("57:00")
    warning.wait_for()
    page.clock.fast_forward("05:00")
    over.wait_for()
    warning.wait_for(state="hidden")


def test_a_page_that_is_opened_in_another_tab_keeps_this_one_logged_in(log_in):
    page = log_in()
    page.clock.install()
    page.goto("/console/keys/new/")
    page.clock.fast_forward("57:00")
    warning = page.get_by_text("You will be logged out")
    warning.wait_for()

    # As the other tab does it, whose clock is not this one's.
    page.evaluate("localStorage.setItem('active', Date.now())")
    page.clock.fast_forward("00:10")

    warning.wait_for(state="hidden")


def test_who_was_logged_out_elsewhere_is_told_so_on_asking_to_stay(log_in):
    page = log_in()
    page.clock.install()
    page.goto("/console/keys/new/")
    page.clock.fast_forward("56:00")
    page.context.clear_cookies()

    page.get_by_role("button", name="Stay logged in").click()

    page.get_by_text("Copy what you typed").wait_for()
