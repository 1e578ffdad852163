"""The shop's pages in a real browser: an operator at work, axe, a customer without script."""

import pytest
import requests

from tests.inspection import LOOKS, Inspection

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def shop(live_console):
    """The addresses of one record of every kind, made over the API."""
    key = live_console.manage("create_api_key", "shop-pages", "--permission=read_write", "--any-ip")
    root = f"{live_console.url}/api/v1/stores/{key['store_id']}"

    def post(path, body):
        headers = {"X-API-Key": key["consumer_secret"]}
        return requests.post(f"{root}/{path}", json=body, headers=headers, timeout=30).json()

    webhook = post("webhooks", {"url": "https://receiver.example.com/a/rather/long/path?of=it"})
    invoice = post("invoices", {"amount": "12.50", "orderId": "17", "metadata": {"a": [1, "b"]}})
    product = post("products", {"sku": "TEA-1", "name": "Green tea", "price": "3.99"})
    headers = {"X-API-Key": key["consumer_secret"]}
    (delivery,) = requests.get(
        f"{root}/webhooks/{webhook['id']}/deliveries", headers=headers, timeout=30
    ).json()
    made = {"webhook": webhook, "invoice": invoice, "product": product, "delivery": delivery}
    return {name: record["id"] for name, record in made.items()}


PAGES = [
    "/console/shop/products/",
    "/console/shop/products/?q=nothing-like-it",
    "/console/shop/products/new/",
    "/console/shop/products/{product}/",
    "/console/shop/invoices/",
    "/console/shop/invoices/new/",
    "/console/shop/invoices/{invoice}/",
    "/console/shop/webhooks/",
    "/console/shop/webhooks/new/",
    "/console/shop/webhooks/{webhook}/",
    "/console/shop/webhooks/{webhook}/edit/",
    "/console/shop/webhooks/{webhook}/rotate/",
    "/console/shop/webhooks/{webhook}/delete/",
    "/console/shop/deliveries/",
    "/console/shop/deliveries/{delivery}/",
    "/i/{invoice}",
]


def log_in(page, console):
    page.goto("/console/login/")
    page.get_by_label("Username").fill(console.admin_username)
    page.get_by_label("Password").fill(console.admin_password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/console/")


@pytest.fixture
def visitor(browser, live_console):
    """A page of somebody new: ``visitor(width=360, theme="dark")``."""
    contexts = []

    def visit(*, width=1280, theme="light", **options):
        context = browser.new_context(
            base_url=live_console.url, viewport={"width": width, "height": 800}, **options
        )
        context.set_default_timeout(30_000)
        context.add_cookies([{"name": "theme", "value": theme, "url": live_console.url}])
        contexts.append(context)
        return context.new_page()

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_cut_off(visitor, live_console, shop, theme, width):
    page = visitor(width=width, theme=theme)
    inspection = Inspection(page)
    log_in(page, live_console)

    for pattern in PAGES:
        page.goto(pattern.format(**shop))
        inspection.look(pattern)
    page.goto("/console/shop/webhooks/new/")
    page.get_by_label("URL").fill("http://10.0.0.1/")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Please mend this first").wait_for()
    inspection.look("form with errors")
    page.get_by_label("URL").fill("https://receiver.example.com/new")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Save the secret now.").wait_for()
    inspection.look("secret")

    assert inspection.complaints == []


def test_an_operator_settles_an_invoice_and_the_customer_sees_it_without_script(
    visitor, live_console, shop
):
    operator, customer = visitor(), visitor(java_script_enabled=False)
    log_in(operator, live_console)
    operator.goto("/console/shop/invoices/new/")
    operator.get_by_label("Amount").fill("7.5")
    operator.get_by_role("button", name="Save").click()
    link = operator.get_by_role("link", name="/i/").get_attribute("href")

    customer.goto(link)
    assert customer.get_by_role("status").inner_text() == "Waiting for payment"
    operator.get_by_role("button", name="Mark as settled").click()
    operator.get_by_text("The invoice is marked as Settled").wait_for()

    customer.get_by_text("Paid", exact=True).wait_for(timeout=60_000)
    assert customer.context.cookies() == [
        cookie for cookie in customer.context.cookies() if cookie["name"] == "theme"
    ]
