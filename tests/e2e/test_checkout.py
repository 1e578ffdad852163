"""From a link to a settled invoice, in a real browser; and one cart checked out 200 times."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe

from tests.storefront.links import signed_link

pytestmark = pytest.mark.e2e


class Caller:
    """An integration at work against the real server."""

    def __init__(self, console, *options):
        key = console.manage(
            "create_api_key", options[0], "--permission=read_write", "--any-ip", *options[1:]
        )
        self.key, self.secret = key["consumer_key"], key["consumer_secret"]
        self.root = f"{console.url}/api/v1/stores/{key['store_id']}"

    def post(self, path, body, **headers):
        answer = requests.post(
            f"{self.root}/{path}",
            json=body,
            auth=(self.key, self.secret),
            headers=headers,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def caller(live_console):
    return Caller(live_console, "shop-front", "--signing", "--rate-limit=none")


@pytest.fixture
def cart(caller):
    """A cart with three pieces of tea."""
    sku = f"tea-{secrets.token_hex(4)}"
    caller.post("products", {"sku": sku, "name": "Green tea", "price": "3.99"})
    return caller.post("carts", {"items": [{"id": sku, "quantity": 3}]})


def log_in(page, console):
    page.goto(f"{console.url}/console/login/")
    page.fill("[name=username]", console.admin_username)
    page.fill("[name=password]", console.admin_password)
    page.click("main button[type=submit], main form button")
    page.wait_for_url(f"{console.url}/console/")


def assert_accessible(page):
    """Nothing that the rules of WCAG find, wide and narrow."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


def cookies(page, *names):
    return {
        cookie["name"]: cookie["value"]
        for cookie in page.context.cookies()
        if cookie["name"] in names
    }


@pytest.mark.parametrize("way", ["ticket", "signature"])
def test_a_customer_follows_a_link_checks_out_and_sees_the_invoice_settle(
    page, live_console, caller, cart, way
):
    log_in(page, live_console)
    operator = cookies(page, "sessionid")
    if way == "ticket":
        link = caller.post("session-transfers", {"cart": cart["id"], "action": "cart"})["url"]
    else:
        link = signed_link(Key(caller), Cart(cart), base_url=live_console.url)

    page.goto(link)

    assert page.url == f"{live_console.url}/shop/cart"
    assert "Green tea" in page.inner_text("main")
    assert "11.97 EUR" in page.inner_text("main")
    assert_accessible(page)
    page.fill("input[type=number]", "2")
    page.click("text=Update")
    page.wait_for_selector("text=7.98 EUR")
    page.click("text=Go to the checkout")
    assert_accessible(page)
    page.fill("[name=buyer_email]", "buyer@example.com")
    page.click("text=Place the order")
    page.wait_for_url(f"{live_console.url}/i/*")
    page.wait_for_selector("[data-status=New]")
    assert "7.98 EUR" in page.inner_text("main")

    invoice_id = page.url.rpartition("/")[2]
    caller.post(f"invoices/{invoice_id}/status", {"status": "Settled"})
    page.wait_for_selector("[data-status=Settled]")

    page.goto(link)
    assert "not valid any more" in page.inner_text("main")
    assert_accessible(page)
    page.goto(f"{live_console.url}/console/")
    assert page.url == f"{live_console.url}/console/"
    assert cookies(page, "sessionid") == operator
    assert cookies(page, "shopper")


class Key:
    def __init__(self, caller):
        self.consumer_key, self.secret = caller.key, caller.secret


class Cart:
    def __init__(self, answer):
        self.public_id = answer["id"]


def test_two_hundred_checkouts_of_one_cart_make_one_invoice(caller, cart):
    def check_out(_):
        return caller.post(f"carts/{cart['id']}/checkout", {}, **{"Cart-Key": cart["cart_key"]})

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(check_out, range(200)))

    assert len(answers) == 200
    assert all(answer == answers[0] for answer in answers)
    invoices = requests.get(
        f"{caller.root}/invoices", auth=(caller.key, caller.secret), timeout=30
    ).json()
    assert [one["id"] for one in invoices if one["metadata"].get("cart") == cart["id"]] == [
        answers[0]["invoice_id"]
    ]
