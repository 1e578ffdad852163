"""The page behind an invoice's checkout link."""

from decimal import Decimal

import pytest

from tests.factories import ACTOR, StoreFactory
from tests.storefront.factories import InvoiceFactory

pytestmark = pytest.mark.django_db


def page_of(client, invoice, tail=""):
    return client.get(f"/i/{invoice.public_id}{tail}", secure=True)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_page_shows_what_is_due_to_anybody_who_has_the_link(client, slash):
    store = StoreFactory(name="Tea & more", website="https://tea.example.com")
    invoice = InvoiceFactory(store=store, order_id="17", redirect_url="https://tea.example.com/ok")

    page = page_of(client, invoice, slash)

    assert page.status_code == 200
    text = page.content.decode()
    for shown in ("Tea &amp; more", "12.50 EUR", "17", "Waiting for payment", invoice.public_id):
        assert shown in text
    assert 'href="https://tea.example.com/ok" rel="noreferrer"' in text
    assert 'http-equiv="refresh" content="10"' in text
    assert "no-store" in page.headers["Cache-Control"]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not page.cookies


@pytest.mark.parametrize(
    ("status", "text"), [("Settled", "Paid"), ("Invalid", "Not valid: do not pay it")]
)
def test_a_decided_invoice_says_so_and_asks_no_more(client, status, text):
    page = page_of(client, InvoiceFactory(status=status)).content.decode()

    assert text in page
    assert "invoice.js" not in page
    assert "refresh" not in page


def test_a_paid_invoice_leads_back_by_itself_when_asked_to(client):
    invoice = InvoiceFactory(
        status="Settled", redirect_url="https://a.example/?x=1&y='\"", redirect_automatically=True
    )

    assert (
        "5; url=https://a.example/?x=1&amp;y=&#x27;&quot;"
        in page_of(client, invoice).content.decode()
    )


def test_greenfields_placeholders_are_filled_in(client):
    invoice = InvoiceFactory(
        redirect_url="https://a.example/?i={InvoiceId}&o={OrderId}", order_id="17&x=1"
    )

    page = page_of(client, invoice).content.decode()

    assert f"https://a.example/?i={invoice.public_id}&amp;o=17%26x%3D1" in page


def test_the_page_learns_of_a_change_by_asking(client):
    assert page_of(client, InvoiceFactory(status="Settled"), "/status").json() == {
        "status": "Settled",
        "paid": "0.00",
    }


def test_a_part_that_was_paid_leaves_the_rest_to_be_paid(client):
    invoice = InvoiceFactory()
    invoice.receive(Decimal(5), actor=ACTOR)

    page = page_of(client, invoice).content.decode()

    assert "Still to be paid" in page
    assert "7.50 EUR" in page


def test_a_link_to_no_invoice_shows_a_customer_nothing_of_the_console(client):
    page = client.get(f"/i/{'0' * 22}", secure=True)

    assert page.status_code == 404
    assert "There is no such invoice" in page.content.decode()
    assert "console" not in page.content.decode().lower()


@pytest.mark.parametrize("path", ["/i/" + "0" * 22, "/i/" + "0" * 22 + "/status", "/i/x%00"])
def test_an_invoice_that_never_was_has_no_page(client, path):
    assert client.get(path, secure=True).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_page_takes_nothing(client, method):
    invoice = InvoiceFactory()

    assert getattr(client, method)(f"/i/{invoice.public_id}", secure=True).status_code == 405


def test_hostile_text_stays_text(client):
    invoice = InvoiceFactory(
        order_id="<script>1</script>", wallet_message="<img src=x>", payment_methods=["<b>"]
    )

    page = page_of(client, invoice).content.decode()

    assert "<script>1" not in page
    assert "<img" not in page
    assert "<b>" not in page
