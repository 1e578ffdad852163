"""Every text that a page shows can be translated, those that Python makes included."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import timezone

from apikeys.denial import DenialReason
from tests import pseudo
from tests.factories import (
    APIKeyFactory,
    CallRecordFactory,
    SecretFactory,
    StoreFactory,
    UnprovenCallsFactory,
    UserFactory,
)
from tests.storefront.factories import (
    CartFactory,
    InvoiceFactory,
    PaymentMethodFactory,
    ProductFactory,
    SessionTransferFactory,
    WebhookFactory,
)

ROOT = Path(__file__).resolve().parents[1]
# Words that are the same in every language: of protocols and interfaces, and names.
AS_IT_IS = {
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HTTP", "https", "ms", "UTC"),
    *("curl", "JavaScript", "Python", "EUR", "Coinsnap", "tests"),
    # Events of webhooks as they are sent; what an incident writes into the records of its keys.
    *("New", "Processing", "Settled", "Expired", "Invalid", "Incident"),
}
PAGES = [
    "/console/",
    "/console/?days=7",
    "/console/changes/",
    "/console/changes/?q=nobody1",
    "/console/help/",
    "/console/history/",
    "/console/history/?reason=ip_not_allowed&key=nobody1",
    "/console/history/?ip=1&since=1&until=3000-01-01&method=1",
    "/console/history/attempts/",
    "/console/incident/",
    "/console/incident/?all=on",
    "/console/incident/?seen_from=1",
    "/console/incident/?username=nobody1",
    "/console/keys/",
    "/console/keys/?q=nobody1",
    "/console/keys/new/",
    "{key}",
    "{key}?ip=203.0.113.7&method=POST&path=/api/v1/stores/1/invoices",
    "{key}?ip=198.51.100.7&method=GET&path=/api/v1/whoami",
    "{key}?ip=1&method=1&path=1",
    "{key}changes/",
    "{key}edit/",
    "{key}history/",
    "{key}ips/",
    "{key}rotate/",
    "{off}",
    "{off}?ip=203.0.113.7&method=GET&path=/nowhere",
    "{off}delete/",
    "{gone}",
    "{gone}?ip=203.0.113.7&method=GET&path=/api/v1/whoami",
    "/console/new-user/",
    "/console/nowhere/",
    "/console/preferences/",
    "/console/stores/",
    "/console/stores/new/",
    "{store}",
    "{store}edit/",
    "{store}staff/",
    "/console/users/",
    "/console/users/?q=nobody1",
    "{user}",
    "{user}owner/",
    "/console/shop/carts/",
    "{cart}",
    "/console/shop/deliveries/",
    "/console/shop/invoices/",
    "/console/shop/invoices/?since=1",
    "/console/shop/invoices/new/",
    "{invoice}",
    "/console/shop/payment-methods/",
    "/console/shop/payment-methods/new/",
    "/console/shop/products/",
    "/console/shop/products/new/",
    "{product}",
    "/console/shop/transfers/",
    "/console/shop/transfers/targets/",
    "/console/shop/webhooks/",
    "/console/shop/webhooks/new/",
    "{webhook}",
    "{webhook}edit/",
    "{webhook}rotate/",
    "{webhook}delete/",
]
# What is sent to which page: refused forms, and deeds that end with a message.
SENT = [
    ("/console/keys/new/", {}),
    ("/console/keys/new/", {"username": "-", "allowed_ips": "1\n*", "expiry": "date"}),
    ("/console/keys/new/", {"username": "user1", "any_ip": "on", "permission": "read_write"}),
    ("/console/keys/new/", {"username": "user1", "any_ip": "on", "permission": "read"}),
    ("/console/keys/bulk/", {"deed": "disable"}),
    ("/console/keys/bulk/", {"deed": "disable", "everything": "yes"}),
    ("/console/keys/search/", {"q": "nobody1"}),
    ("{key}edit/", {}),
    ("{key}edit/", {"permission": "1", "rate_limit": "1", "expiry": "1"}),
    ("{key}ips/", {"allowed_ips": "1\n*\n256.1.1.1\n10.*.1.1"}),
    ("{key}ips/", {"allowed_ips": "0.0.0.0/1"}),
    ("{key}ips/", {"allowed_ips": "198.51.100.9"}),
    ("{key}ips/remove/", {"network": "203.0.113.7/32"}),
    ("{key}ips/label/", {"network": "203.0.113.7/32", "label": "label1", "revision": 1}),
    ("{key}ips/label/", {"network": "203.0.113.1/32", "label": "label1", "revision": 1}),
    ("{key}rotate/", {"overlap": "1"}),
    ("{key}rotate/", {"overlap": "0", "password": "wrong1"}),
    ("{key}rotate/end/", {}),
    ("{key}disable/", {}),
    ("{key}delete/", {}),
    ("{off}enable/", {}),
    ("{off}delete/", {"name": "1", "password": "wrong1"}),
    ("/console/new-user/", {"username": "1"}),
    ("/console/new-user/", {"username": "user2"}),
    ("{user}owner/", {"owner": "0"}),
    ("{user}disable/", {}),
    ("{user}delete/", {}),
    ("/console/stores/new/", {"name": "", "currency": "1", "website": "1"}),
    ("{store}edit/", {"name": ""}),
    ("{store}staff/", {"staff": "0"}),
    ("{store}disable/", {}),
    ("/console/incident/", {"username": "user1", "reason": "text1"}),
    ("/console/shop/invoices/new/", {"amount": "-1", "currency": "1"}),
    ("/console/shop/payment-methods/new/", {"code": "-"}),
    ("/console/shop/products/new/", {"price": "-1"}),
    ("/console/shop/webhooks/new/", {"url": "http://127.0.0.1/", "events": "1"}),
    ("{invoice}mark/", {"status": "1"}),
    ("{invoice}payment/", {"amount": "x1"}),
    ("{webhook}disable/", {}),
    ("{webhook}delete/", {"password": "wrong1"}),
]


@pytest.fixture
def places(client, db, monkeypatch):
    """Where records of every kind stand, whose own names all have a digit; texts are marked."""
    client.force_login(UserFactory(username="person1", superuser=True, is_active=True))
    store = StoreFactory(name="Shop1")
    named = {"store": store, "description": "Text1"}
    key = APIKeyFactory(username="user1", allowed_ips=[("203.0.113.7", "label1")], **named)
    SecretFactory(api_key=key, overlap=timedelta(hours=1))
    off = APIKeyFactory(api_user=key.api_user, mode="test", disabled=True)
    gone = APIKeyFactory(api_user=key.api_user, permission="read_write", expired=True)
    writing = APIKeyFactory(api_user=key.api_user, permission="write")
    long_ago = timezone.now() - timedelta(days=200)
    APIKeyFactory(username="user3", date_added=long_ago, last_used_at=long_ago, **named)
    CallRecordFactory(key=key)
    for reason in DenialReason:
        if reason.proven:
            CallRecordFactory(key=key, reason=reason.value)
        else:
            UnprovenCallsFactory(key=key, reason=reason.value)
    product = ProductFactory(store=store, name="Tea1")
    shop = {
        "cart": CartFactory(store=store, items=[product]),
        "invoice": InvoiceFactory(store=store),
        "product": product,
        "webhook": WebhookFactory(store=store),
    }
    PaymentMethodFactory(store=store, title="Method1")
    SessionTransferFactory(key=writing, cart=shop["cart"])
    monkeypatch.setattr("apikeys.forms.preferences.zones", lambda: {"UTC"})
    pseudo.install(monkeypatch)
    return {
        **{
            name: f"/console/keys/{it.consumer_key}/"
            for name, it in {"key": key, "off": off, "gone": gone}.items()
        },
        **{name: f"/console/shop/{name}s/{it.public_id}/" for name, it in shop.items()},
        "store": f"/console/stores/{store.public_id}/",
        "user": "/console/users/user1/",
    }


def unmarked(response):
    return sorted(set(pseudo.unmarked(response.content.decode())) - AS_IT_IS)


def test_the_pages_show_no_text_that_cannot_be_translated(client, places):
    paths = [pattern.format(**places) for pattern in PAGES]
    paths += [f"/console/help/{topic}/" for topic in DenialReason]
    pages = {path: client.get(path) for path in paths}

    assert {path for path, page in pages.items() if page.status_code != 200} == {
        "/console/nowhere/"
    }
    assert {path: unmarked(page) for path, page in pages.items() if unmarked(page)} == {}


@pytest.mark.parametrize(("pattern", "form"), SENT)
def test_what_is_said_to_a_form_can_be_translated(client, places, pattern, form):
    response = client.post(pattern.format(**places), form, follow=True)

    assert response.status_code in {200, 400, 409}
    assert unmarked(response) == []


@pytest.mark.parametrize("app", ["apikeys", "history", "storefront", "config"])
def test_every_deed_has_words_for_its_change_record(app):
    known = set().union(*(getattr(it, "change_words", ()) for it in apps.get_app_configs()))
    deeds = {
        argument.value
        for path in (ROOT / app).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in {"note", "keep"}
        for argument in call.args[1:2]
        if isinstance(argument, ast.Constant)
    }

    assert deeds
    assert deeds <= known


def test_a_forgotten_text_would_be_noticed(monkeypatch):
    pseudo.install(monkeypatch)

    assert pseudo.unmarked('<p title="Forgotten">⟦Marked⟧ left</p>') == ["Forgotten", "left"]
    assert pseudo.unmarked("<p>⟦Marked <b>all</b> along⟧ <code>code</code> user1</p>") == []
