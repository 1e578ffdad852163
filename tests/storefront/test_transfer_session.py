"""Redeeming a link: verified before anything changes, once, and leading nowhere else."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections, transaction
from django.test import Client
from django.utils import timezone

from history.models import CallRecord, UnprovenCalls
from storefront import transfer_link
from storefront.models import Cart, SessionTransfer, ShopperSession
from tests.calls import the_record, the_unproven
from tests.factories import ACTOR, APIKeyFactory, StoreFactory, UserFactory
from tests.storefront.factories import (
    CartFactory,
    SessionTransferFactory,
    ShopperSessionFactory,
    TransferTargetFactory,
)
from tests.storefront.links import signed_link
from tests.waiting import is_somebody_waiting, only_postgresql

pytestmark = pytest.mark.django_db
WAYS = ["ticket", "signature"]


@pytest.fixture
def key(db):
    return APIKeyFactory(permission="write", signing=True)


@pytest.fixture
def store(key):
    return key.api_user.store


@pytest.fixture
def cart(store):
    return CartFactory(store=store)


@pytest.fixture
def link_of(key, cart):
    """A fresh link, by one way or the other: ``link_of("ticket", action="checkout")``."""

    def make(way, *, sub="", client="", action="cart"):
        if way == "signature":
            optional = {"sub": sub} if sub else {}
            optional |= {"client": client} if client else {}
            return signed_link(key, cart, action=action, **optional)
        transfer = SessionTransferFactory(
            key=key, cart=cart, action=action, subscription=sub, client=client
        )
        return f"/transfer-session?ticket={transfer.ticket}"

    return make


def is_refused(response):
    """A plain page that says nothing, and no session."""
    return (
        response.status_code == 400
        and b"not valid any more" in response.content
        and not response.cookies
        and not ShopperSession.objects.exists()
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_link_hands_the_cart_to_the_browser_and_is_forgotten(client, link_of, cart, way):
    response = client.get(link_of(way))

    assert response.status_code == 303
    assert response["Location"] == "http://127.0.0.1:8000/shop/cart"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    cookie = response.cookies["shopper"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
    session = ShopperSession.objects.get()
    assert session.cart == cart
    assert cookie.value != session.digest
    assert client.get("/shop/cart").context["cart"] == cart


def test_over_https_the_cookie_is_bound_to_the_host(client, link_of, settings):
    settings.SESSION_COOKIE_SECURE = True

    cookie = client.get(link_of("ticket")).cookies["__Host-shopper"]

    assert cookie["secure"]
    assert not cookie["domain"]


@pytest.mark.parametrize("way", WAYS)
def test_a_redeemed_link_is_one_call_in_the_history_of_its_key(client, link_of, key, way):
    link = link_of(way)
    client.get(link)

    record = the_record(
        outcome="allowed", path="/transfer-session", method="GET", status=303, key_id=key.pk
    )
    assert link.rpartition("=")[2] not in str(record.__dict__)


@pytest.mark.parametrize("way", WAYS)
def test_a_link_works_once(client, link_of, way):
    link = link_of(way)
    client.get(link)
    ShopperSession.objects.all().delete()

    assert is_refused(Client().get(link))
    denied = CallRecord.objects.get(outcome="denied")
    assert (denied.reason, denied.detail) == ("transfer_refused", "the link was used before")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.django_db(transaction=True)
def test_a_link_works_once_however_many_follow_it_together(link_of, way):
    link = link_of(way)

    def follow(_):
        try:
            return Client().get(link).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(follow, range(16)))

    assert statuses == [303] + [400] * 15
    assert ShopperSession.objects.count() == 1
    assert SessionTransfer.objects.count() == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_link_that_another_uses_while_it_is_examined_is_refused(
    client, link_of, way, monkeypatch
):
    """However the database orders redemptions: here both have found the link unused."""
    link, lock, others = link_of(way), Cart.lock, []

    def let_another_follow_first(cart):
        monkeypatch.setattr(Cart, "lock", lock)
        others.append(Client().get(link).status_code)
        cart.lock()

    monkeypatch.setattr(Cart, "lock", let_another_follow_first)

    assert is_refused(client.get(link))
    assert others == [303]
    assert CallRecord.objects.get(outcome="denied").detail.endswith("in this very moment")


@pytest.mark.parametrize("way", WAYS)
def test_asking_for_the_head_uses_nothing_up(client, link_of, way):
    link = link_of(way)

    assert client.head(link).status_code == 204
    assert client.get(link).status_code == 303


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Sec-Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Dest": "image"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"User-Agent": "facebookexternalhit/1.1 Facebot Twitterbot/1.0"},
        {"User-Agent": "WhatsApp/2.23.20.0 A"},
        {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"},
    ],
)
def test_what_nobody_opened_uses_nothing_up_and_is_no_page(client, link_of, way, headers):
    link = link_of(way)

    response = client.get(link, headers=headers)

    assert response.status_code == 204
    assert response["Cache-Control"] == "no-store"
    assert "Content-Type" not in response
    assert not response.cookies
    assert client.get(link).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Mode": "cors", "User-Agent": "node"},
        {"User-Agent": "Mozilla/5.0 (Linux; Android 9; CUBOT P30) AppleWebKit/537.36 Chrome/120"},
        {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/120 WhatsApp/2.24"},
        {"User-Agent": ""},
    ],
)
def test_what_a_person_opens_is_no_preview(client, link_of, headers):
    assert client.get(link_of("ticket"), headers=headers).status_code == 303


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_only_get_redeems(client, link_of, method):
    link = link_of("ticket")

    assert getattr(client, method)(link).status_code == 405
    assert client.get(link).status_code == 303


@pytest.mark.parametrize("way", WAYS)
def test_a_planted_cookie_is_not_what_the_customer_gets(client, link_of, way):
    client.cookies["shopper"] = "planted"
    former = ShopperSessionFactory()
    other = Client()
    other.cookies["shopper"] = former.cookie

    assert client.get(link_of(way)).cookies["shopper"].value != "planted"
    assert other.get(link_of(way)).cookies["shopper"].value != former.cookie
    assert not ShopperSession.objects.filter(pk=former.pk).exists()


def test_a_refused_link_leaves_the_shoppers_session_alone(client):
    former = ShopperSessionFactory()
    client.cookies["shopper"] = former.cookie

    client.get("/transfer-session?ticket=" + "a" * 43)

    assert client.get("/shop/cart").context["cart"] == former.cart


@pytest.mark.parametrize("way", WAYS)
def test_a_console_session_in_the_same_browser_is_neither_read_nor_written(client, link_of, way):
    client.force_login(UserFactory(superuser=True))
    before = Session.objects.values().get()

    response = client.get(link_of(way))
    client.get("/shop/cart")

    assert set(response.cookies) == {"shopper"}
    assert Session.objects.values().get() == before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("user_agent", "address", "status"),
    [
        ("Firefox", "203.0.113.9", 303),
        ("Firefox", "::ffff:203.0.113.9", 303),
        ("Safari", "203.0.113.9", 400),
        ("Firefox", "203.0.113.10", 400),
        ("", "203.0.113.9", 400),
        ("Firefox", "", 400),
    ],
)
def test_a_bound_link_holds_for_one_customer_only(
    client, link_of, way, user_agent, address, status
):
    bound_to = transfer_link.client_session_id("203.0.113.9", b"Firefox")

    response = client.get(
        link_of(way, client=bound_to), headers={"User-Agent": user_agent}, REMOTE_ADDR=address
    )

    assert response.status_code == status
    if status == 400:
        assert "another customer" in the_record(reason="transfer_refused").detail


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("action", "sub", "location"),
    [
        ("cart", "", "https://shop.example.com/start?a=b"),
        ("account", "", "https://shop.example.com/start?a=b"),
        ("new-payment", "", "https://shop.example.com/start?a=b"),
        ("change-sub", "17", "https://shop.example.com/start?a=b&sub=17"),
        ("renew-sub", "a_b-C", "https://shop.example.com/start?a=b&sub=a_b-C"),
    ],
)
def test_every_action_leads_to_the_stores_target(
    client, link_of, store, way, action, sub, location
):
    TransferTargetFactory(store=store, action=action, url="https://shop.example.com/start?a=b")

    response = client.get(link_of(way, action=action, sub=sub))

    assert (response.status_code, response["Location"]) == (303, location)


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://shop.example.com/kasse/übersicht", "/kasse/%C3%BCbersicht"),
        ("https://shop.example.com/カート?s=ä", "/%E3%82%AB%E3%83%BC%E3%83%88?s=%C3%A4"),
    ],
)
def test_a_target_in_any_script_is_a_location_that_browsers_follow(
    client, link_of, store, url, location
):
    TransferTargetFactory(store=store, action="cart", url=url)

    assert client.get(link_of("ticket"))["Location"] == "https://shop.example.com" + location


@pytest.mark.parametrize("deed", ["bind", "unbind"])
def test_a_new_cart_key_ends_the_links_that_were_asked_for_before(client, link_of, cart, deed):
    link = link_of("ticket")

    cart.bind("ann") if deed == "bind" else cart.unbind()

    assert is_refused(client.get(link))
    assert client.get(link_of("ticket")).status_code == 303


@pytest.mark.parametrize("deed", ["bind", "unbind"])
def test_a_new_cart_key_ends_the_signed_links_that_name_the_one_before(client, key, cart, deed):
    def link():
        cart.refresh_from_db()
        return signed_link(key, cart, cart_key_version=str(cart.key_version))

    before = link()
    cart.bind("ann") if deed == "bind" else cart.unbind()

    assert is_refused(client.get(before))
    record = CallRecord.objects.get()
    assert record.detail == "the cart's key has changed since the link was made"
    assert client.get(link()).status_code == 303


@pytest.mark.django_db(transaction=True)
@only_postgresql
@pytest.mark.parametrize("way", WAYS)
def test_a_link_that_is_followed_while_its_cart_key_ends_is_refused(link_of, key, cart, way):
    link = signed_link(key, cart, cart_key_version="1") if way == "signature" else link_of(way)

    def follow():
        try:
            return Client().get(link)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        cart.lock()
        followed = thread.submit(follow)
        while not followed.done() and not is_somebody_waiting():
            time.sleep(0.01)
        cart.bind("ann")

    assert is_refused(followed.result())


@pytest.mark.parametrize("way", WAYS)
def test_a_link_to_a_cart_that_is_deleted_meanwhile_is_refused(client, link_of, way, monkeypatch):
    def delete_and_lock(cart):
        Cart.objects.all().delete()
        cart.refresh_from_db()

    link = link_of(way)
    monkeypatch.setattr(Cart, "lock", delete_and_lock)

    assert is_refused(client.get(link))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["next", "return_url", "redirect_to", "url", "session_id"])
@pytest.mark.parametrize(
    "value",
    ["//evil.example", "https%3A%2F%2Fevil.example", "%0d%0aX: y", "https://a@evil.example"],
)
def test_nothing_in_the_link_can_change_where_it_leads(client, link_of, way, name, value):
    response = client.get(f"{link_of(way)}&{name}={value}")

    assert response.status_code == 400
    assert "Location" not in response


def spoil_key(key, cart):
    key.disable(actor=ACTOR)
    return "key_disabled"


def spoil_user(key, cart):
    key.api_user.disable(actor=ACTOR)
    return "user_disabled"


def spoil_store(key, cart):
    key.api_user.store.disable(actor=ACTOR)
    return "store_disabled"


def spoil_expiry(key, cart):
    type(key).objects.filter(pk=key.pk).update(expires_at=timezone.now())
    return "key_expired"


def spoil_level(key, cart):
    key.change(actor=ACTOR, permission="read")
    return "method_not_permitted"


def spoil_resources(key, cart):
    key.change(actor=ACTOR, resources=["carts"])
    return "resource_not_permitted"


def spoil_cart(key, cart):
    type(cart).objects.filter(pk=cart.pk).update(expires_at=timezone.now())
    return "the cart has expired"


def spoil_action(key, cart):
    TransferTargetFactory(store=cart.store, action="cart", url="", enabled=False)
    return "cart is switched off"


SPOILERS = [
    spoil_key,
    spoil_user,
    spoil_store,
    spoil_expiry,
    spoil_level,
    spoil_resources,
    spoil_cart,
    spoil_action,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spoil", SPOILERS)
def test_what_the_gate_would_refuse_ends_the_links_too(client, link_of, key, cart, way, spoil):
    link = link_of(way)
    reason = spoil(key, cart)

    assert is_refused(client.get(link))
    record = the_record(outcome="denied", reason="transfer_refused", key_id=key.pk)
    assert reason in record.detail


@pytest.mark.parametrize("way", WAYS)
def test_the_keys_allowed_ips_are_not_the_customers(client, way):
    key = APIKeyFactory(permission="write", signing=True, allowed_ips=["203.0.113.7"])
    cart = CartFactory(store=key.api_user.store)
    link = (
        signed_link(key, cart)
        if way == "signature"
        else f"/transfer-session?ticket={SessionTransferFactory(key=key, cart=cart).ticket}"
    )

    assert client.get(link, REMOTE_ADDR="198.51.100.9").status_code == 303


@pytest.mark.parametrize("way", WAYS)
def test_an_expired_link_is_refused(client, key, cart, way):
    past = timezone.now() - timedelta(seconds=1)
    link = (
        signed_link(key, cart, expires=int(past.timestamp()))
        if way == "signature"
        else "/transfer-session?ticket="
        + SessionTransferFactory(key=key, cart=cart, expires_at=past).ticket
    )

    assert is_refused(client.get(link))
    assert "expired at" in the_record(reason="transfer_refused").detail


def test_a_signed_link_that_would_live_too_long_is_refused(client, key, cart, settings):
    settings.TRANSFER_MAX_LIFETIME = 60

    assert is_refused(client.get(signed_link(key, cart)))
    assert "TRANSFER_MAX_LIFETIME" in the_record(reason="transfer_refused").detail


def test_a_nonce_counts_once_whatever_else_the_link_says(client, key, cart):
    first = signed_link(key, cart, nonce="n" * 22)
    second = signed_link(key, CartFactory(store=cart.store), nonce="n" * 22, action="checkout")
    assert client.get(first).status_code == 303
    ShopperSession.objects.all().delete()

    assert is_refused(client.get(second))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "ticket=",
        "ticket=" + "a" * 43,
        "ticket=" + "a" * 10_000,
        "ticket=%00%ff",
        "ticket=a&ticket=b",
        "ticket=a&cart=b",
        "key=ck_live_" + "a" * 16,
        "_wc_cart=0123456789&session_id=7",
    ],
)
def test_a_link_that_is_none_gets_the_plain_page_and_is_counted(client, query):
    assert is_refused(client.get(f"/transfer-session?{query}"))
    the_unproven(reason="transfer_refused", path="/transfer-session", count=1, consumer_key="")


@pytest.mark.parametrize("change", ["action", "sub", "cart", "client", "expires", "nonce"])
def test_a_signed_link_that_was_changed_is_refused(client, key, store, cart, change):
    TransferTargetFactory(store=store, action="renew-sub")
    changed = {
        "action": "action=checkout",
        "sub": "sub=18",
        "cart": f"cart={CartFactory(store=store).public_id}",
        "client": "client=" + "b" * 64,
        "expires": f"expires={int(timezone.now().timestamp()) + 1000}",
        "nonce": "nonce=" + "z" * 22,
    }
    link = signed_link(key, cart, action="renew-sub", sub="17", client="a" * 64)
    parts = [changed[change] if part.startswith(change) else part for part in link.split("&")]

    assert is_refused(client.get("&".join(parts)))
    the_unproven(reason="transfer_refused", consumer_key=key.consumer_key)


def test_an_unknown_key_and_a_wrong_signature_look_the_same(client, key, cart):
    StoreFactory()
    key.api_user.store.change(actor=ACTOR, website="https://shop.example.com/")
    wrong = client.get(signed_link(key, cart, secret="cs_live_wrong"))
    unknown = client.get(signed_link(APIKeyFactory.build(), cart))

    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert UnprovenCalls.objects.total() == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_refused_link_leads_to_the_stores_home_page_with_a_notice(client, link_of, store, way):
    store.change(actor=ACTOR, website="https://shop.example.com/?lang=de")
    link = link_of(way)
    client.get(link)

    response = client.get(link)

    assert response.status_code == 302
    assert response["Location"] == "https://shop.example.com/?lang=de&notice=link-not-valid"
    assert response["Referrer-Policy"] == "no-referrer"


def test_guesses_are_limited_and_a_right_link_is_not(client, link_of, settings):
    settings.FAILED_ATTEMPT_LIMIT = "5/hour"
    statuses = [
        client.get(f"/transfer-session?ticket={number:043}").status_code for number in range(8)
    ]

    assert statuses == [400] * 5 + [429] * 3
    assert client.get("/transfer-session?ticket=" + "0" * 43)["Retry-After"]
    assert client.get(link_of("ticket")).status_code == 303


def test_a_redemption_that_cannot_be_recorded_does_not_happen(client, link_of, monkeypatch):
    link = link_of("ticket")

    def fail(*args, **fields):
        raise DatabaseError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr("history.recorder.record", fail)
        assert client.get(link).status_code == 503
    assert not ShopperSession.objects.exists()
    assert client.get(link).status_code == 303


def test_a_deleted_keys_link_is_refused(client, key, link_of):
    link = link_of("ticket")
    key.disable(actor=ACTOR)
    key.delete(actor=ACTOR)

    assert is_refused(client.get(link))
