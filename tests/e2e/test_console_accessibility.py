"""axe finds nothing on any page of the console: both themes, a wide screen and a narrow one."""

import secrets

import pytest
import requests

from apikeys.denial import DenialReason
from tests.inspection import LOOKS, WIDER, Inspection, first_database_only

pytestmark = pytest.mark.e2e

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
    "{key}delete/",
    "{disabled}",
    "{disabled}delete/",
    "/console/users/",
    "/console/users/axe-user/",
    "/console/users/axe-user/owner/",
    "/console/new-user/",
    "/console/stores/",
    "/console/stores/new/",
    "{store}",
    "{store}edit/",
    "{store}staff/",
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
    "/console/shop/carts/",
    "/console/shop/carts/{cart}/",
    "/console/shop/payment-methods/",
    "/console/shop/payment-methods/new/",
    "/console/shop/transfers/",
    "/console/shop/transfers/targets/",
    "/console/shop/transfers/targets/{store_id}/checkout/",
    "/api/docs/#webhooks_create",
    "/console/nowhere/",
    "{key}enable/",
]
# Tables of the console that scroll sideways in their box.
SCROLLING = """[...document.querySelectorAll('.table-box')]
    .filter(box => box.scrollWidth > box.clientWidth).length"""
TOPICS = [
    *DenialReason,
    "cannot-delete",
    "keeping-keys-safe",
    "key-exposure",
    "unexpected-calls",
    "works-in-testing-but-not-in-production",
]
# Pages that stand at the end of a journey below.
REACHED = {"login", "incident_report", "payment_method_edit"}


@pytest.fixture(scope="module")
def records(live_console):
    """Where the records stand that the pages speak of."""
    enabled = live_console.manage(
        *("create_api_key", "axe-user", "--allow-ip=203.0.113.0/24", "--permission=read_write"),
        "--allow-ip=2001:db8:1111:2222:3333:4444:5555:6666",  # as wide as an address can be
    )
    disabled = live_console.manage("create_api_key", "axe-user", "--any-ip", "--expires=5d")
    opened = live_console.manage(
        *("create_api_key", "axe-carts", "--any-ip", "--permission=read_write")
    )
    for key in (enabled, disabled):  # one call is refused, the other let in
        requests.get(
            f"{live_console.url}/api/v1/whoami",
            auth=(key["consumer_key"], key["consumer_secret"]),
            timeout=30,
        )
    root = f"{live_console.url}/api/v1/stores/{opened['store_id']}"
    headers = {"X-API-Key": opened["consumer_secret"]}
    tea = {"sku": "AXE-TEA", "name": "Green tea", "price": "3.99"}
    requests.post(f"{root}/products", json=tea, headers=headers, timeout=30).raise_for_status()
    items = {"items": [{"id": "AXE-TEA", "quantity": 2}]}
    cart = requests.post(f"{root}/carts", json=items, headers=headers, timeout=30).json()
    live_console.manage("rotate_api_key", enabled["consumer_key"], "--overlap=24h")
    live_console.manage("disable_api_key", disabled["consumer_key"])
    return {
        "key": f"/console/keys/{enabled['consumer_key']}/",
        "disabled": f"/console/keys/{disabled['consumer_key']}/",
        "store": f"/console/stores/{enabled['store_id']}/",
        "store_id": enabled["store_id"],
        "cart": cart["id"],
    }


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_cut_off(browser, live_console, records, theme, width):
    victim = f"axe-{theme}-{width}"
    live_console.manage("create_api_key", victim, "--any-ip")
    context = visit(browser, live_console, theme, width)
    page = context.new_page()
    inspection = Inspection(page)

    log_in(page, live_console, inspection)
    for pattern in PAGES:
        page.goto(pattern.format(**records))
        inspection.look(pattern)
    add_a_wide_network(page, records, inspection)
    create_a_key(page, victim, inspection)
    switch_many(page, victim, inspection)
    add_a_payment_method(page, inspection)
    be_locked_out(page, victim, inspection)
    context.close()

    assert inspection.complaints == []


@first_database_only
@pytest.mark.parametrize(
    "pattern",
    ["{key}history/?result=denied", "/console/history/?result=denied", "/console/changes/"],
)
def test_the_reason_of_a_call_and_a_change_are_in_sight_on_a_tablet(
    browser, live_console, records, pattern
):
    context = visit(browser, live_console, "light", 768)
    page = context.new_page()
    inspection = Inspection(page)
    log_in(page, live_console, inspection)

    page.goto(pattern.format(**records))
    inspection.look(pattern)

    for cell in page.locator("tbody :is(.reason, .change):not(:empty)").all():
        box = cell.bounding_box()
        assert box["x"] + box["width"] <= 768
    assert page.locator("tbody :is(.reason, .change):not(:empty)").count()
    assert inspection.complaints == []
    context.close()


@first_database_only
@pytest.mark.parametrize("width", [768, 900, 1024])
def test_nothing_is_cut_off_on_a_tablet(browser, live_console, records, width):
    context = visit(browser, live_console, "light", width)
    page = context.new_page()
    log_in(page, live_console, Inspection(page))
    wider = []
    for pattern in PAGES:
        page.goto(pattern.format(**records))
        if page.evaluate(WIDER) > 0 or page.evaluate(SCROLLING):
            wider.append(pattern)
    context.close()

    assert wider == []


def test_axe_finds_nothing_in_the_help(browser, live_console):
    context = visit(browser, live_console, "dark", 360)
    page = context.new_page()
    inspection = Inspection(page)
    for topic in TOPICS:
        page.goto(f"/console/help/{topic}/")
        inspection.look(topic)
    context.close()

    assert inspection.complaints == []


def visit(browser, console, theme, width):
    context = browser.new_context(base_url=console.url, viewport={"width": width, "height": 800})
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "theme", "value": theme, "url": console.url}])
    return context


def log_in(page, console, inspection):
    page.goto("/console/login/")
    inspection.look("login")
    page.get_by_label("Username").fill(console.admin_username)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Log in").click()
    inspection.look("login with a wrong password")
    page.get_by_label("Username").fill(console.admin_username)
    page.get_by_label("Password").fill(console.admin_password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/")


def add_a_wide_network(page, records, inspection):
    page.goto(f"{records['key']}ips/")
    page.get_by_label("Add addresses or networks").fill("0.0.0.0/1")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("0.0.0.0/1 is very wide.").wait_for()
    inspection.look("doubtful network")


def create_a_key(page, username, inspection):
    page.goto("/console/keys/new/")
    page.locator(".form-end button").click()
    inspection.look("form with errors")
    page.get_by_label("API user", exact=True).fill(username)
    page.get_by_label("Any address").check()
    page.get_by_label("Read/Write").check()
    page.locator(".form-end button").click()
    page.get_by_text("This key is wide.").wait_for()
    inspection.look("second look")
    page.get_by_role("button", name="Create key").click()
    page.get_by_text("Save the secret now.").wait_for()
    inspection.look("secret")
    page.get_by_role("link", name="I have saved it").click()


def switch_many(page, username, inspection):
    page.goto(f"/console/keys/?user={username}")
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Disable…").click()
    page.get_by_text("Disable 2 keys?").wait_for()
    inspection.look("many keys")
    page.goto(f"/console/incident/?username={username}")
    page.get_by_role("button", name="Disable 2 keys").click()
    page.get_by_text("2 keys disabled").wait_for()
    inspection.look("incident report")


def add_a_payment_method(page, inspection):
    page.goto("/console/shop/payment-methods/new/")
    page.get_by_label("Title").fill("Invoice")
    page.get_by_label("Id", exact=True).fill(f"axe-{secrets.token_hex(4)}")
    page.get_by_role("button", name="Save").click()
    inspection.look("payment methods")
    page.get_by_role("row", name="Invoice").get_by_role("link").first.click()
    inspection.look("payment method")


def be_locked_out(page, username, inspection):
    page.goto("/console/")
    page.locator("form[action$='logout/'] [name=csrfmiddlewaretoken]").evaluate("it => it.remove()")
    page.get_by_role("button", name="Log out").click()
    inspection.look("a form of another page")
    page.context.clear_cookies(name="sessionid")
    for _attempt in range(6):
        page.goto("/console/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill("guess")
        page.get_by_role("button", name="Log in").click()
    inspection.look("locked out")
