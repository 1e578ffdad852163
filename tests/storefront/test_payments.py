"""Payments that arrive elsewhere: what they make of an invoice."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apikeys.models import ChangeRecord
from storefront.models import Delivery, Invoice
from tests.factories import ACTOR, UserFactory
from tests.storefront.factories import InvoiceFactory, WebhookFactory


def state(invoice):
    invoice.refresh_from_db()
    return invoice.status, invoice.additional_status, f"{invoice.paid}"


@pytest.mark.parametrize(
    ("payments", "confirmed", "after"),
    [
        (["12.50"], True, ("Settled", "None", "12.50")),
        (["12.00"], True, ("New", "None", "12.00")),
        (["12.00", "0.50"], True, ("Settled", "None", "12.50")),
        (["13"], True, ("Settled", "Overpaid", "13.00")),
        (["12.50", "1"], True, ("Settled", "Overpaid", "13.50")),
        (["12.50"], False, ("Processing", "None", "12.50")),
        (["13"], False, ("Processing", "Overpaid", "13.00")),
    ],
)
def test_payments_add_up_until_they_are_enough(shop, payments, confirmed, after):
    invoice = InvoiceFactory(store=shop.store)

    for amount in payments:
        answer = shop.post(
            f"invoices/{invoice.public_id}/payments", {"amount": amount, "confirmed": confirmed}
        )

    assert state(invoice) == after
    told = answer.json()
    assert (told["status"], told["additionalStatus"], told["paidAmount"]) == after
    assert ChangeRecord.objects.filter(action="payment received").count() == len(payments)


def test_a_payment_that_was_not_certain_is_confirmed(shop):
    WebhookFactory(store=shop.store, names=["Processing", "Settled"])
    invoice = InvoiceFactory(store=shop.store)
    path = f"invoices/{invoice.public_id}/payments"

    shop.post(path, {"amount": "13", "confirmed": False})
    shop.post(path, {})
    shop.post(path, {})

    assert state(invoice) == ("Settled", "Overpaid", "13.00")
    events = [delivery.event for delivery in Delivery.objects.order_by("pk")]
    assert [event.type for event in events] == ["Processing", "Settled"]
    assert events[1].data["overPaid"] is True


@pytest.mark.parametrize(
    "payments",
    [
        [("12.00", False), ("0.50", True)],
        [("0.50", True), ("12.00", False)],
        [("12.50", False), ("0.01", True)],
    ],
)
def test_nothing_is_settled_before_all_that_was_paid_is_certain(shop, payments):
    invoice = InvoiceFactory(store=shop.store)
    path = f"invoices/{invoice.public_id}/payments"

    for amount, confirmed in payments:
        shop.post(path, {"amount": amount, "confirmed": confirmed})
    assert state(invoice)[0] == "Processing"
    shop.post(path, {"confirmed": True})

    assert state(invoice)[0] == "Settled"


def test_what_was_confirmed_before_it_was_enough_needs_no_second_confirmation(shop):
    invoice = InvoiceFactory(store=shop.store)
    path = f"invoices/{invoice.public_id}/payments"

    shop.post(path, {"amount": "12.00", "confirmed": False})
    shop.post(path, {})
    assert state(invoice) == ("New", "None", "12.00")
    shop.post(path, {"amount": "0.50"})

    assert state(invoice) == ("Settled", "None", "12.50")


def test_an_invoice_that_an_older_release_left_processing_waits_for_its_confirmation(shop):
    invoice = InvoiceFactory(store=shop.store)
    Invoice.objects.update(status="Processing", paid_minor=1250)
    path = f"invoices/{invoice.public_id}/payments"

    shop.post(path, {"amount": "1"})
    assert state(invoice) == ("Processing", "Overpaid", "13.50")
    shop.post(path, {})

    assert state(invoice) == ("Settled", "Overpaid", "13.50")


@pytest.mark.parametrize("body", [{}, {"amount": None}, {"confirmed": True}, {"confirmed": False}])
def test_nothing_is_confirmed_where_nothing_was_paid(shop, body):
    invoice = InvoiceFactory(store=shop.store)

    refused = shop.post(f"invoices/{invoice.public_id}/payments", body)

    assert refused.status_code == 400
    assert state(invoice) == ("New", "None", "0.00")


def test_a_payment_is_not_confirmed_by_saying_that_it_is_not(shop):
    invoice = InvoiceFactory(store=shop.store)
    path = f"invoices/{invoice.public_id}/payments"
    shop.post(path, {"amount": "12.50", "confirmed": False})

    refused = shop.post(path, {"confirmed": False})

    assert refused.status_code == 400
    assert state(invoice)[0] == "Processing"


@pytest.mark.parametrize(
    ("amount", "after"),
    [
        ("12.50", ("Settled", "PaidAfterExpiration", "12.50")),
        ("1", ("Expired", "Underpaid", "1.00")),
    ],
)
@pytest.mark.parametrize("worker_was_there", [True, False])
def test_what_comes_too_late_is_said_so(shop, amount, after, worker_was_there):
    webhook = WebhookFactory(store=shop.store, names=["Expired"])
    invoice = InvoiceFactory(store=shop.store, expires_at=timezone.now())
    if worker_was_there:
        invoice.expire()

    shop.post(f"invoices/{invoice.public_id}/payments", {"amount": amount})

    assert state(invoice) == after
    assert webhook.deliveries.count() == 1


def test_an_invoice_that_expires_half_paid_is_underpaid(shop):
    invoice = InvoiceFactory(store=shop.store)
    invoice.receive(Decimal(1), actor=ACTOR)
    assert state(invoice) == ("New", "None", "1.00")
    Invoice.objects.update(expires_at=timezone.now())

    invoice.expire()

    assert state(invoice) == ("Expired", "Underpaid", "1.00")


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "x", 10**20])
def test_what_is_no_payment_is_refused(shop, amount):
    invoice = InvoiceFactory(store=shop.store)

    refused = shop.post(f"invoices/{invoice.public_id}/payments", {"amount": amount})

    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == ["amount"]
    assert state(invoice) == ("New", "None", "0.00")


def test_an_invalid_invoice_takes_no_payment(shop):
    invoice = InvoiceFactory(store=shop.store, status="Invalid")

    for body in ({"amount": "12.50"}, {}):
        refused = shop.post(f"invoices/{invoice.public_id}/payments", body)
        assert refused.status_code == 400
        assert refused.json()["message"] == "An invalid invoice cannot be paid."

    assert state(invoice)[0] == "Invalid"


def test_the_same_payment_sent_twice_counts_once(shop):
    invoice = InvoiceFactory(store=shop.store)

    for _ in range(2):
        shop.post(
            f"invoices/{invoice.public_id}/payments",
            {"amount": "5"},
            headers={"Idempotency-Key": "transfer-8812"},
        )

    assert state(invoice) == ("New", "None", "5.00")


def test_staff_note_a_payment_in_the_console(client, shop):
    user = UserFactory(
        permissions=["storefront.view_invoice", "storefront.mark_invoice"], stores=[shop.store]
    )
    client.force_login(user)
    invoice = InvoiceFactory(store=shop.store)
    path = f"/console/shop/invoices/{invoice.public_id}/payment/"

    client.post(path, {"amount": "x"})
    client.post(path, {"amount": "12.50"})
    assert state(invoice) == ("Processing", "None", "12.50")
    page = client.post(path, {"certain": "1"}, follow=True)

    assert state(invoice) == ("Settled", "None", "12.50")
    assert b"The payment is noted." in page.content


def test_the_console_does_not_thank_for_a_payment_that_is_not_there(client, shop):
    user = UserFactory(
        permissions=["storefront.view_invoice", "storefront.mark_invoice"], stores=[shop.store]
    )
    client.force_login(user)
    invoice = InvoiceFactory(store=shop.store)
    path = f"/console/shop/invoices/{invoice.public_id}/payment/"

    page = client.post(path, {"certain": "1"}, follow=True).content.decode()
    assert "There is no payment to confirm yet: note one with its amount." in page
    assert "The payment is noted." not in page

    page = client.post(path, {"amount": "12.00"}, follow=True).content.decode()
    assert "Some of what was paid is not certain yet." in page
    assert 'name="amount"' in page
    page = client.post(path, {"certain": "1"}, follow=True).content.decode()
    assert "is not certain yet" not in page
