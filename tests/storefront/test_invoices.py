"""Invoices: created, read, listed, marked, archived."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys.models import ChangeRecord
from storefront.models import Invoice
from tests.storefront.factories import InvoiceFactory


def test_an_invoice_has_the_fields_of_both_coinsnap_and_greenfield(shop):
    answer = shop.post(
        "invoices",
        {
            "amount": "12.50",
            "currency": "EUR",
            "orderId": "17",
            "buyerEmail": "ada@example.com",
            "redirectUrl": "https://shop.example.com/thanks",
            "metadata": {"orderNumber": "17", "weight": 1.5},
        },
    )

    assert answer.status_code == 200
    invoice = answer.json()
    made = invoice["createdAt"]
    assert invoice == {
        "id": invoice["id"],
        "storeId": shop.store.public_id,
        "status": "New",
        "additionalStatus": "None",
        "availableStatusesForManualMarking": ["Settled", "Invalid"],
        "amount": "12.50",
        "paidAmount": "0.00",
        "currency": "EUR",
        "type": "Standard",
        "orderId": "17",
        "buyerEmail": "ada@example.com",
        "redirectUrl": "https://shop.example.com/thanks",
        "redirectAutomatically": False,
        "referralCode": "",
        "walletMessage": "",
        "enabledPaymentMethods": [],
        "metadata": {"orderNumber": "17", "weight": 1.5},
        "checkoutLink": f"http://127.0.0.1:8000/i/{invoice['id']}",
        "checkout": {
            "redirectURL": "https://shop.example.com/thanks",
            "redirectAutomatically": False,
            "expirationMinutes": 15,
        },
        "createdAt": made,
        "createdTime": made,
        "expirationTime": made + 15 * 60,
        "monitoringExpiration": made + 15 * 60 + 24 * 60 * 60,
        "archived": False,
    }
    assert shop.get(f"invoices/{invoice['id']}").json() == invoice


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ('{"amount": "12.5", "currency": "EUR"}', "12.50"),
        ('{"amount": 12.5, "currency": "EUR"}', "12.50"),
        ('{"amount": 12.50, "currency": "EUR"}', "12.50"),
        ('{"amount": 1250e-2, "currency": "EUR"}', "12.50"),
        ('{"amount": 12, "currency": "EUR"}', "12.00"),
        ('{"amount": "12.500", "currency": "EUR"}', "12.50"),
        ('{"amount": 0.01, "currency": "EUR"}', "0.01"),
        ('{"amount": 9007199254740.93, "currency": "EUR"}', "9007199254740.93"),
        ('{"amount": 1, "currency": "SATS"}', "1"),
        ('{"amount": 1, "currency": "JPY"}', "1"),
        ('{"amount": 1, "currency": "RUB"}', "1.00"),
        ('{"amount": "0.000001", "currency": "BTC"}', "0.00000100"),
        ('{"amount": 1e-6, "currency": "BTC"}', "0.00000100"),
        ('{"amount": "1"}', "1.00"),
    ],
)
def test_amounts_are_strings_or_numbers_and_stay_exact(shop, body, amount):
    answer = shop.post("invoices", body)

    assert (answer.status_code, answer.json()["amount"]) == (200, amount)
    assert shop.get("invoices").json()[0]["amount"] == amount


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"amount": "12.345"}, "amount"),
        ({"amount": "1,50"}, "amount"),
        ({"amount": " 1"}, "amount"),
        ({"amount": "1e5"}, "amount"),
        ({"amount": "٣"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 10**20}, "amount"),
        ({"amount": "9" * 30}, "amount"),
        ({"amount": "0.99", "currency": "SATS"}, "amount"),
        ({"amount": "1.5", "currency": "JPY"}, "amount"),
        ({"amount": "0.99", "currency": "RUB"}, "amount"),
        ({"amount": "0.0000009", "currency": "BTC"}, "amount"),
        ({"currency": ""}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": 978}, "currency"),
        ({"status": "Settled"}, "status"),
        ({"status": "paid"}, "status"),
        ({"id": "x"}, "id"),
        ({"paid_at": 1}, "paid_at"),
        ({"paidAt": 1}, "paidAt"),
        ({"created_by": "me"}, "created_by"),
        ({"checkoutLink": "https://evil.example"}, "checkoutLink"),
        ({"storeId": "B"}, "storeId"),
        ({"store_id": "B"}, "store_id"),
        ({"store": "B"}, "store"),
        ({"Amount": "2"}, "Amount"),
        ({"order_id": "2"}, "order_id"),
        ({"buyerEmail": "nobody"}, "buyerEmail"),
        ({"redirectUrl": "javascript:alert(1)"}, "redirectUrl"),
        ({"redirectUrl": "//evil.example"}, "redirectUrl"),
        ({"checkout": {"redirectURL": "data:text/html,x"}}, "redirectUrl"),
        ({"metadata": "text"}, "metadata"),
        ({"metadata": [1]}, "metadata"),
        ({"metadata": {"a": "x" * 70_000}}, "metadata"),
        ({"orderId": {"a": 1}}, "orderId"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(shop, wrong, field):
    refused = shop.post("invoices", {"amount": "1", "currency": "EUR"} | wrong)

    assert refused.status_code == 400, refused.json()
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert refused.json()["message"].startswith(f"{field}: ")
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        '{"amount": 1e309}',
        '{"amount": 1e-99999999999999999999}',
        '{"amount": NaN}',
        '{"amount": Infinity}',
        '{"amount": ' + "1" * 5000 + "}",
        '{"amount": 0.' + "1" * 5000 + "}",
        '{"amount": "1", "amount": "9999"}',
        '{"amount": "1", "metadata": {"a": "\\ud800"}}',
        '{"amount": "1", "orderId": "\\u0000"}',
        '{"amount": "1"',
        "[" * 100_000,
        '"amount"',
        "[]",
    ],
)
def test_json_that_means_nothing_is_refused(shop, body):
    refused = shop.post("invoices", body)

    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert not Invoice.objects.exists()


def test_null_and_unknown_fields_are_passed_over(shop):
    answer = shop.post(
        "invoices",
        {
            "amount": "1",
            "currency": None,
            "orderId": None,
            "buyerEmail": None,
            "redirectUrl": None,
            "redirectAutomatically": None,
            "referralCode": None,
            "walletMessage": None,
            "metadata": None,
            "status": None,
            "checkout": {"redirectUrl": None, "defaultPaymentMethod": None, "speedPolicy": "x"},
            "somethingNew": {"a": [1]},
            "storeId": shop.store.public_id,
        },
    )

    assert answer.status_code == 200, answer.json()
    assert answer.json()["metadata"] == {}


def test_an_empty_php_array_is_an_object_without_members(shop):
    made = shop.post("invoices", {"amount": "1", "metadata": [], "checkout": []})

    assert (made.status_code, made.json()["metadata"]) == (200, {})


def test_greenfields_places_are_read_too(shop):
    answer = shop.post(
        "invoices",
        {
            "amount": "1",
            "metadata": {"orderId": "G-1"},
            "checkout": {"redirectURL": "https://a.example/b", "redirectAutomatically": True},
        },
    ).json()

    assert answer["orderId"] == "G-1"
    assert answer["redirectUrl"] == "https://a.example/b"
    assert answer["redirectAutomatically"] is True


@pytest.mark.parametrize("accept", ["*/*", "text/html", "nonsense", ""])
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_spelling_of_the_path_and_every_accept_header_will_do(shop, accept, slash):
    created = shop.post(f"invoices{slash}", {"amount": "1"}, headers={"Accept": accept})
    path = f"invoices/{created.json()['id']}{slash}"

    assert created.status_code == 200
    assert shop.get(path, headers={"Accept": accept}).json()["amount"] == "1.00"


def test_the_list_is_newest_first_and_says_where_the_next_page_is(shop):
    invoices = [InvoiceFactory(store=shop.store) for _ in range(3)]
    InvoiceFactory()

    first = shop.get("invoices?per_page=2&status=New")
    assert [row["id"] for row in first.json()] == [invoices[2].public_id, invoices[1].public_id]
    root = f"http://127.0.0.1:8000{shop.root}/invoices"
    assert first.headers["Link"] == f'<{root}?status=New&page=2&per_page=2>; rel="next"'
    second = shop.get("invoices?per_page=2&page=2")
    assert [row["id"] for row in second.json()] == [invoices[0].public_id]
    assert second.headers["Link"] == (
        f'<{root}?page=1&per_page=2>; rel="first", <{root}?page=1&per_page=2>; rel="prev"'
    )
    by_take = shop.get("invoices?skip=1&take=1")
    assert [row["id"] for row in by_take.json()] == [invoices[1].public_id]


def test_no_link_repeats_a_credential(shop):
    for _ in range(2):
        InvoiceFactory(store=shop.store)

    answer = shop.get("invoices?per_page=1", carrier="query")

    assert "next" in answer.headers["Link"]
    assert "consumer_" not in answer.headers["Link"]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "orderId=%00",
        "page=1.0",
        "page=" + "9" * 30,
        "per_page=0",
        "per_page=" + "9" * 30,
        "skip=-1",
        "status=paid",
        "startDate=soon",
        "startDate=999999999999",
        "endDate=9999-12-31T23:59:59-12:00",
        "startDate=" + "1" * 50_000,
    ],
)
def test_a_query_that_means_nothing_is_refused(shop, query):
    assert shop.get(f"invoices?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "per_page=100000000",
        "page=100000",
        "startDate=0001-01-01&endDate=9999-12-31",
        "store=B&store__owner__password__startswith=a&ordering=store__secret",
        "_connector=OR%201=1&search=%25",
    ],
)
def test_no_query_shows_more_than_200_rows_or_another_store(shop, query):
    InvoiceFactory()

    answer = shop.get(f"invoices?{query}")

    assert (answer.status_code, answer.json()) == (200, [])


def test_the_list_is_filtered_by_status_order_and_date(shop):
    old = InvoiceFactory(store=shop.store, date_added=datetime(2001, 1, 5, 12, tzinfo=UTC))
    settled = InvoiceFactory(store=shop.store, status="Settled", order_id="17")
    new = InvoiceFactory(store=shop.store, order_id="18")

    def found(query):
        return {row["id"] for row in shop.get(f"invoices?{query}").json()}

    assert found("status=Settled") == {settled.public_id}
    assert found("status=Settled&status=New") == {i.public_id for i in (old, settled, new)}
    assert found("orderId=17") == {settled.public_id}
    assert found("orderId=17&orderId=18") == {settled.public_id, new.public_id}
    assert found("endDate=2001-01-31") == {old.public_id}
    assert found(f"startDate={int(old.date_added.timestamp()) + 1}") == {
        settled.public_id,
        new.public_id,
    }


@pytest.mark.parametrize(
    "query",
    [
        "status=Settled&status=Invalid",
        "status[]=Settled&status[]=Invalid",
        "status%5B%5D=Settled&status%5B%5D=Invalid",
        "status[0]=Settled&status[1]=Invalid",
    ],
)
def test_a_filter_is_read_in_every_spelling_of_a_list(shop, query):
    for status in ("New", "Settled", "Invalid"):
        InvoiceFactory(store=shop.store, status=status)

    answer = shop.get(f"invoices?{query}&per_page=1")

    assert [row["status"] for row in answer.json()] == ["Invalid"]
    assert "status=Settled&status=Invalid&" in answer.headers["Link"]
    assert len(shop.get(f"invoices?{query}").json()) == 2


@pytest.mark.parametrize(
    ("before", "as_sent", "after"),
    [
        ("New", "Settled", "Settled"),
        ("New", "Invalid", "Invalid"),
        ("New", "MarkedSettled", "Settled"),
        ("New", "settled", "Settled"),
        ("New", "markedInvalid", "Invalid"),
        ("Settled", "Invalid", "Invalid"),
        ("Invalid", "Settled", "Settled"),
    ],
)
def test_a_writing_key_marks_an_invoice(shop, before, as_sent, after):
    invoice = InvoiceFactory(store=shop.store, status=before)

    answer = shop.post(f"invoices/{invoice.public_id}/status", {"status": as_sent})

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["additionalStatus"]) == (after, "Marked")
    record = ChangeRecord.objects.filter(kind="invoice").first()
    assert (record.action, record.after["status"]) == ("marked", after)


def test_marking_twice_changes_nothing_more(shop):
    invoice = InvoiceFactory(store=shop.store, status="Settled")
    changes = ChangeRecord.objects.count()

    answer = shop.patch(f"invoices/{invoice.public_id}", {"status": "Settled"})

    assert answer.status_code == 200
    assert ChangeRecord.objects.count() == changes


@pytest.mark.parametrize("status", ["New", "Processing", "Expired", "paid", "", 1, ["Settled"]])
def test_nothing_else_can_be_marked(shop, status):
    invoice = InvoiceFactory(store=shop.store)

    refused = shop.post(f"invoices/{invoice.public_id}/status", {"status": status})

    assert refused.status_code == 400
    assert refused.json()["message"] == "status: An invoice is marked as Settled or Invalid."
    invoice.refresh_from_db()
    assert invoice.status == "New"


def test_metadata_is_replaced_as_greenfield_does(shop):
    invoice = InvoiceFactory(store=shop.store, metadata={"a": 1})

    answer = shop.put(f"invoices/{invoice.public_id}", {"metadata": {"b": [True, None, "ü"]}})

    assert answer.json()["metadata"] == {"b": [True, None, "ü"]}


@pytest.mark.parametrize(
    ("metadata", "is_news"),
    [({"a": 1, "b": "c"}, False), ({"b": "c", "a": 1}, False), ({"a": True, "b": "c"}, True)],
)
def test_the_same_metadata_again_is_no_change(shop, metadata, is_news):
    made = shop.post("invoices", {"amount": "1", "metadata": {"a": 1, "b": "c"}}).json()
    before = Invoice.objects.get().date_modified

    changed = shop.put(f"invoices/{made['id']}", {"metadata": metadata}).json()

    assert json.dumps(changed["metadata"], sort_keys=True) == json.dumps(metadata, sort_keys=True)
    assert (Invoice.objects.get().date_modified != before) is is_news


def test_an_archived_invoice_leaves_the_list_and_is_still_found(shop):
    invoice = InvoiceFactory(store=shop.store)

    assert shop.delete(f"invoices/{invoice.public_id}").json()["archived"] is True
    assert shop.get("invoices").json() == []
    assert len(shop.get("invoices?includeArchived=true").json()) == 1
    assert shop.get(f"invoices/{invoice.public_id}").status_code == 200
    assert shop.post(f"invoices/{invoice.public_id}/unarchive").json()["archived"] is False
    assert len(shop.get("invoices").json()) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_the_invoice_of_another_store_is_as_missing_as_one_that_never_was(shop, method):
    foreign = InvoiceFactory()

    answers = [
        shop.call(method, f"invoices/{public_id}", {"status": "Settled", "metadata": {}})
        for public_id in (foreign.public_id, "0" * 22)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    told = [answer.json() | {"request_id": ""} for answer in answers]
    assert told[0] == told[1]
    assert told[0]["message"] == "The store has no such invoice."
    foreign.refresh_from_db()
    assert (foreign.status, foreign.is_archived) == ("New", False)


@pytest.mark.parametrize(
    "odd", ["01", "+1", "1.0", "%D9%A1", "-1", "0", "1" * 30, "%00", "a" * 2048, "..%2f..%2f"]
)
def test_odd_identifiers_are_found_nowhere(shop, odd):
    answer = shop.get(f"invoices/{odd}")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_another_stores_path_is_refused_whether_it_exists_or_not(shop, shop_of):
    other = shop_of()

    answers = [
        shop.get(f"/api/v1/stores/{public_id}/invoices")
        for public_id in (other.store.public_id, "0" * 22)
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert [answer.json()["code"] for answer in answers] == ["store_not_permitted"] * 2


def test_an_invoice_lives_for_fifteen_minutes(shop):
    invoice = InvoiceFactory(store=shop.store)

    assert invoice.expires_at - invoice.date_added == timedelta(minutes=15)


def test_an_invoice_costs_few_statements(shop):
    shop.post("invoices", {"amount": "1"})  # what is read once is read

    with CaptureQueriesContext(connection) as statements:
        shop.post("invoices", {"amount": "1"})

    asked = [one["sql"].split()[0] for one in statements if "SAVEPOINT" not in one["sql"]]
    assert asked == ["SELECT", "INSERT", "SELECT", "INSERT"]  # secret; invoice; webhooks; history
