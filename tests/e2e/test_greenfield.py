"""Greenfield's own JavaScript client, unchanged, against the real server and its real worker."""

import json
import subprocess
import sys

import pytest

from storefront.signing import Verifier
from tests import live, servers
from tests.storefront.receiver import listening

pytestmark = pytest.mark.e2e

CLIENT = """
const { OpenAPI, InvoicesService, WebhooksService, StoresService } =
  require('btcpay-greenfield-node-client');
const { url, secret, storeId, form, hook } = JSON.parse(process.argv[2]);
OpenAPI.BASE = url;
if (form === 'x-api-key') OpenAPI.HEADERS = { 'x-api-key': secret };
else OpenAPI.HEADERS = { Authorization: 'token ' + secret };
// The client leaves application/problem+json as text.
const refusal = (promise) => promise.then(
  () => null, (error) => [error.status, JSON.parse(error.body).code]);
(async () => {
  const stores = await StoresService.storesGetStores();
  const store = await StoresService.storesGetStore({ storeId });
  const webhook = await WebhooksService.postWebhooksService({ storeId, requestBody: {
    url: hook, enabled: true, automaticRedelivery: true,
    authorizedEvents: { everything: false, specificEvents: ['InvoiceCreated', 'InvoiceSettled'] },
  } });
  const invoice = await InvoicesService.invoicesCreateInvoice({ storeId, requestBody: {
    amount: '12.50', currency: 'EUR', metadata: { orderId: form },
    checkout: { speedPolicy: 'HighSpeed', redirectURL: 'https://shop.example.com/' },
  } });
  const invoiceId = invoice.id;
  const marked = await InvoicesService.invoicesMarkInvoiceStatus({
    storeId, invoiceId, requestBody: { status: 'Settled' },
  });
  const read = await InvoicesService.invoicesGetInvoice({ storeId, invoiceId });
  const listed = await InvoicesService.invoicesGetInvoices({ storeId });
  const updated = await InvoicesService.invoicesUpdateInvoice({
    storeId, invoiceId, requestBody: { metadata: { orderId: 'other' } },
  });
  const missing = await refusal(
    InvoicesService.invoicesGetInvoice({ storeId, invoiceId: 'nowhere' }));
  const foreign = await refusal(
    InvoicesService.invoicesGetInvoice({ storeId: 'foreign', invoiceId }));
  const invalid = await refusal(
    InvoicesService.invoicesCreateInvoice({ storeId, requestBody: { amount: '-1' } }));
  const webhookId = webhook.id;
  const changed = await WebhooksService.putWebhooksService({ storeId, webhookId, requestBody: {
    ...webhook, secret: null, authorizedEvents: { everything: true, specificEvents: [] },
  } });
  console.log(JSON.stringify({
    stores, store, webhook, invoice, marked, read, listed, updated, missing, foreign, invalid,
    changed,
  }));
})().catch((error) => { console.error(error.body || error); process.exit(1); });
"""
AGAIN = """
const { OpenAPI, InvoicesService, WebhooksService } = require('btcpay-greenfield-node-client');
const { url, secret, storeId, webhookId, invoiceId } = JSON.parse(process.argv[2]);
OpenAPI.BASE = url;
OpenAPI.HEADERS = { 'x-api-key': secret, Authorization: 'token ' + secret };
(async () => {
  // A receiver has its message a moment before the log has the receiver's answer.
  let deliveries = [];
  do {
    await new Promise((resolve) => setTimeout(resolve, 50));
    deliveries = await WebhooksService.getWebhooksService({ storeId, webhookId, count: '5' });
  } while (deliveries.some((one) => one.httpCode === null));
  const deliveryId = deliveries[0].id;
  const one = await WebhooksService.getWebhooksService1({ storeId, webhookId, deliveryId });
  const message = await WebhooksService.getWebhooksService2({ storeId, webhookId, deliveryId });
  const again = await WebhooksService.postWebhooksService1({ storeId, webhookId, deliveryId });
  await InvoicesService.invoicesArchiveInvoice({ storeId, invoiceId });
  const hidden = await InvoicesService.invoicesGetInvoices({ storeId });
  await InvoicesService.invoicesUnarchiveInvoice({ storeId, invoiceId });
  console.log(JSON.stringify({ deliveries, one, message, again, hidden: hidden.length }));
})().catch((error) => { console.error(error.body || error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def shop(live_databases, tmp_path_factory):
    """A server whose webhooks may lead to this machine, with its worker beside it."""
    folder = tmp_path_factory.mktemp("greenfield")
    console = live.Console(live_databases, folder, WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8")
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"],
        cwd=live.ROOT,
        env=console.env,
        stderr=subprocess.DEVNULL,
    )
    yield console
    servers.end(worker)
    console.stop()


@pytest.fixture
def key(shop, request):
    """A key narrowed to what such a shop needs."""
    return shop.manage(
        "create_api_key",
        f"greenfield-{abs(hash(request.node.name)) % 10**6}",
        *("--permission=read_write", "--any-ip"),
        *("--resource=invoices", "--resource=webhooks"),
    )


@pytest.fixture
def node(node_modules, tmp_path):
    def run(script, **given):
        (tmp_path / "client.js").write_text(script)
        done = subprocess.run(
            ["node", tmp_path / "client.js", json.dumps(given)],
            env=live.command_environment(NODE_PATH=str(node_modules)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("form", ["token", "x-api-key"])
def test_greenfields_own_client_does_all_it_can(shop, key, node, form):
    known = {"url": shop.url, "secret": key["consumer_secret"], "storeId": key["store_id"]}
    with listening() as receiver:
        made = node(CLIENT, form=form, hook=receiver.url, **known)

        assert [store["id"] for store in made["stores"]] == [made["store"]["id"]]
        invoice = made["invoice"]
        assert (invoice["status"], invoice["amount"]) == ("New", "12.50")
        assert invoice["checkoutLink"] == f"{shop.url}/i/{invoice['id']}"
        assert invoice["checkout"]["redirectURL"] == "https://shop.example.com/"
        assert (made["marked"]["status"], made["marked"]["additionalStatus"]) == (
            "Settled",
            "Marked",
        )
        assert made["read"] == made["marked"]
        assert made["read"]["id"] in [one["id"] for one in made["listed"]]
        assert made["updated"]["metadata"] == {"orderId": "other"}
        assert made["missing"] == [404, "not_found"]
        assert made["foreign"] == [403, "store_not_permitted"]
        assert made["invalid"] == [400, "invalid"]
        assert made["changed"]["authorizedEvents"]["everything"] is True
        assert made["changed"]["secret"] is None

        receiver.wait_for(2)
        verifier = Verifier(made["webhook"]["secret"])
        for received in receiver.received:
            verifier.check(received.headers, received.body)
        messages = [json.loads(received.body) for received in receiver.received]
        assert [message["type"] for message in messages] == ["InvoiceCreated", "InvoiceSettled"]
        assert {message["invoiceId"] for message in messages} == {invoice["id"]}

        again = node(AGAIN, webhookId=made["webhook"]["id"], invoiceId=invoice["id"], **known)
        assert [one["httpCode"] for one in again["deliveries"]] == [200, 200]
        assert again["one"]["status"] == "HttpSuccess"
        assert again["message"] == messages[1]
        assert again["hidden"] == len(made["listed"]) - 1
        receiver.wait_for(3)
        assert json.loads(receiver.received[2].body)["deliveryId"] == again["again"]
