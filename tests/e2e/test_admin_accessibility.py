"""axe finds nothing on the pages of Django's admin: both themes, a wide screen and a narrow one."""

import re

import pytest
import requests

from tests.inspection import LOOKS, Inspection

pytestmark = pytest.mark.e2e

# One page of each template, and each page that holds more than Django's own fields.
PAGES = [
    "/admin/",
    "/admin/apikeys/",
    "/admin/apikeys/apikey/",
    "/admin/apikeys/apikey/?q=nothing-like-it&state=enabled",
    "/admin/apikeys/apikey/add/",
    "{key}change/",
    "{key}history/",
    "{disabled}delete/",
    "/admin/apikeys/apiuser/add/",
    "/admin/apikeys/store/add/",
    "/admin/apikeys/changerecord/",
    "/admin/history/callrecord/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "{person}change/",
    "{person}password/",
    "/admin/auth/group/add/",
    "/admin/password_change/",
]
# How much of a list one has to scroll to, beside the navigation.
CUT_OFF = "(list => list.scrollWidth - list.clientWidth)(document.querySelector('.results'))"
LINKS = "links => links.map(link => link.getAttribute('href').split('?')[0])"


@pytest.fixture(scope="module")
def records(live_console):
    """Where the records stand that the pages speak of."""
    made = [
        live_console.manage("create_api_key", f"admin-axe-{number}", "--allow-ip=127.0.0.1")
        for number in range(2)
    ]
    for key in made:
        credential = (key["consumer_key"], key["consumer_secret"])
        requests.get(f"{live_console.url}/api/v1/whoami", auth=credential, timeout=30)
    live_console.manage("disable_api_key", made[1]["consumer_key"])
    return dict(zip(("key", "disabled"), (key["consumer_key"] for key in made), strict=True))


@pytest.fixture
def visitor(browser, live_console):
    """The superuser's page in the admin: ``visitor(width=360, theme="dark")``."""
    contexts = []

    def visit(*, width, theme):
        size = {"width": width, "height": 800}
        context = browser.new_context(base_url=live_console.url, viewport=size)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.goto("/console/login/?next=/admin/")
        page.get_by_label("Username").fill(live_console.admin_username)
        page.get_by_label("Password").fill(live_console.admin_password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        page.get_by_role("button", name=f"Theme: {theme}").click()
        page.locator(f"[name=theme][value={theme}][aria-pressed=true]").wait_for()
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_axe_finds_nothing_on_any_kind_of_page(visitor, records, theme, width):
    page = visitor(width=width, theme=theme)
    inspection = Inspection(page)
    places = {
        name: first_of(page, f"/admin/apikeys/apikey/?q={consumer_key}")
        for name, consumer_key in records.items()
    }
    places["person"] = first_of(page, "/admin/auth/user/?q=admin")

    for pattern in PAGES:
        page.goto(pattern.format(**places))
        inspection.look(pattern)
    send_a_form_with_errors(page, inspection)

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    assert inspection.complaints == []


@pytest.mark.parametrize(("theme", "width"), [LOOKS[0], LOOKS[-1]])
@pytest.mark.parametrize("address", ["/admin/apikeys/store/add/", "/console/stores/new/"])
def test_axe_finds_nothing_wrong_with_what_warns_of_the_end_of_a_session(
    visitor, theme, width, address
):
    page = visitor(width=width, theme=theme)
    inspection = Inspection(page)

    page.goto(address)
    page.evaluate(
        "for (const box of document.querySelector('[data-session]').children) box.hidden = false"
    )
    page.get_by_role("button", name="Stay logged in").wait_for()
    inspection.look(address)

    assert inspection.complaints == []


def test_who_is_about_to_be_logged_out_of_the_admin_can_stay(visitor):
    page = visitor(width=1280, theme="light")
    page.clock.install()
    page.goto("/admin/apikeys/store/add/")
    page.locator("#id_name").fill("Harbour Books")

    page.clock.fast_forward("56:00")
    page.get_by_role("button", name="Stay logged in").click()

    page.get_by_text("You will be logged out").wait_for(state="hidden")
    assert page.locator("#id_name").input_value() == "Harbour Books"


@pytest.mark.parametrize(("theme", "width"), [LOOKS[0], LOOKS[-1]])
def test_axe_finds_nothing_on_the_pages_of_any_model(visitor, records, theme, width):
    page = visitor(width=width, theme=theme)
    inspection = Inspection(page)
    models = page.locator("#content-main th a").evaluate_all(LINKS)
    models = [link for link in models if re.fullmatch("/admin/[a-z]+/[a-z]+/", link)]

    for model in models:
        page.goto(model)
        inspection.look(model)
        if width >= 1280:
            assert page.locator("#result_list").count() == 0 or page.evaluate(CUT_OFF) == 0, model
        rows = page.locator("#result_list tbody th a").evaluate_all(LINKS)
        for path in rows[:1]:
            page.goto(path)
            inspection.look(path)
        deletion = page.locator("a.deletelink").evaluate_all(LINKS)
        page.goto(model)
        for path in deletion + page.locator(".object-tools .addlink").evaluate_all(LINKS):
            page.goto(path)
            inspection.look(path)

    assert len(models) > 20
    assert inspection.complaints == []


def first_of(page, listing):
    """Where the pages of the only record stand that the list finds."""
    page.goto(listing)
    [change] = set(page.locator("#result_list tbody th a").evaluate_all(LINKS))
    return change.removesuffix("change/")


def send_a_form_with_errors(page, inspection):
    page.goto("/admin/apikeys/apikey/add/")
    page.locator("#id_username").fill("-")
    page.get_by_role("button", name="Save").click()
    page.locator(".errornote").wait_for()
    inspection.look("form with errors")
