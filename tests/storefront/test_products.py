"""Products: what the store sells."""

import pytest

from apikeys.models import ChangeRecord
from storefront.models import Product
from tests.storefront.factories import ProductFactory

BODY = {"sku": "TEA-1", "name": "Green tea", "price": "4.90", "currency": "EUR"}


def test_a_product_is_created_and_read_again(shop):
    created = shop.post("products", BODY)

    assert created.status_code == 200
    product = created.json()
    assert product == BODY | {"id": product["id"]}
    assert shop.get(f"products/{product['id']}").json() == product
    assert shop.get("products").json() == [product]


def test_a_price_may_be_a_number_and_takes_the_stores_currency(shop):
    product = shop.post("products", '{"sku": "A", "name": "B", "price": 4.9}').json()

    assert (product["price"], product["currency"]) == ("4.90", "EUR")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price": "-1"}, "price"),
        ({"price": "1.234"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": None}, "price"),
        ({"price": True}, "price"),
        ({"currency": "EURO"}, "currency"),
        ({"sku": ""}, "sku"),
        ({"name": "line\nbreak"}, "name"),
        ({"id": "mine"}, "id"),
        ({"priceMinor": 1}, "priceMinor"),
        ({"storeId": "another"}, "storeId"),
        ({"SKU": "X"}, "SKU"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(shop, wrong, field):
    refused = shop.post("products", BODY | wrong)

    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert not Product.objects.exists()


def test_a_sku_is_there_once_in_a_store_and_again_in_another(shop, shop_of):
    shop.post("products", BODY)

    assert shop.post("products", BODY).status_code == 400
    assert shop_of().post("products", BODY).status_code == 200


def test_a_change_is_kept_with_the_key_that_made_it(shop):
    product = ProductFactory(store=shop.store)

    changed = shop.patch(f"products/{product.public_id}", {"price": "3"})

    assert changed.json()["price"] == "3.00"
    record = ChangeRecord.objects.filter(kind="product", action="changed").get()
    assert record.actor_kind == "api_key"
    assert shop.key.consumer_key in record.actor_name
    assert (record.before, record.after) == ({"price": "12.50"}, {"price": "3.00"})


def test_a_deleted_product_is_answered_once_more_and_gone(shop):
    product = ProductFactory(store=shop.store)
    path = f"products/{product.public_id}"

    assert shop.delete(path).json()["id"] == product.public_id
    assert shop.delete(path).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_the_product_of_another_store_is_as_missing_as_one_that_never_was(shop, method):
    foreign = ProductFactory()

    answers = [
        shop.call(method, f"products/{public_id}", BODY)
        for public_id in (foreign.public_id, "0" * 22)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    told = [answer.json() | {"request_id": ""} for answer in answers]
    assert told[0] == told[1]
    assert Product.objects.filter(pk=foreign.pk).exists()


def test_of_two_with_one_sku_in_one_moment_the_second_is_told_so(shop, monkeypatch):
    ProductFactory(store=shop.store, sku="TEA-1")
    monkeypatch.setattr(Product, "full_clean", lambda product: None)  # neither saw the other

    refused = shop.post("products", BODY)

    assert refused.status_code == 400
    assert "SKU already" in refused.json()["message"]
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "rows", "has_more"),
    [
        ("", 50, True),
        ("per_page=200", 200, True),
        ("per_page=201", 200, True),
        ("per_page=999999999", 200, True),
        ("take=201", 200, True),
        ("skip=1&take=999999999", 200, False),
        ("per_page=999999999&page=2", 1, False),
    ],
)
def test_a_page_has_50_rows_unless_asked_and_at_most_200(shop, query, rows, has_more):
    Product.objects.bulk_create(
        Product(store=shop.store, sku=f"S{n}", name="Tea", price_minor=100, currency="EUR")
        for n in range(201)
    )

    answer = shop.get(f"products?{query}")

    assert len(answer.json()) == rows
    assert ('rel="next"' in answer.get("Link", "")) == has_more
