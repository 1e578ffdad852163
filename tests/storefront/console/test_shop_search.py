"""What people type into the search of products and of webhooks, and what it finds."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from storefront.models import Product, ProductWord, Webhook, WebhookWord
from tests.back_office import listing
from tests.factories import ACTOR
from tests.storefront.factories import ProductFactory, WebhookFactory

pytestmark = pytest.mark.django_db


def shown(client, url, text):
    context = client.get(url, {"q": text}).context
    return list(context["cl"].result_list if "cl" in context else context["page"])


@pytest.mark.parametrize("url", ["/console/shop/products/", listing(Product)])
@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("mug", True),
        ("BLUE mu", True),
        ("kit-7", True),
        ("7 enamel", True),
        ("name", False),
        ("mug red", False),
        ("%", False),
    ],
)
def test_a_product_is_found_by_the_beginnings_of_words(client, admin, url, text, is_found):
    mug = ProductFactory(name="Blue enamel mug", sku="KIT-7")
    ProductFactory(name="Plate")

    assert shown(client, url, text) == ([mug] if is_found else [])


@pytest.mark.parametrize("url", ["/console/shop/webhooks/", listing(Webhook)])
@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("erp", True),
        ("https://erp.example.com/ho", True),
        ("hooks orders", True),
        ("rp", False),
        ("erp stock", False),
    ],
)
def test_a_webhook_is_found_by_the_beginnings_of_words(client, admin, url, text, is_found):
    webhook = WebhookFactory(url="https://erp.example.com/hooks/orders")
    WebhookFactory(url="https://stock.example.com/in")

    assert shown(client, url, text) == ([webhook] if is_found else [])


@pytest.mark.parametrize("make", [ProductFactory, WebhookFactory])
def test_a_whole_id_finds_its_record(client, admin, make):
    record = make()
    make(store=record.store)
    kind = type(record)

    for url in (f"/console/shop/{kind._meta.model_name}s/", listing(kind)):
        assert shown(client, url, record.public_id) == [record]
        assert shown(client, url, record.public_id[:-1]) == []


def test_what_is_changed_is_found_by_its_new_words_only():
    product = ProductFactory(name="Blue mug")
    webhook = WebhookFactory(url="https://erp.example.com/old")

    product.change(actor=ACTOR, name="Green mug")
    webhook.change(actor=ACTOR, url="https://erp.example.com/new")

    assert list(Product.objects.matching("green mug")) == [product]
    assert list(Webhook.objects.matching("new")) == [webhook]
    assert not Product.objects.matching("blue").exists()
    assert not Webhook.objects.matching("old").exists()


def test_the_words_go_with_their_product():
    product = ProductFactory()

    product.delete(actor=ACTOR)

    assert not ProductWord.objects.exists()


def test_what_was_there_before_the_search_words_gets_the_same_ones():
    ProductFactory(name="Größe №1: mug", sku="kit_1")
    WebhookFactory(url="https://erp.example.com/hooks?of=1")
    before = words()
    ProductWord.objects.all().delete()
    WebhookWord.objects.all().delete()

    migration = import_module("storefront.migrations.0016_write_search_words")
    migration.write(apps, SimpleNamespace(connection=connection))

    assert words() == before


def words():
    products = set(ProductWord.objects.values_list("product", "word"))
    return products, set(WebhookWord.objects.values_list("webhook", "word"))
