"""What the API answers is what its description says, also where a value is blank or null."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from storefront.models import Delivery
from tests.storefront.factories import (
    CartFactory,
    InvoiceFactory,
    ProductFactory,
    WebhookFactory,
)

STORE = "/api/v1/stores/{store_id}"
CART = "/wp-json/cocart/preview/cart"
LINK = "http://127.0.0.1:8000/transfer-session?ticket=abc"


@pytest.fixture(scope="module")
def description():
    return SchemaGenerator().get_schema(public=True)


def schema_of(description, method, path, response):
    """The schema of an answer of this operation, with all that it refers to."""
    answer = description["paths"][path][method.lower()]["responses"][str(response.status_code)]
    content = answer["content"][response.headers["Content-Type"].partition(";")[0]]
    return content["schema"] | {"components": description["components"]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/whoami", None),
        ("GET", "/api/v1/stores", None),
        ("GET", STORE, None),
        *(
            ("GET", f"{STORE}/{path}", None)
            for path in (
                *("products", "products/{product_id}", "invoices", "invoices/{invoice_id}"),
                *("webhooks", "webhooks/{webhook_id}", "webhooks/{webhook_id}/deliveries"),
                *("webhooks/{webhook_id}/deliveries/{delivery_id}", "carts/{cart_id}"),
            )
        ),
        *(
            ("POST", f"{STORE}/{path}", body)
            for path, body in (
                ("products", {"sku": "tea", "name": "Tea", "price": "1"}),
                ("products", {"sku": ""}),
                ("invoices", {"amount": "1"}),
                ("invoices", {"amount": "-1"}),
                ("invoices/{invoice_id}/status", {"status": "Settled"}),
                ("invoices/{invoice_id}/payments", {"amount": "1"}),
                ("webhooks", {"url": "https://example.com/"}),
                ("webhooks/{webhook_id}/rotate-secret", {}),
                ("carts", {}),
                ("carts/{cart_id}/items", {"id": "{sku}", "quantity": 2}),
                ("carts/{cart_id}/checkout", {}),
                ("session-transfers", {"cart": "{cart_id}", "action": "cart"}),
                ("session-transfers", {"cart": "none", "action": "cart"}),
                ("session-transfers/check", {"url": LINK}),
            )
        ),
        ("DELETE", f"{STORE}/products/{{product_id}}", None),
        ("DELETE", f"{STORE}/webhooks/{{webhook_id}}", None),
        ("GET", CART, None),
        ("POST", f"{CART}/add-item", {"id": "{sku}", "quantity": 1}),
        ("GET", "/wp-json/cocart/preview/checkout/payment-methods", None),
    ],
)
def test_an_answer_is_as_described(shop, description, method, path, body):
    webhook, product = WebhookFactory(store=shop.store), ProductFactory(store=shop.store)
    invoice, cart = InvoiceFactory(store=shop.store), CartFactory(store=shop.store)
    cart.add(product)
    names = {
        "store_id": shop.store.public_id,
        "product_id": product.public_id,
        "sku": product.sku,
        "invoice_id": invoice.public_id,
        "webhook_id": webhook.public_id,
        "delivery_id": Delivery.objects.get().public_id,
        "cart_id": cart.public_id,
    }
    if body is not None:
        texts = {key for key, value in body.items() if isinstance(value, str)}
        body = {key: body[key].format(**names) if key in texts else body[key] for key in body}

    response = shop.call(
        method, path.format(**names), body, headers={"Cart-Key": cart.cart_key} if cart else {}
    )

    schema = schema_of(description, method, path, response)
    assert list(Draft202012Validator(schema).iter_errors(response.json())) == []
