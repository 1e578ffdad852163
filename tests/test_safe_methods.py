"""Every address of the project: who only looks changes nothing, who may do nothing gets nothing."""

import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from tests.calls import credential
from tests.factories import APIKeyFactory, UserFactory
from tests.storefront.factories import (
    CartFactory,
    InvoiceFactory,
    PaymentMethodFactory,
    ProductFactory,
    SessionTransferFactory,
    ShopperSessionFactory,
    TransferTargetFactory,
    WebhookFactory,
)

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
# What a call may leave, and what keeps people logged in.
RECORDS = {"history.CallRecord", "history.UnprovenCalls", "sessions.Session"}


@pytest.fixture
def shop(client, db):
    """A shop with one record of every kind, its values by the names that routes give them."""
    client.force_login(UserFactory(superuser=True))
    Group.objects.create(name="operators")
    key = APIKeyFactory(permission="read_write", allowed_ips=["127.0.0.1"], rate_limit="none")
    store = key.api_user.store
    cart = CartFactory(store=store, items=[ProductFactory(store=store)])
    webhook = WebhookFactory(store=store)
    invoice = InvoiceFactory(store=store, status="Settled")
    method = PaymentMethodFactory(store=store)
    TransferTargetFactory(store=store)
    SessionTransferFactory(key=key, cart=cart)
    client.cookies["shopper"] = ShopperSessionFactory(cart=cart).cookie
    records = {
        "cart": cart,
        "delivery": webhook.deliveries.first(),
        "invoice": invoice,
        "payment-method": method,
        "product": cart.items.get().product,
        "webhook": webhook,
    }
    return {
        "key": key,
        "headers": credential(key)[0] | {"Cart-Key": cart.cart_key},
        "consumer_key": key.consumer_key,
        "username": key.api_user.username,
        "store_id": store.public_id,
        "item_key": cart.items.get().key,
        "action": "account",
        "deed": "disable",
        "topic": "ip_not_allowed",
        **{f"{name}_id": record.public_id for name, record in records.items()},
        **{f"shop/{name}": record.public_id for name, record in records.items()},
    }


def routes(patterns=None, before=""):
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern):
            yield before + str(one.pattern)
        else:
            yield from routes(one.url_patterns, before + str(one.pattern))


def address(route, shop):
    """The route's address of the record that is there."""
    kind = re.search(r"shop/([\w-]+?)(ie)?s/", route)
    name = "store_id" if kind is None else "shop/" + kind[1] + ("y" if kind[2] else "")
    values = shop | {
        "public_id": shop["invoice_id"] if route.startswith("^^i/") else shop.get(name),
        "object_id": row_of(route),
        "id": row_of(route),
    }
    text = NAMED_GROUP.sub(r"<\1>", route)
    text = ARGUMENT.sub(lambda name: str(values.get(name[1], "1")), text)
    return "/" + re.sub(r"[\^$?]", "", text)


def row_of(route):
    """The id of a row of the model whose admin page the route is of."""
    model = re.match(r"admin/(\w+)/(\w+)/", route)
    if model is None or model[1] not in apps.app_configs:
        return 1
    return apps.get_model(*model.groups())._default_manager.values_list("pk", flat=True).first()


def everything():
    """Every row there is, by its table."""
    rows = {model._meta.label: list(model._base_manager.values()) for model in apps.get_models()}
    for key in rows["apikeys.APIKey"]:
        del key["last_used_at"]
    # Who took the history away with them is kept.
    changes = rows["apikeys.ChangeRecord"]
    rows["apikeys.ChangeRecord"] = [it for it in changes if it["action"] != "history exported"]
    return {table: kept for table, kept in rows.items() if table not in RECORDS}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(client, shop, method):
    before = everything()
    statuses = {}

    for route in routes():
        place = address(route, shop)
        headers = shop["headers"] if place.startswith(("/api/", "/wp-json/")) else {}
        response = client.generic(method, place, headers=headers, secure=True)
        if response.streaming:
            list(response)
        statuses[place] = response.status_code

    assert everything() == before
    assert max(statuses.values()) < 500
    if method == "GET":
        looked = [place for place, status in statuses.items() if status == 200]
        assert len(looked) > 100


def test_looking_at_a_page_holds_up_nobody_who_writes(client, shop):
    """On SQLite a transaction takes the one lock for writing with its first statement."""
    transactions = {}
    for place in {address(route, shop) for route in routes() if route.startswith("console/")}:
        with CaptureQueriesContext(connection) as captured:
            client.get(place, secure=True)
        begun = [query for query in captured.captured_queries if query["sql"][:9] == "SAVEPOINT"]
        transactions[place] = len(begun)

    saves_the_session = 1
    assert {
        place: count for place, count in transactions.items() if count > saves_the_session
    } == {}
    assert len(transactions) > 30


# What is open to everybody; the dashboard, which shows everybody what they may see; and what keeps
# logged in whoever is.
OPEN = {
    *("/console/", "/console/login/", "/console/logout/", "/console/preferences/"),
    "/console/stay/",
}


def guarded_pages(shop):
    places = {address(route, shop) for route in routes() if route.startswith("console/")}
    return sorted(place for place in places - OPEN if not place.startswith("/console/help/"))


def statuses(client, place):
    return {client.get(place, secure=True).status_code, client.post(place, secure=True).status_code}


def test_who_has_no_permission_opens_no_page_of_the_console(client, shop):
    client.force_login(UserFactory(stores=[shop["key"].api_user.store]))

    answers = {place: statuses(client, place) - {405} for place in guarded_pages(shop)}

    assert {place: answer for place, answer in answers.items() if answer != {403}} == {}
    assert len(answers) > 30


def test_who_is_no_staff_opens_none_either_whatever_their_permissions(client, shop):
    person = UserFactory(is_staff=False, stores=[shop["key"].api_user.store])
    person.user_permissions.set(Permission.objects.all())
    client.force_login(person)

    answers = {place: statuses(client, place) - {405} for place in guarded_pages(shop)}

    assert {place: answer for place, answer in answers.items() if answer != {403}} == {}


def test_a_stranger_opens_none_at_all(client, shop):
    client.logout()

    for place in guarded_pages(shop):
        assert statuses(client, place) - {405} == {302}, place
        response = client.post(place, secure=True)
        assert response.status_code == 405 or response["Location"].startswith("/console/login/")
