"""The console's pages about the shop: who may open them, what they do, and to whose records."""

import re

import pytest
from django.utils import timezone

from apikeys.models import ChangeRecord
from storefront.courier import deliver
from storefront.models import Delivery, Invoice, Product, Webhook
from tests.factories import PASSWORD, UserFactory
from tests.storefront.console.forms import edit
from tests.storefront.factories import RECEIVER, InvoiceFactory, ProductFactory, WebhookFactory
from tests.storefront.receiver import listening

PAGES = {
    "/console/shop/products/": "view_product",
    "/console/shop/products/new/": "add_product",
    "/console/shop/products/{product}/": "change_product",
    "/console/shop/invoices/": "view_invoice",
    "/console/shop/invoices/new/": "add_invoice",
    "/console/shop/invoices/{invoice}/": "view_invoice",
    "/console/shop/webhooks/": "view_webhook",
    "/console/shop/webhooks/new/": "add_webhook",
    "/console/shop/webhooks/{webhook}/": "view_webhook",
    "/console/shop/webhooks/{webhook}/edit/": "change_webhook",
    "/console/shop/webhooks/{webhook}/rotate/": "change_webhook",
    "/console/shop/webhooks/{webhook}/delete/": "delete_webhook",
    "/console/shop/deliveries/": "view_delivery",
    "/console/shop/deliveries/{delivery}/": "view_delivery",
}
DEEDS = {
    "/console/shop/products/{product}/delete/": "delete_product",
    "/console/shop/invoices/{invoice}/mark/": "mark_invoice",
    "/console/shop/invoices/{invoice}/payment/": "mark_invoice",
    "/console/shop/invoices/{invoice}/archive/": "change_invoice",
    "/console/shop/invoices/{invoice}/unarchive/": "change_invoice",
    "/console/shop/webhooks/{webhook}/enable/": "change_webhook",
    "/console/shop/webhooks/{webhook}/disable/": "change_webhook",
    "/console/shop/deliveries/{delivery}/redeliver/": "change_webhook",
}
ALL = PAGES | DEEDS
HOSTILE = "<script>alert(1)</script>"


def a_shop(store):
    """One record of every kind, with hostile text wherever there may be any."""
    webhook = WebhookFactory(store=store, url="https://example.com/?<script>")
    invoice = InvoiceFactory(
        store=store, order_id=HOSTILE, metadata={"a": HOSTILE}, payment_methods=[HOSTILE]
    )
    return {
        "product": ProductFactory(store=store, name=HOSTILE, sku=HOSTILE).public_id,
        "invoice": invoice.public_id,
        "webhook": webhook.public_id,
        "delivery": Delivery.objects.get(webhook=webhook).public_id,
    }


def visit(client, pattern, records):
    url = pattern.format(**records)
    return client.get(url) if pattern in PAGES else client.post(url)


@pytest.mark.parametrize("pattern", ALL)
def test_a_stranger_is_led_to_the_login(client, staff, pattern):
    records = a_shop(staff().store)
    client.logout()

    assert visit(client, pattern, records)["Location"].startswith("/console/login/?next=/console/")


@pytest.mark.parametrize("pattern", ALL)
def test_each_page_needs_its_own_permission(client, staff, pattern):
    others = {name for name in ALL.values() if name != ALL[pattern]}
    user = staff(*others)
    records = a_shop(user.store)
    before = list(Webhook.objects.values()), list(Invoice.objects.values())

    assert visit(client, pattern, records).status_code == 403
    assert (list(Webhook.objects.values()), list(Invoice.objects.values())) == before


@pytest.mark.parametrize("pattern", ALL)
def test_the_permission_opens_it_and_hostile_text_stays_text(client, staff, pattern):
    records = a_shop(staff(ALL[pattern]).store)

    response = visit(client, pattern, records)

    assert response.status_code in (200, 302)
    assert b"<script>alert" not in response.content
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("pattern", [pattern for pattern in ALL if "{" in pattern])
def test_a_record_of_another_store_is_not_found(client, staff, pattern):
    records = a_shop(WebhookFactory().store)
    staff(*set(ALL.values()))

    assert visit(client, pattern, records).status_code == 404


@pytest.mark.parametrize("page", ["products", "invoices", "webhooks", "deliveries"])
def test_lists_show_the_stores_of_the_person_only(client, staff, page):
    user = staff(*set(ALL.values()))
    own, foreign = a_shop(user.store), a_shop(WebhookFactory().store)
    name = {"products": "product", "invoices": "invoice", "webhooks": "webhook"}.get(
        page, "delivery"
    )

    shown = client.get(f"/console/shop/{page}/").content.decode()
    asked = client.get(f"/console/shop/{page}/?store={'0' * 22}&q=%00").content.decode()

    assert own[name] in shown
    assert foreign[name] not in shown
    assert own[name] not in asked


@pytest.mark.parametrize("pattern", DEEDS)
def test_a_deed_is_not_done_by_a_link(client, staff, pattern):
    records = a_shop(staff(ALL[pattern]).store)

    assert client.get(pattern.format(**records)).status_code == 405


def test_a_product_is_created_changed_and_deleted(client, staff):
    user = staff("view_product", "add_product", "change_product", "delete_product")
    values = {"sku": "TEA", "name": "Tea", "price": "4.90", "currency": ""}

    client.post("/console/shop/products/new/", values | {"store": user.store.public_id})
    product = Product.objects.get()
    edit(client, f"/console/shop/products/{product.public_id}/", values | {"price": "5"})
    product.refresh_from_db()
    assert f"{product.price} {product.currency}" == "5.00 EUR"
    client.post(f"/console/shop/products/{product.public_id}/delete/")

    assert not Product.objects.exists()
    records = ChangeRecord.objects.filter(kind="product").order_by("pk")
    assert [record.action for record in records] == ["created", "changed", "deleted"]
    assert {record.actor_name for record in records} == {user.username}


@pytest.mark.parametrize(
    "wrong", [{"price": "1.234"}, {"price": "-1"}, {"currency": "XXX"}, {"store": "0" * 22}]
)
def test_what_does_not_fit_is_said_beside_the_field(client, staff, wrong):
    user = staff("add_product")
    values = {"sku": "TEA", "name": "Tea", "price": "4.90", "store": user.store.public_id}

    response = client.post("/console/shop/products/new/", values | wrong)

    assert response.status_code == 400
    assert 'class="errorlist"' in response.content.decode()
    assert not Product.objects.exists()


def test_nobody_creates_anything_in_a_store_that_is_not_theirs(client, staff):
    staff("add_product", "add_invoice", "add_webhook")
    foreign = InvoiceFactory().store.public_id
    for page, values in {
        "products": {"sku": "a", "name": "b", "price": "1"},
        "invoices": {"amount": "1"},
        "webhooks": {"url": RECEIVER, "events": ["New"], "dialect": "coinsnap"},
    }.items():
        response = client.post(f"/console/shop/{page}/new/", values | {"store": foreign})
        assert response.status_code == 400


def test_an_invoice_is_created_and_marked_by_hand(client, staff):
    user = staff("view_invoice", "add_invoice", "mark_invoice", "apikeys.view_changerecord")
    webhook = WebhookFactory(store=user.store, names=["Settled"])

    client.post(
        "/console/shop/invoices/new/",
        {"store": user.store.public_id, "amount": "12.5", "order_id": "17"},
    )
    invoice = Invoice.objects.get()
    path = f"/console/shop/invoices/{invoice.public_id}/"
    page = client.post(path + "mark/", {"status": "Settled"}, follow=True).content.decode()

    invoice.refresh_from_db()
    assert (invoice.status, f"{invoice.amount}") == ("Settled", "12.50")
    assert "Mark as invalid" in page
    assert "Mark as settled" not in page
    assert user.username in page
    assert webhook.deliveries.count() == 1
    assert (
        "can be marked as"
        in client.post(path + "mark/", {"status": "Expired"}, follow=True).content.decode()
    )


def test_an_invoice_goes_into_the_archive_and_comes_back(client, staff):
    invoice = InvoiceFactory(store=staff("view_invoice", "change_invoice").store)
    path = f"/console/shop/invoices/{invoice.public_id}/"

    archived = client.post(path + "archive/", follow=True).content.decode()
    assert "no longer in the list" in archived
    assert invoice.public_id not in client.get("/console/shop/invoices/").content.decode()
    back = client.post(path + "unarchive/", follow=True).content.decode()

    assert "in the list again" in back
    assert "Take out of the archive" in archived
    assert "Take out of the archive" not in back
    assert invoice.public_id in client.get("/console/shop/invoices/").content.decode()


def test_the_secret_of_a_webhook_is_on_one_page_only(client, staff):
    user = staff("view_webhook", "add_webhook", "change_webhook")
    values = {"store": user.store.public_id, "url": RECEIVER, "events": ["New", "Settled"]}

    made = client.post("/console/shop/webhooks/new/", values | {"dialect": "greenfield"})
    webhook = Webhook.objects.get()
    (secret,) = webhook.signing_secrets()

    assert "no-store" in made.headers["Cache-Control"]
    assert secret in made.content.decode()
    assert webhook.dialect == "greenfield"
    path = f"/console/shop/webhooks/{webhook.public_id}/"
    assert secret not in client.get(path).content.decode()
    rotated = client.post(path + "rotate/", {"overlap": "1"}).content.decode()
    assert secret not in rotated
    assert webhook.__class__.objects.get().signing_secrets()[0] in rotated
    assert not re.search("whsec_[A-Za-z0-9]", client.get(path).content.decode())


@pytest.mark.parametrize("page", ["rotate", "delete"])
def test_breaking_a_webhook_needs_the_password_again(client, staff, page, time_machine):
    time_machine.move_to(timezone.now())
    user = staff("view_webhook", "change_webhook", "delete_webhook")
    webhook = WebhookFactory(store=user.store)
    path = f"/console/shop/webhooks/{webhook.public_id}/{page}/"
    assert b'name="password"' not in client.get(path).content
    time_machine.shift(16 * 60)

    assert b'name="password"' in client.get(path).content
    for wrong in ("", "wrong"):
        response = client.post(path, {"overlap": "1", "password": wrong})
        assert response.status_code == 400
    unchanged = Webhook.objects.registered().get()
    assert unchanged.sealed == webhook.sealed

    assert client.post(path, {"overlap": "1", "password": PASSWORD}).status_code in (200, 302)
    assert not Webhook.objects.filter(sealed=webhook.sealed).exists()


def test_a_secret_is_replaced_with_a_known_overlap_only(client, staff):
    webhook = WebhookFactory(store=staff("change_webhook").store)

    response = client.post(
        f"/console/shop/webhooks/{webhook.public_id}/rotate/", {"overlap": "1000"}
    )

    assert response.status_code == 400
    assert Webhook.objects.get().sealed == webhook.sealed


def test_a_webhook_is_edited_disabled_enabled_and_deleted(client, staff):
    user = staff("view_webhook", "change_webhook", "delete_webhook")
    webhook = WebhookFactory(store=user.store)
    path = f"/console/shop/webhooks/{webhook.public_id}/"

    edited = {"url": "https://b.example/", "events": ["Expired"], "dialect": "coinsnap"}
    edit(client, path + "edit/", edited)
    webhook.refresh_from_db()
    assert (webhook.url, webhook.events) == ("https://b.example/", ["Expired"])
    assert edit(client, path + "edit/", edited | {"url": "http://10.0.0.1/"}).status_code == 400
    assert b"Nothing is sent" in client.post(path + "disable/", follow=True).content
    assert b"Nothing is sent" not in client.post(path + "enable/", follow=True).content
    client.post(path + "delete/")
    assert client.get(path).status_code == 404


def test_a_delivery_is_looked_at_and_sent_once_more(client, staff, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ("127.0.0.0/8",)
    user = staff("view_delivery", "view_webhook", "view_invoice", "change_webhook")
    with listening(500) as receiver:
        WebhookFactory(store=user.store, url=receiver.url)
        InvoiceFactory(store=user.store)
        deliver()
        delivery = Delivery.objects.get()
        path = f"/console/shop/deliveries/{delivery.public_id}/"

        page = client.get(path).content.decode()
        assert "500" in page
        assert "Waiting to try again" in page
        receiver.answers = 200
        client.post(path + "redeliver/")
        assert deliver() == 1
    assert b"Delivered" in client.get("/console/shop/deliveries/?status=delivered").content
    redelivered = ChangeRecord.objects.get(kind="webhook", action="redelivered")
    assert (redelivered.actor_name, redelivered.store) == (user.username, user.store)


def test_a_person_who_is_no_staff_sees_nothing(client, db):
    client.force_login(UserFactory(is_staff=False, permissions=["storefront.view_invoice"]))

    assert client.get("/console/shop/invoices/").status_code == 403


def the_form_of(client, path, **values):
    """What a browser would send: the number of the form, and what a person filled in."""
    page = client.get(path).content.decode()
    return values | {"submission": re.search(r'name="submission" value="([^"]+)"', page)[1]}


def test_a_form_that_is_sent_twice_is_done_once(client, staff):
    user = staff(*set(ALL.values()))
    store = user.store.public_id
    page = "/console/shop/invoices/new/"
    form = the_form_of(client, page, store=store, amount="5")
    for _ in range(2):
        client.post(page, form)
    invoice = Invoice.objects.get()

    page = f"/console/shop/invoices/{invoice.public_id}/"
    form = the_form_of(client, page, amount="2")
    for _ in range(2):
        again = client.post(page + "payment/", form, follow=True)
    invoice.refresh_from_db()
    assert invoice.paid_minor == 200
    assert b"carried out once" in again.content

    page = "/console/shop/webhooks/new/"
    form = the_form_of(client, page, store=store, url=RECEIVER, events=["New"], dialect="coinsnap")
    for _ in range(2):
        client.post(page, form)
    webhook = Webhook.objects.get()

    page = f"/console/shop/webhooks/{webhook.public_id}/rotate/"
    form = the_form_of(client, page, overlap="0")
    first = client.post(page, form)
    (secret,) = Webhook.objects.get().signing_secrets()
    assert secret in first.content.decode()
    assert client.post(page, form).status_code == 302
    assert Webhook.objects.get().signing_secrets() == [secret]


def test_a_form_that_was_refused_can_be_sent_again(client, staff):
    user = staff("add_invoice", "view_invoice")
    page = "/console/shop/invoices/new/"
    form = the_form_of(client, page, store=user.store.public_id, amount="0.001")

    assert client.post(page, form).status_code == 400
    assert client.post(page, form | {"amount": "1"}).status_code == 302
    assert Invoice.objects.count() == 1
