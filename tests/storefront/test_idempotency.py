"""Idempotency-Key: a request that is sent twice is done once."""

import pytest

from storefront.models import Invoice, KeptAnswer
from tests.factories import ACTOR
from tests.storefront.factories import ProductFactory

ONCE = {"Idempotency-Key": "order-17"}


def test_a_repeated_request_is_answered_alike_and_done_once(shop):
    answers = [shop.post("invoices", {"amount": "1"}, headers=ONCE) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [
        None,
        "true",
        "true",
    ]
    assert Invoice.objects.count() == 1


def test_the_same_body_in_another_spelling_is_the_same_request(shop):
    first = shop.post("invoices", '{"amount": "1", "currency": "EUR"}', headers=ONCE)
    again = shop.post("invoices/", '{"currency":"EUR","amount":"1"}', headers=ONCE)

    assert first.json()["id"] == again.json()["id"]


def test_another_body_under_the_same_key_is_refused(shop):
    shop.post("invoices", {"amount": "1"}, headers=ONCE)

    refused = shop.post("invoices", {"amount": "2"}, headers=ONCE)

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert Invoice.objects.count() == 1


def test_a_refused_request_uses_nothing_up(shop):
    assert shop.post("invoices", {"amount": "-1"}, headers=ONCE).status_code == 400
    assert shop.post("invoices", {"amount": "1"}, headers=ONCE).status_code == 200


def test_keys_of_other_integrations_and_other_paths_are_others(shop, shop_of):
    shop.post("invoices", {"amount": "1"}, headers=ONCE)
    shop_of(store=shop.store).post("invoices", {"amount": "2"}, headers=ONCE)
    shop.post("products", {"sku": "a", "name": "b", "price": "1"}, headers=ONCE)

    assert Invoice.objects.count() == 2
    assert shop.store.products.count() == 1


def test_a_rotated_key_still_knows_what_it_asked_for(shop):
    first = shop.post("invoices", {"amount": "1"}, headers=ONCE)
    shop.key.secret = shop.key.rotate(actor=ACTOR)

    assert shop.post("invoices", {"amount": "1"}, headers=ONCE).json() == first.json()


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ü"])
def test_a_key_that_is_none_is_refused(shop, key):
    refused = shop.post("invoices", {"amount": "1"}, headers={"Idempotency-Key": key})

    assert refused.status_code == 400
    assert not Invoice.objects.exists()


def test_after_a_day_an_answer_is_forgotten(shop, time_machine):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    shop.post("invoices", {"amount": "1"}, headers=ONCE)
    time_machine.move_to("2026-11-23 12:01Z", tick=False)
    shop.post("invoices", {"amount": "1"}, headers=ONCE)

    assert Invoice.objects.count() == 2
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    assert KeptAnswer.objects.prune() == 1


def test_without_a_key_every_request_counts(shop):
    ProductFactory(store=shop.store)
    for _ in range(2):
        shop.post("invoices", {"amount": "1"})

    assert Invoice.objects.count() == 2
