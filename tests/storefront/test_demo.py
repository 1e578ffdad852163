"""The demo has something to look at on every page of the shop."""

import pytest
from django.utils import timezone

from storefront.courier import deliver
from storefront.demo import fill_shops
from storefront.demo.goods import SHOPS
from storefront.models import Cart, Delivery, Event, Invoice, PaymentMethod, Webhook
from tests.factories import APIKeyFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db
LISTS = (
    *("products", "invoices", "webhooks", "deliveries", "carts", "payment-methods"),
    *("transfers", "transfers/targets"),
)


@pytest.fixture(autouse=True)
def _demo():
    for name in SHOPS:
        APIKeyFactory(
            store=StoreFactory(name=name, website="https://shop.example"), permission="write"
        )
    fill_shops()


def test_every_record_is_there_in_every_state_and_none_comes_from_the_future():
    now, invoices = timezone.now(), Invoice.objects.all()
    assert set(invoices.values_list("status", flat=True)) == {
        *("New", "Processing", "Settled", "Expired", "Invalid")
    }
    assert {"Overpaid", "Underpaid", "PaidAfterExpiration"} <= set(
        invoices.values_list("additional_status", flat=True)
    )
    for invoice in invoices:
        assert invoice.date_added <= invoice.date_modified <= now
        assert invoice.events.latest("date_added").type == invoice.status
    assert (now - invoices.earliest("date_added").date_added).days in (28, 29)
    assert not Event.objects.filter(date_added__gt=now).exists()
    webhooks = Webhook.objects.filter(status="enabled")
    assert webhooks.filter(failing_since=None).exists()
    assert webhooks.filter(failing_since__lt=now).exists()
    assert Webhook.objects.get(status="disabled").disabled_reason.startswith("No delivery has")
    states = set(Delivery.objects.values_list("status", flat=True))
    assert states == {"delivered", "pending", "stopped"}
    assert deliver() == 0
    carts = Cart.objects.filter(invoice=None)
    assert carts.filter(expires_at__gt=now).exists()
    assert carts.filter(expires_at__lt=now).exists()
    assert PaymentMethod.objects.filter(enabled=False).exists()


def test_no_list_of_the_console_is_empty_and_every_record_has_its_page(client):
    client.force_login(UserFactory(superuser=True))

    for name in LISTS:
        assert b"card empty" not in client.get(f"/console/shop/{name}/").content
    for kind, records in {
        "invoices": Invoice.objects.order_by("?")[:5],
        "webhooks": Webhook.objects.all(),
        "deliveries": Delivery.objects.order_by("?")[:5],
        "carts": Cart.objects.filter(invoice=None),
    }.items():
        for record in records:
            assert client.get(f"/console/shop/{kind}/{record.public_id}/").status_code == 200
