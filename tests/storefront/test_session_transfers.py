"""Links that a key asks for, and links that it has checked."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from storefront.models import SessionTransfer
from tests.calls import the_record
from tests.factories import ACTOR, APIKeyFactory
from tests.storefront.factories import CartFactory, TransferTargetFactory
from tests.storefront.links import signed_link

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def cart(shop):
    return CartFactory(store=shop.store)


@pytest.fixture
def ask(shop, cart):
    def ask(**body):
        return shop.post("session-transfers", {"cart": cart.public_id, "action": "cart"} | body)

    return ask


def test_a_key_gets_a_link_with_a_ticket_and_when_it_ends(ask, cart):
    answer = ask().json()

    url = urlsplit(answer.pop("url"))
    assert (url.scheme, url.netloc, url.path) == ("http", "127.0.0.1:8000", "/transfer-session")
    assert len(parse_qs(url.query)["ticket"][0]) == 43
    assert answer == {
        "id": SessionTransfer.objects.get().public_id,
        "cart": cart.public_id,
        "action": "cart",
        "sub": "",
        "client_session_id": "",
        "expires_at": "2026-11-22T12:10:00Z",
    }


def test_only_a_digest_of_the_ticket_is_kept(ask):
    ticket = ask().json()["url"].rpartition("=")[2]

    assert ticket not in str(SessionTransfer.objects.values().get())


def test_the_tickets_of_a_thousand_links_are_all_different(ask, shop):
    tickets = {
        SessionTransfer.objects.issue(
            key=shop.key, cart=CartFactory(store=shop.store), action="cart"
        )[1]
        for _ in range(50)
    }

    assert len(tickets) == 50
    assert all(len(ticket) == 43 and ticket.isalnum() for ticket in tickets)


@pytest.mark.parametrize(
    ("asked", "lifetime"),
    [
        ({}, 600),
        ({"lifetime": 60}, 60),
        ({"lifetime": 3600}, 3600),
        ({"lifetime": 10**9}, 3600),
        ({"client_session_id_expiration": int(NOW.timestamp()) + 90}, 90),
        ({"client_session_id_expiration": str(int(NOW.timestamp()) + 1800)}, 1800),
        ({"client_session_id_expiration": int(NOW.timestamp()) + 10**8}, 3600),
        ({"client_session_id_expiration": int(NOW.timestamp()) + 90, "lifetime": 30}, 30),
        ({"client_session_id_expiration": None, "lifetime": None}, 600),
    ],
)
def test_how_long_a_link_lives_is_decided_here(ask, asked, lifetime):
    assert ask(**asked).status_code == 200

    assert SessionTransfer.objects.get().expires_at == NOW + timedelta(seconds=lifetime)


def test_the_longest_life_is_a_setting(ask, settings):
    settings.TRANSFER_MAX_LIFETIME = 120
    ask(lifetime=3600)

    assert SessionTransfer.objects.get().expires_at == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "download"}, "action"),
        ({"action": "account"}, "action"),
        ({"action": "renew-sub"}, "sub"),
        ({"action": "cart", "sub": "17"}, "sub"),
        ({"sub": "%SUBSCRIPTION_ID%", "action": "renew-sub"}, "sub"),
        ({"sub": "1 OR 1=1", "action": "renew-sub"}, "sub"),
        ({"client_session_id": "not hex"}, "client_session_id"),
        ({"client_session_id": "0" * 63}, "client_session_id"),
        ({"client_session_id_expiration": 1}, "client_session_id_expiration"),
        ({"client_session_id_expiration": 10**30}, "client_session_id_expiration"),
        ({"lifetime": 0}, "lifetime"),
        ({"lifetime": "soon"}, "lifetime"),
        ({"ticket": "a" * 43}, "ticket"),
        ({"expires_at": "2099-01-01"}, "expires_at"),
    ],
)
def test_what_does_not_fit_is_refused(ask, shop, body, field):
    TransferTargetFactory(store=shop.store, action="renew-sub")

    response = ask(**body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not SessionTransfer.objects.exists()


def test_an_action_that_is_switched_off_gets_no_link(ask, shop):
    TransferTargetFactory(store=shop.store, action="cart", url="", enabled=False)

    assert ask().json()["errors"][0]["code"] == "off"


@pytest.mark.parametrize("cart_of", ["nobody", "another store", "the past"])
def test_unknown_foreign_and_expired_carts_are_refused_alike(ask, shop, cart_of):
    cart_id = {
        "nobody": lambda: "A" * 22,
        "another store": lambda: CartFactory().public_id,
        "the past": lambda: CartFactory(store=shop.store, expires_at=timezone.now()).public_id,
    }[cart_of]()

    response = ask(cart=cart_id)

    assert response.status_code == 403
    assert response.json()["code"] == "cart_not_permitted"
    the_record(outcome="denied", reason="cart_not_permitted")


@pytest.mark.parametrize("path", ["session-transfers", "session-transfers/check"])
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"permission": "read"}, "method_not_permitted"),
        ({"resources": ["carts"]}, "resource_not_permitted"),
    ],
)
def test_what_the_key_may_not_do_is_refused(shop_of, path, fields, code):
    assert shop_of(**fields).post(path, {}).json()["code"] == code


def check(shop, url, **body):
    return shop.post("session-transfers/check", {"url": url} | body).json()


def test_a_link_of_ones_own_is_checked_without_spending_it(shop_of):
    shop = shop_of(signing=True)
    cart = CartFactory(store=shop.store)
    url = signed_link(shop.key, cart, expires=int(NOW.timestamp()) + 60)

    answers = [check(shop, url) for _ in range(3)]

    assert answers[0] == {
        "valid": True,
        "reason": "",
        "cart": cart.public_id,
        "action": "cart",
        "expires_at": "2026-11-22T12:01:00Z",
    }
    assert answers[0] == answers[1] == answers[2]
    assert not SessionTransfer.objects.exists()


def test_a_link_with_a_ticket_is_checked_without_spending_it(ask, shop, client):
    url = ask().json()["url"]

    assert check(shop, url)["valid"]
    assert check(shop, url)["valid"]
    client.get(url)
    assert check(shop, url)["reason"] == "the link was used before"


def test_the_check_says_what_is_wrong(shop_of):
    shop = shop_of(signing=True)
    cart = CartFactory(store=shop.store)
    good = signed_link(shop.key, cart)
    reasons = {
        good.replace("action=cart", "action=checkout"): "the signature is not valid",
        good + "x": "signature has another form",
        good + "&next=/": "unknown parameters: next",
        good.replace("/transfer-session", "/elsewhere"): "leads to another address",
        good.replace("http://127.0.0.1:8000", "https://evil.example"): "leads to another address",
        signed_link(shop.key, cart, expires=1): "expired at",
        signed_link(shop.key, cart, expires=9_999_999_999): "TRANSFER_MAX_LIFETIME",
        signed_link(shop.key, cart, action="account"): "switched off, or has no target",
        signed_link(shop.key, cart, action="download"): "unknown action",
        signed_link(shop.key, cart, action="change-sub"): "subscription",
        signed_link(shop.key, CartFactory()): "no such cart",
        "http://127.0.0.1:8000/transfer-session?ticket=abc": "unknown ticket",
        "nonsense": "leads to another address",
        "http://[": "leads to another address",
    }
    for url, reason in reasons.items():
        answer = check(shop, url)
        assert not answer["valid"], url
        assert reason in answer["reason"], (url, answer)


def test_the_check_compares_the_customer_when_one_is_named(shop_of):
    shop = shop_of(signing=True)
    url = signed_link(shop.key, CartFactory(store=shop.store), client="a" * 64)

    assert check(shop, url)["valid"]
    assert check(shop, url, client_session_id="a" * 64)["valid"]
    assert "another customer" in check(shop, url, client_session_id="b" * 64)["reason"]


def test_the_check_says_nothing_about_other_stores(shop):
    foreign = APIKeyFactory(permission="write", signing=True)
    cart = CartFactory(store=foreign.api_user.store)
    expired = signed_link(foreign, cart, expires=1)
    forged = signed_link(foreign, cart, secret="cs_live_forged")
    unknown = signed_link(APIKeyFactory.build(), cart)

    answers = [check(shop, url) for url in (signed_link(foreign, cart), expired, forged, unknown)]

    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["cart"] is None


def test_a_key_that_may_not_sign_makes_no_links(shop):
    url = signed_link(shop.key, CartFactory(store=shop.store))

    assert "the signature is not valid" in check(shop, url)["reason"]


def test_a_retired_secret_makes_no_links(shop_of):
    shop = shop_of(signing=True)
    cart = CartFactory(store=shop.store)
    url, old = signed_link(shop.key, cart), shop.key.secret
    shop.key.secret = shop.key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
    assert check(shop, url)["valid"]

    shop.key.end_overlap(actor=ACTOR)

    assert (
        "the signature is not valid"
        in check(shop, signed_link(shop.key, cart, secret=old))["reason"]
    )
    assert check(shop, signed_link(shop.key, cart))["valid"]
