"""The shop's records in the Django admin: deeds, store scope, and no secrets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import ChangeRecord
from storefront.models import Delivery, Product
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.storefront.factories import InvoiceFactory, ProductFactory, WebhookFactory

MODELS = ("product", "invoice", "webhook", "delivery")


@pytest.fixture
def operator(client, db):
    """Log in as staff of one store who may do everything to the named models."""

    def log_in(*models, more=()):
        store = StoreFactory()
        deeds = ("view", "add", "change", "delete")
        names = [f"storefront.{deed}_{model}" for model in models for deed in deeds]
        user = UserFactory(permissions=[*names, *more], stores=[store])
        client.force_login(user)
        user.store = store
        return user

    return log_in


def a_shop(store):
    webhook = WebhookFactory(store=store)
    invoice = InvoiceFactory(store=store, order_id="<script>1</script>")
    return {
        "product": ProductFactory(store=store),
        "invoice": invoice,
        "webhook": webhook,
        "delivery": Delivery.objects.get(webhook=webhook),
    }


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_show_the_stores_of_the_person_only(client, operator, model):
    own = a_shop(operator(*MODELS).store)[model]
    foreign = a_shop(StoreFactory())[model]
    root = f"/admin/storefront/{model}/"

    listed = client.get(root)
    assert listed.status_code == 200
    assert f"{root}{own.pk}/" in listed.content.decode()
    assert f"{root}{foreign.pk}/" not in listed.content.decode()
    shown = client.get(f"{root}{own.pk}/change/")
    assert shown.status_code == 200
    assert b"<script>1" not in shown.content
    assert client.get(f"{root}{foreign.pk}/change/").status_code == 404


def test_a_product_is_added_changed_and_deleted_by_its_deeds(client, operator):
    user = operator("product")
    values = {"sku": "TEA", "name": "Tea", "price": "4.90", "currency": "EUR", "opened": ""}

    client.post("/admin/storefront/product/add/", values | {"store": user.store.pk})
    product = Product.objects.get()
    path = f"/admin/storefront/product/{product.pk}/"
    opened = client.get(path + "change/").context["adminform"].form.initial["opened"]
    client.post(path + "change/", values | {"price": "5", "opened": opened})
    product.refresh_from_db()
    assert product.price_minor == 500
    client.post(path + "delete/", {"post": "yes"})

    assert not Product.objects.exists()
    actions = ChangeRecord.objects.filter(kind="product").order_by("pk")
    assert [record.action for record in actions] == ["created", "changed", "deleted"]


@pytest.mark.parametrize("wrong", [{"price": "1.234"}, {"price": "-1"}, {"currency": "XXX"}])
def test_a_price_that_its_currency_lacks_is_refused_on_the_page(client, operator, wrong):
    user = operator("product")
    values = {"sku": "TEA", "name": "Tea", "price": "4.90", "currency": "EUR"}

    response = client.post(
        "/admin/storefront/product/add/", values | {"store": user.store.pk} | wrong
    )

    assert response.status_code == 200
    assert not Product.objects.exists()


def test_no_product_is_added_to_the_store_of_others(client, operator):
    operator("product")
    values = {"sku": "TEA", "name": "Tea", "price": "4.90", "currency": "EUR"}

    client.post("/admin/storefront/product/add/", values | {"store": StoreFactory().pk})

    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("more", "status"), [((), "New"), (("storefront.mark_invoice",), "Settled")]
)
def test_invoices_are_marked_by_those_who_may(client, operator, more, status):
    user = operator("invoice", more=more)
    invoice = InvoiceFactory(store=user.store)

    client.post(
        "/admin/storefront/invoice/",
        {"action": "mark_settled", "_selected_action": [invoice.pk], "index": 0},
    )

    invoice.refresh_from_db()
    assert invoice.status == status


def test_invoices_are_archived_and_taken_out_again(client, operator):
    invoice = InvoiceFactory(store=operator("invoice").store)
    foreign = InvoiceFactory()
    chosen = {"_selected_action": [invoice.pk, foreign.pk], "index": 0}

    for deed, archived in (("archive", True), ("unarchive", False)):
        client.post("/admin/storefront/invoice/", chosen | {"action": deed})
        invoice.refresh_from_db()
        foreign.refresh_from_db()
        assert (invoice.is_archived, foreign.is_archived) == (archived, False)

    actions = ChangeRecord.objects.filter(name=invoice.public_id).order_by("pk")
    assert [record.action for record in actions] == ["archived", "unarchived"]


def test_who_may_only_look_at_invoices_archives_none(client, operator):
    user = operator(more=["storefront.view_invoice"])
    invoice = InvoiceFactory(store=user.store)

    form = {"_selected_action": [invoice.pk], "index": 0, "action": "archive"}
    client.post("/admin/storefront/invoice/", form)

    invoice.refresh_from_db()
    assert not invoice.is_archived


def test_an_invoice_is_not_edited_added_or_deleted(client, operator):
    user = operator("invoice")
    invoice = InvoiceFactory(store=user.store)
    path = f"/admin/storefront/invoice/{invoice.pk}/"

    assert client.post(path + "change/", {"status": "Settled"}).status_code == 403
    assert client.post(path + "delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/storefront/invoice/add/").status_code == 403


def test_a_webhook_is_changed_and_switched_and_shows_no_secret(client, operator):
    user = operator("webhook")
    webhook = WebhookFactory(store=user.store)
    path = f"/admin/storefront/webhook/{webhook.pk}/change/"

    page = client.get(path)
    assert webhook.secret not in page.content.decode()
    assert webhook.sealed not in page.content.decode()
    opened = page.context["adminform"].form.initial["opened"]
    client.post(path, {"url": "https://b.example/", "opened": opened})
    client.post(
        "/admin/storefront/webhook/",
        {"action": "disable_chosen", "_selected_action": [webhook.pk], "reason": "moved"},
    )

    webhook.refresh_from_db()
    assert (webhook.url, webhook.status) == ("https://b.example/", "disabled")
    assert webhook.disabled_reason == "moved"
    assert webhook.signing_secrets() == [webhook.secret]
    client.post(f"/admin/storefront/webhook/{webhook.pk}/delete/", {"post": "yes"})
    webhook.refresh_from_db()
    assert webhook.deleted_at is not None
    assert client.get(path).status_code == 404


def test_the_password_is_asked_before_a_webhook_is_deleted(client, operator, time_machine):
    webhook = WebhookFactory(store=operator("webhook").store)
    path = f"/admin/storefront/webhook/{webhook.pk}/delete/"
    time_machine.move_to(timezone.now() + timedelta(minutes=16))
    assert 'type="password"' in client.get(path).content.decode()

    for password in ("", "wrong"):
        client.post(path, {"post": "yes", "password": password})
        webhook.refresh_from_db()
        assert webhook.deleted_at is None
    client.post(path, {"post": "yes", "password": PASSWORD})

    webhook.refresh_from_db()
    assert webhook.deleted_at is not None
