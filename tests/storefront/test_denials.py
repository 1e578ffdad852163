"""Every endpoint of the shop refuses who may not, and history says why."""

import pytest

from apikeys.denial import DenialReason
from storefront.models import Delivery, Invoice, Product, Webhook
from tests.calls import the_record, the_unproven
from tests.factories import StoreFactory
from tests.storefront.factories import InvoiceFactory, ProductFactory, WebhookFactory

ENDPOINTS = {
    "products": ("products", ("GET", "POST")),
    "products/{product}": ("products", ("GET", "PUT", "PATCH", "DELETE")),
    "invoices": ("invoices", ("GET", "POST")),
    "invoices/{invoice}": ("invoices", ("GET", "PUT", "PATCH", "DELETE")),
    "invoices/{invoice}/status": ("invoices", ("POST",)),
    "invoices/{invoice}/payments": ("invoices", ("POST",)),
    "invoices/{invoice}/unarchive": ("invoices", ("POST",)),
    "webhooks": ("webhooks", ("GET", "POST")),
    "webhooks/{webhook}": ("webhooks", ("GET", "PUT", "PATCH", "DELETE")),
    "webhooks/{webhook}/rotate-secret": ("webhooks", ("POST",)),
    "webhooks/{webhook}/deliveries": ("webhooks", ("GET",)),
    "webhooks/{webhook}/deliveries/{delivery}": ("webhooks", ("GET",)),
    "webhooks/{webhook}/deliveries/{delivery}/request": ("webhooks", ("GET",)),
    "webhooks/{webhook}/deliveries/{delivery}/redeliver": ("webhooks", ("POST",)),
}
CALLS = [(path, method) for path, (_resource, methods) in ENDPOINTS.items() for method in methods]
BODY = {
    "sku": "TEA",
    "name": "Tea",
    "price": "1",
    "amount": "1",
    "metadata": {},
    "url": "https://example.com/",
}


def path_of(pattern, store):
    webhook = WebhookFactory(store=store)
    invoice = InvoiceFactory(store=store)
    return pattern.format(
        product=ProductFactory(store=store).public_id,
        invoice=invoice.public_id,
        webhook=webhook.public_id,
        delivery=Delivery.objects.get(webhook=webhook).public_id,
    )


def everything():
    return [list(model.objects.values()) for model in (Product, Invoice, Webhook, Delivery)]


def body_for(pattern, method):
    if pattern.endswith("status") or (pattern, method) == ("invoices/{invoice}", "PATCH"):
        return {"status": "Settled"}
    return (
        BODY
        if pattern in ("products", "products/{product}", "invoices", "invoices/{invoice}/payments")
        else {name: BODY[name] for name in ("metadata", "url")}
    )


@pytest.mark.parametrize(("pattern", "method"), CALLS)
def test_a_key_with_the_resource_and_the_level_is_let_in(shop_of, pattern, method):
    level = "read" if method == "GET" else "write"
    shop = shop_of(permission=level, resources=[ENDPOINTS[pattern][0]])

    answer = shop.call(method, path_of(pattern, shop.store), body_for(pattern, method))

    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("pattern", "method"), CALLS)
def test_without_a_credential_nothing_is_done(shop, pattern, method):
    path = path_of(pattern, shop.store)
    before, shop.key = everything(), None

    answer = shop.call(method, path, BODY)

    assert (answer.status_code, answer.json()["code"]) == (401, "missing_credentials")
    assert everything() == before
    the_unproven(reason=DenialReason.MISSING, count=1)


@pytest.mark.parametrize(("pattern", "method"), CALLS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("level", DenialReason.METHOD),
        ("resource", DenialReason.RESOURCE),
        ("address", DenialReason.IP),
        ("store", DenialReason.STORE),
    ],
)
def test_a_key_that_may_not_is_refused_and_history_says_why(
    shop_of, pattern, method, change, reason
):
    others = sorted({resource for resource, _methods in ENDPOINTS.values()})
    others.remove(ENDPOINTS[pattern][0])
    shop = shop_of(
        **{
            "level": {"permission": "write" if method == "GET" else "read"},
            "resource": {"resources": others},
            "address": {"allowed_ips": ["203.0.113.7"]},
            "store": {},
        }[change]
    )
    path = path_of(pattern, shop.store)
    if change == "store":
        other = StoreFactory()
        path = f"/api/v1/stores/{other.public_id}/{path_of(pattern, other)}"
    before = everything()

    answer = shop.call(method, path, BODY)

    assert (answer.status_code, answer.json()["code"]) == (403, reason.value)
    assert everything() == before
    the_record(reason=reason.value, status=403, method=method)


@pytest.mark.parametrize("pattern", ENDPOINTS)
def test_options_tells_the_methods_and_nothing_else(shop, pattern):
    answer = shop.call("OPTIONS", path_of(pattern, shop.store))

    assert (answer.status_code, answer.content) == (204, b"")
    told = set(answer.headers["Allow"].split(", ")) - {"HEAD"}
    assert told == {*ENDPOINTS[pattern][1], "OPTIONS"}


@pytest.mark.parametrize("pattern", ENDPOINTS)
def test_a_method_that_is_not_there_is_refused(shop, pattern):
    missing = {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(ENDPOINTS[pattern][1])
    path = path_of(pattern, shop.store)

    assert {shop.call(method, path, BODY).status_code for method in missing} == {405}
