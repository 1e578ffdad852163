"""Every page of the console is looked at in the browser."""

from django.urls import get_resolver, resolve, reverse

from tests.e2e import test_console_accessibility, test_shop_pages

KEY, STORE, RECORD = "ck_live_0000000000000000", "0" * 20, "0" * 22
# What stands for a record in the address of a page.
SAMPLES = {
    "key": f"/console/keys/{KEY}/",
    "disabled": f"/console/keys/{KEY}/",
    "store": f"/console/stores/{STORE}/",
    "store_id": STORE,
} | dict.fromkeys(("cart", "product", "invoice", "webhook", "delivery"), RECORD)
ARGUMENTS = {
    "ConsumerKeyConverter": KEY,
    "UsernameConverter": "inventory-sync",
    "StoreIDConverter": STORE,
    "PublicIDConverter": RECORD,
    "SwitchConverter": "disable",
    "SlugConverter": "any",
    "StringConverter": "any",
}
DOWNLOADS = {"history_export", "key_history_export"}


def console_routes(resolver=None, prefix=""):
    """The name of every route below /console/, with arguments for it."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern).removeprefix("^")
        if hasattr(entry, "url_patterns"):
            yield from console_routes(entry, path)
        elif path.startswith("console/"):
            converters = entry.pattern.converters.items()
            yield (
                entry.name,
                {name: ARGUMENTS[type(converter).__name__] for name, converter in converters},
            )


def inspected():
    """The names of the routes that a browser test opens."""
    pages = test_console_accessibility.PAGES + test_shop_pages.PAGES
    paths = [page.format(**SAMPLES).partition("?")[0].partition("#")[0] for page in pages]
    return test_console_accessibility.REACHED | {
        resolve(path).url_name for path in paths if path != "/console/nowhere/"
    }


def test_every_page_of_the_console_is_inspected(client):
    routes = dict(console_routes())
    left = routes.keys() - inspected() - DOWNLOADS

    pages = {
        name
        for name in left
        if client.get(reverse(name, kwargs=routes[name])).status_code != 405  # deeds alone
    }

    assert "key_disable" in left
    assert pages == set()
