"""Requests that are sent twenty times at once are done once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

pytestmark = pytest.mark.e2e
AT_ONCE = 20


@pytest.fixture
def shop(live_console, request):
    return caller(live_console, f"once-{abs(hash(request.node.name)) % 10**6}")


def caller(console, name):
    key = console.manage(
        "create_api_key", name, "--permission=read_write", "--any-ip", "--rate-limit=none"
    )
    root = f"{console.url}/api/v1/stores/{key['store_id']}"

    def send(path, body, **headers):
        return requests.post(
            f"{root}/{path}",
            json=body,
            headers={"X-API-Key": key["consumer_secret"]} | headers,
            timeout=60,
        )

    send.listed = lambda path: requests.get(
        f"{root}/{path}", headers={"X-API-Key": key["consumer_secret"]}, timeout=60
    ).json()
    return send


def at_once(deed):
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [one.result() for one in [threads.submit(deed) for _ in range(AT_ONCE)]]


def test_one_idempotency_key_makes_one_invoice(shop):
    once = {"Idempotency-Key": "one-order"}
    body = {"amount": "1", "orderId": "sent often"}

    answers = at_once(lambda: shop("invoices", body, **once))

    assert {answer.status_code for answer in answers} <= {200, 409}
    made = {answer.json()["id"] for answer in answers if answer.status_code == 200}
    assert len(made) == 1
    assert len(shop.listed("invoices?orderId=sent%20often")) == 1
    other = shop("invoices", body | {"amount": "2"}, **once)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_one_invoice_is_marked_once(shop):
    invoice = shop("invoices", {"amount": "1"}).json()

    answers = at_once(lambda: shop(f"invoices/{invoice['id']}/status", {"status": "Settled"}))

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["status"] for answer in answers} == {"Settled"}


def test_one_sku_is_there_once(shop):
    body = {"sku": "sent often", "name": "Tea", "price": "1"}

    answers = at_once(lambda: shop("products", body))

    assert sorted({answer.status_code for answer in answers}) == [200, 400]
    assert len(shop.listed("products?sku=sent%20often")) == 1


def test_a_store_never_has_more_than_its_100_webhooks(start_console):
    shop = caller(start_console(), "webhooks")
    body = {"url": "https://receiver.example.com/hook"}
    for _ in range(95):
        assert shop("webhooks", body).status_code == 200

    answers = at_once(lambda: shop("webhooks", body))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [400] * 15
    assert len(shop.listed("webhooks?per_page=200")) == 100
