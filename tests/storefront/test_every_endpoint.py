"""Every protected route of the shop, those of tomorrow too, refuses who may not call it."""

import re

import pytest

from storefront import urls
from tests.factories import StoreFactory

METHODS = ("get", "post", "put", "patch", "delete")
OTHER_RESOURCES = ["invoices", "webhooks", "products", "carts", "checkout", "session_transfers"]


def routes(patterns, prefix=""):
    """Every protected route as a path with ``{store}``, its resource and its methods."""
    for one in patterns:
        route = prefix + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from routes(one.url_patterns, route)
        elif hasattr(one.callback, "cls"):
            view = one.callback.cls
            path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route)
            path = "/" + re.sub(r"[\^$]|/\?", "", path)
            names = [name for name in METHODS if name in view.http_method_names]
            yield path, view.resource, [name for name in names if hasattr(view, name)]


CALLS = [
    pytest.param(path, resource, method.upper(), id=f"{method} {path}")
    for path, resource, methods in routes(urls.urlpatterns)
    for method in methods
]


def filled(path, store):
    return re.sub(r"\{\w+\}", "x" * 22, path.replace("{store_id}", store.public_id))


def code_of(shop, method, path):
    response = shop.call(method, path, {})
    return response.status_code, response.json()["code"]


def test_the_walk_finds_the_routes():
    paths = {call.values[0] for call in CALLS}

    assert len(CALLS) >= 54
    assert {
        "/api/v1/stores/{store_id}/invoices/{invoice_id}/payments",
        "/api/v1/stores/{store_id}/carts/{cart_id}/items/{item_key}",
        "/api/v1/stores/{store_id}/session-transfers/check",
        "/wp-json/cocart/preview/checkout/payment-methods",
    } <= paths


@pytest.mark.parametrize(("path", "resource", "method"), CALLS)
def test_who_may_not_call_it_is_refused(shop_of, path, resource, method):
    everything = shop_of()
    path = filled(path, everything.store)
    others = [name for name in OTHER_RESOURCES if name != resource]
    level = "write" if method == "GET" else "read"
    store = everything.store

    everything.key = None
    assert code_of(everything, method, path) == (401, "missing_credentials")
    for properties, code in (
        ({"resources": others}, "resource_not_permitted"),
        ({"permission": level}, "method_not_permitted"),
        ({"allowed_ips": ["203.0.113.7"]}, "ip_not_allowed"),
    ):
        assert code_of(shop_of(store=store, **properties), method, path) == (403, code)


@pytest.mark.parametrize(
    ("path", "resource", "method"), [call for call in CALLS if "{store_id}" in call.values[0]]
)
def test_another_store_answers_like_one_that_never_was(shop, path, resource, method):
    for foreign in (StoreFactory(), StoreFactory.build()):
        answer = code_of(shop, method, filled(path, foreign))
        assert answer == (403, "store_not_permitted")
