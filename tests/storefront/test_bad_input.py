"""Any bytes where a cart key, a cookie or a link is expected lead to a decision, never a 5xx."""

import pytest

from storefront.models import Cart, ShopperSession
from tests.storefront.factories import CartFactory, ProductFactory

NASTY = [
    "\x00",
    "%00",
    "\x7f\x01",
    "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
    "ÿþ",
    "a" * 8000,
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>",
    "{{7*7}}",
    ",",
    "a, b",
]


@pytest.mark.parametrize("text", NASTY)
def test_a_cart_key_of_any_bytes_opens_nothing(shop, text):
    cart = CartFactory(store=shop.store)
    for path in (f"carts/{cart.public_id}", "/wp-json/cocart/preview/cart"):
        assert shop.get(path, headers={"Cart-Key": text}).status_code == 403
        in_query = shop.get(f"{path}?cart_key={text.replace('%', '%25')}")
        assert in_query.status_code in (400, 403)
    for body in ({"cart_key": text}, {"cart_key": [text]}, {"cart_key": {"a": text}}):
        status = shop.post(f"carts/{cart.public_id}/clear", body).status_code
        assert status in (400, 403)


@pytest.mark.parametrize("text", NASTY)
def test_a_cookie_or_link_of_any_bytes_opens_nothing(client, db, text):
    client.cookies["shopper"] = text
    assert client.get("/shop/cart").status_code == 404
    for query in (f"ticket={text}", f"key={text}&signature={text}", text):
        response = client.generic("GET", "/transfer-session", QUERY_STRING=query)
        assert response.status_code == 400
    assert not ShopperSession.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '"text"',
        "null",
        "1",
        "{",
        '{"id": ["SKU"]}',
        '{"id": {"a": 1}}',
        '{"id": "SKU", "quantity": 1e400}',
        '{"id": "SKU", "quantity": ' + "9" * 5000 + "}",
        '{"id": "SKU", "quantity": "\\u0663"}',
        '{"id": "SK\\u0000U"}',
        '{"id": "\\ud800"}',
        b'{"id": "\xff"}',
        '{"a":' * 100 + "1" + "}" * 100,
    ],
)
def test_a_body_that_makes_no_sense_changes_nothing(shop, body):
    ProductFactory(store=shop.store, sku="SKU")
    cart = CartFactory(store=shop.store)

    for path in ("carts", f"carts/{cart.public_id}/items", "/wp-json/cocart/preview/cart/add-item"):
        if path == "carts" and body in ("", "null"):
            continue  # an empty cart is what that asks for
        response = shop.call("POST", path, body, headers={"Cart-Key": cart.cart_key})
        assert 400 <= response.status_code < 500, (path, response.content)
    assert Cart.objects.get() == cart
    assert not cart.items.exists()
