"""Invoices that nobody paid in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from storefront.duties import expire_invoices
from storefront.models import Delivery
from tests.storefront.factories import InvoiceFactory, WebhookFactory

pytestmark = pytest.mark.django_db


def test_after_fifteen_minutes_an_invoice_expires_and_its_receivers_hear_of_it(time_machine):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    webhook = WebhookFactory(names=["Expired"])
    invoice = InvoiceFactory(store=webhook.store)
    time_machine.shift(timedelta(minutes=15) - timedelta(seconds=1))
    assert expire_invoices() == 0

    time_machine.shift(timedelta(seconds=1))
    assert expire_invoices() == 1

    invoice.refresh_from_db()
    assert (invoice.status, invoice.additional_status) == ("Expired", "None")
    assert Delivery.objects.get().event.type == "Expired"
    assert expire_invoices() == 0


@pytest.mark.parametrize("status", ["Settled", "Invalid"])
def test_what_is_decided_does_not_expire(status):
    InvoiceFactory(status=status, expires_at=timezone.now() - timedelta(minutes=1))

    assert expire_invoices() == 0


def test_the_worker_knows_its_tasks(command):
    InvoiceFactory(expires_at=timezone.now() - timedelta(minutes=1))

    done = command("run_worker", "--once", "--json")

    assert done.code == 0, done.err
    assert done.document["tasks"]["expire_invoices"] == 1
    assert "deliver" in done.document["tasks"]
