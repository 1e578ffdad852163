"""A form of the shop that was opened before a newer change cannot undo it."""

import pytest

from tests.back_office import filled_in
from tests.factories import ACTOR, UserFactory
from tests.storefront.factories import (
    PaymentMethodFactory,
    ProductFactory,
    TransferTargetFactory,
    WebhookFactory,
)

ROOT = "/console/shop/"


def a_product():
    product = ProductFactory()
    return product, f"products/{product.public_id}/", lambda: product.change(actor=ACTOR, name="B")


def a_webhook():
    webhook = WebhookFactory()
    return webhook, f"webhooks/{webhook.public_id}/edit/", lambda: webhook.disable(actor=ACTOR)


def a_payment_method():
    method = PaymentMethodFactory()
    path = f"payment-methods/{method.public_id}/edit/"
    return method, path, lambda: method.change(actor=ACTOR, enabled=False)


def a_target():
    target = TransferTargetFactory(action="cart")
    store = target.store
    path = f"transfers/targets/{store.public_id}/cart/"
    return target, path, lambda: TransferTargetFactory(store=store, action="cart", enabled=False)


@pytest.mark.parametrize("record_of", [a_product, a_webhook, a_payment_method, a_target])
def test_the_form_is_refused_when_the_record_has_changed_meanwhile(client, db, record_of):
    client.force_login(UserFactory(superuser=True))
    record, path, change = record_of()
    form = filled_in(client.get(ROOT + path))
    change()
    record.refresh_from_db()
    now = record.snapshot()

    refused = client.post(ROOT + path, form)

    assert refused.status_code == 400
    assert "changed after you opened the form" in refused.content.decode()
    record.refresh_from_db()
    assert record.snapshot() == now
    assert client.post(ROOT + path, filled_in(client.get(ROOT + path))).status_code == 302
