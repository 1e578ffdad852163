"""Every text of our own in the Django admin can be translated; Django looks after its own."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User

from apikeys.models import APIKey, APIUser, ChangeRecord, Store
from storefront.models import Cart, Invoice, PaymentMethod, Product, TransferTarget, Webhook
from tests.back_office import filled_in, listing, page
from tests.test_marked_pages import places, unmarked  # noqa: F401

# Permissions, as the database names them; what goes with a group; the ends of a password's hash.
NOT_OURS = re.compile(
    r'<select name="(permissions|user_permissions|groups)".*?</select>'
    r'|<ul id="deleted-objects".*|<bdi>.*?</bdi>',
    re.DOTALL,
)
# Names of resources and roles, which callers and scripts know; words that Django and django-axes
# do not translate.
AS_IT_IS = {
    *("invoices", "webhooks", "products", "carts", "checkout", "session_transfers"),
    *("viewer", "operator", "owner"),
    *("True", "False", "Access", "Log", "for", "unknown", "Group", "permission", "relationships"),
}


@pytest.fixture
def translated(client, places):  # noqa: F811
    """Reads a page of the admin: ``translated(address)``, or ``translated(address, form)``."""

    def read(address, form=None):
        response = client.get(address) if form is None else client.post(address, form, follow=True)
        assert response.status_code in {200, 403}, address
        response.content = NOT_OURS.sub("", response.content.decode())
        return set(unmarked(response)) - AS_IT_IS

    return read


@pytest.mark.parametrize("app", ["apikeys", "history", "storefront", "auth", "axes"])
def test_the_pages_show_no_text_that_cannot_be_translated(translated, app):
    addresses = [f"/admin/{app}/"]
    for model in admin.site._registry:
        if model._meta.app_label == app:
            addresses += [listing(model), listing(model, "add")]
            for record in model._default_manager.all()[:3]:
                addresses += [page(record, what) for what in ("change", "history", "delete")]

    found = {address: words for address in addresses if (words := translated(address))}

    assert len(addresses) > 3
    assert found == {}


@pytest.mark.parametrize(
    ("model", "form"),
    [
        (APIKey, {}),
        (APIKey, {"username": "-", "allowed_ips": "1\n*", "expiry": "date"}),
        (APIKey, {"username": "user1", "any_ip": "on", "permission": "write"}),
        (APIUser, {"username": "-"}),
        (Store, {"name": "", "currency": "1", "website": "1"}),
        (Product, {"price": "1.234", "currency": "EUR"}),
        (PaymentMethod, {"code": "-", "title": ""}),
        (TransferTarget, {"action": "1", "url": "1"}),
        (User, {"username": "", "password1": "1", "password2": "2"}),
    ],
    ids=str,
)
def test_what_is_said_to_a_new_record_can_be_translated(translated, model, form):
    assert translated(listing(model, "add"), form) == set()


@pytest.mark.parametrize(
    ("model", "form"),
    [
        (APIKey, {"permission": "1", "rate_limit": "1", "expires_at_0": "1", "opened": "1"}),
        (APIKey, {"allowed_ips-0-network": "1", "allowed_ips-1-network": "1"}),
        (APIUser, {"owner": "0", "opened": "1"}),
        (Store, {"name": "", "currency": "1", "website": "1"}),
        (Product, {"price": "-1", "currency": "1"}),
        (PaymentMethod, {"title": "", "mode": "1", "debug": "1"}),
        (Webhook, {"url": "http://127.0.0.1/"}),
        (User, {"is_active": "", "is_superuser": "", "opened": "1"}),
    ],
    ids=str,
)
def test_what_is_said_to_an_edit_can_be_translated(client, translated, model, form):
    address = page(model._default_manager.first())
    sent = filled_in(client.get(address)) | form

    assert translated(address, sent) == set()


@pytest.mark.parametrize(
    ("model", "action"),
    [
        *(
            (model, f"{deed}_chosen")
            for model in (APIKey, APIUser, Store, Webhook)
            for deed in ("enable", "disable")
        ),
        *((Invoice, deed) for deed in ("mark_settled", "mark_invalid", "archive", "unarchive")),
    ],
    ids=str,
)
def test_what_is_said_to_an_action_can_be_translated(translated, model, action):
    chosen = [record.pk for record in model._default_manager.all()]

    for _once_and_again in range(2):
        form = {"action": action, "_selected_action": chosen, "index": "0", "reason": "text1"}
        assert translated(listing(model), form) == set()


@pytest.mark.parametrize("model", [APIUser, APIKey, Product, PaymentMethod, Webhook, Cart])
def test_what_is_said_to_a_deletion_can_be_translated(translated, model):
    for record in model._default_manager.all():
        assert translated(page(record, "delete"), {"post": "yes", "password": "wrong1"}) == set()
    assert ChangeRecord.objects.exists()
