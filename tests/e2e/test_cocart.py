"""CoCart's own client and the tutorial's query form, over https, against the real server."""

import json
import subprocess

import pytest
import requests

from tests import live, servers, tls_front

pytestmark = pytest.mark.e2e
ROOT = "/wp-json/cocart/preview/"

METHODS = """
from apikeys.actor import Actor
from apikeys.models import Store
from storefront.models import PaymentMethod
PaymentMethod.objects.add(
    actor=Actor.system("tests"), store=Store.objects.get(), code="stripe", title="Card",
    mode="live", debug={"publishable_key": "pk_live_1"},
)
"""
CLIENT = """
const CoCart = require('@cocart/cocart-rest-api').default;
const { url, key, secret, product, query } = JSON.parse(process.argv[2]);
const shop = new CoCart({
  url, consumerKey: key, consumerSecret: secret, version: 'cocart/preview', queryStringAuth: query,
});
(async () => {
  const empty = await shop.get('cart');
  const withKey = { cart_key: empty.data.cart_key };
  await shop.post('cart/add-item', { id: product, quantity: '2' }, withKey);
  const added = await shop.get('cart', withKey);
  const item = 'cart/item/' + added.data.items[0].item_key;
  const updated = await shop.post(item, { quantity: 3 }, withKey);
  const methods = await shop.get('checkout/payment-methods');
  const order = await shop.post('checkout', { payment_method: 'stripe' }, withKey);
  const again = await shop.post('checkout', {}, withKey);
  let refused = null;
  try { await shop.post('cart/clear', {}, withKey); } catch (error) { refused = error.response; }
  console.log(JSON.stringify({
    headers: empty.headers['cocart-api-cart-key'] === empty.data.cart_key,
    items: added.data.items.map((one) => [one.sku, one.quantity]),
    total: updated.data.totals.total,
    methods: methods.data,
    order: order.data, again: again.data,
    refused: [refused.status, refused.data.code, refused.data.message],
  }));
})().catch((error) => {
  console.error(error.response ? error.response.data : error);
  process.exit(1);
});
"""


@pytest.fixture(scope="module")
def shop(live_databases, tmp_path_factory):
    """A server behind a TLS front, with a product and a payment method: ``shop.https``."""
    folder = tmp_path_factory.mktemp("cocart")
    port = servers.free_port()
    console = live.Console(
        live_databases,
        folder,
        PUBLIC_URL=f"https://{servers.LOOPBACK}:{port}",
        TRUSTED_PROXIES=servers.LOOPBACK,
    )
    console.https = f"https://{servers.LOOPBACK}:{port}"
    console.certificate = tls_front.certificate(folder)
    console.run("shell", "-c", METHODS)
    with tls_front.front(port, console.port, console.certificate):
        yield console
    console.stop()


@pytest.fixture(scope="module")
def key(shop):
    return shop.manage("create_api_key", "cocart", "--permission=read_write", "--any-ip")


@pytest.fixture(scope="module")
def product(shop, key):
    answer = requests.post(
        f"{shop.https}/api/v1/stores/{key['store_id']}/products",
        json={"sku": "tea", "name": "Tea", "price": "3.99"},
        auth=(key["consumer_key"], key["consumer_secret"]),
        verify=shop.certificate,
        timeout=30,
    )
    return answer.json()["id"]


@pytest.mark.parametrize("query", [False, True], ids=["basic", "query"])
def test_cocarts_own_client_fills_a_cart_and_checks_out(
    shop, key, product, node_modules, tmp_path, query
):
    script = tmp_path / "client.js"
    script.write_text(CLIENT)
    given = {
        "url": shop.https,
        "key": key["consumer_key"],
        "secret": key["consumer_secret"],
        "product": product,
        "query": query,
    }
    done = subprocess.run(
        ["node", script, json.dumps(given)],
        env=shop.env
        | {"NODE_PATH": str(node_modules), "NODE_EXTRA_CA_CERTS": str(shop.certificate)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["headers"] is True
    assert (made["items"], made["total"]) == ([["tea", 2]], "11.97")
    assert made["methods"] == {
        "payment_methods": {"stripe": {"id": "stripe", "title": "Card", "enabled": True}}
    }
    assert made["order"] == made["again"]
    assert made["order"]["amount"] == "11.97"
    assert made["order"]["checkoutLink"].startswith(f"{shop.https}/i/")
    assert made["refused"][:2] == [409, "cart_checked_out"]


def curl(shop, path, *options):
    servers.require("curl")
    done = subprocess.run(
        [
            *("curl", "--silent", "--cacert", shop.certificate, "--write-out", "\n%{http_code}"),
            *(f"{shop.https}{path}", *options),
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def with_query(key, path):
    return (
        f"{ROOT}{path}?consumer_key={key['consumer_key']}&consumer_secret={key['consumer_secret']}"
    )


def test_the_tutorials_admin_client_sees_the_debug_information(shop):
    """The key and secret in the query, and the secret again as Bearer."""
    admin = shop.manage(
        "create_api_key",
        "admin-client",
        "--resource=checkout",
        "--resource=payment_debug",
        "--any-ip",
    )

    status, answer = curl(
        shop,
        with_query(admin, "checkout/payment-methods"),
        *("--header", f"Authorization: Bearer {admin['consumer_secret']}"),
    )

    assert status == 200
    assert answer["debug_info"] == {
        "payment_context": {"stripe": {"mode": "live", "publishable_key": "pk_live_1"}},
        "note": "Debug information - DO NOT use in production",
    }


def test_another_secret_as_bearer_is_ambiguous(shop, key):
    other = shop.manage("create_api_key", "another", "--any-ip")

    status, answer = curl(
        shop,
        with_query(key, "checkout/payment-methods"),
        *("--header", f"Authorization: Bearer {other['consumer_secret']}"),
    )

    assert (status, answer["code"]) == (401, "ambiguous_credentials")


def test_the_tutorials_query_form_fills_a_cart(shop, key, product):
    status, added = curl(
        shop,
        with_query(key, "cart/add-item"),
        *("--header", "Content-Type: application/json"),
        *("--data", json.dumps({"id": product, "quantity": 1})),
    )
    assert status == 200

    status, shown = curl(
        shop, with_query(key, "cart"), "--header", f"Cart-Key: {added['cart_key']}"
    )

    assert (status, shown["totals"]["total"]) == (200, "3.99")
    assert added["cart_key"] not in shop.said()
    assert key["consumer_secret"] not in shop.said()


def test_a_key_in_the_query_over_http_is_refused(shop, key):
    answer = requests.get(
        f"http://{servers.LOOPBACK}:{shop.port}{with_query(key, 'cart')}", timeout=30
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "insecure_transport")
