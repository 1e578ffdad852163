"""What a store offers to pay with, and who may see how it is set up."""

import pytest
from django.core.exceptions import ValidationError

from apikeys.models import ChangeRecord
from storefront.models import PaymentMethod
from tests.factories import ACTOR
from tests.storefront.factories import PaymentMethodFactory

PATHS = ["checkout/payment-methods", "/wp-json/cocart/preview/checkout/payment-methods"]


@pytest.fixture
def stocked(shop_of):
    """A shop with two payment methods, and a key with these resources."""

    def make(**fields):
        shop = shop_of(**fields)
        PaymentMethodFactory(
            store=shop.store,
            code="stripe",
            title="Card",
            mode="live",
            debug={"publishable_key": "pk_live_51H8", "gateway_mode": "live"},
        )
        PaymentMethodFactory(
            store=shop.store,
            code="paypal",
            title="PayPal",
            enabled=False,
            debug={"client_id": "AX_public", "environment": "sandbox"},
        )
        PaymentMethodFactory(code="foreign")
        return shop

    return make


@pytest.mark.parametrize("path", PATHS)
def test_every_key_of_the_checkout_sees_the_methods(stocked, path):
    response = stocked(permission="read").get(path)

    assert response.status_code == 200
    assert response.json() == {
        "payment_methods": {
            "stripe": {"id": "stripe", "title": "Card", "enabled": True},
            "paypal": {"id": "paypal", "title": "PayPal", "enabled": False},
        }
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_key_that_holds_payment_debug_sees_the_debug_information(stocked, path):
    shop = stocked(permission="read", resources=["checkout", "payment_debug"])

    assert shop.get(path).json()["debug_info"] == {
        "payment_context": {
            "stripe": {"mode": "live", "publishable_key": "pk_live_51H8", "gateway_mode": "live"},
            "paypal": {"mode": "test", "client_id": "AX_public", "environment": "sandbox"},
        },
        "note": "Debug information - DO NOT use in production",
    }


def test_a_store_without_methods_answers_the_same_shape(shop):
    assert shop.get(PATHS[0]).json() == {"payment_methods": {}}


def test_a_key_without_the_checkout_sees_nothing(stocked):
    response = stocked(resources=["payment_debug"]).get(PATHS[0])

    assert response.json()["code"] == "resource_not_permitted"


@pytest.mark.parametrize(
    "debug",
    [
        {"key": "sk_live_51H8abc"},
        {"key": "SK_TEST_51H8abc"},
        {"endpoint": "https://shop.example.com/?key=sk_live_51H8abc"},
        {"webhook": "whsec_abc"},
        {"note": "use rk_live_123 instead"},
        {"note": "\uff53\uff4b_live_123"},
        {"secret": "9f8a7b6c5d4e3f2a1b0c"},
        {"client_secret": "9f8a7b6c5d4e3f2a1b0c"},
        {"Password": "correcthorsebattery"},
        {"api_key": "AIzaSyA1234567890abcdef"},
        {"access_token": "EAACEdEose0cBA1234567890"},
        {"pem": "-----BEGIN PRIVATE KEY-----"},
        {"jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln"},
        {"theirs": "cs_live_" + "A" * 65},
        {"key": "9f8a7b6c5d4e3f2a1b0c"},
        {"merchantKey": "9f8a7b6c5d4e3f2a1b0c"},
        {"endpoint": "https://shop:9f8a7b6c5d4e@example.com/hook"},
        {"endpoint": "https://example.com/hook?mode=live&api_key=9f8a7b6c5d4e3f2a1b0c"},
        {"note": "Password: correcthorsebattery"},
        {"config": '{"client_secret": "9f8a7b6c5d4e"}'},
        {"intent": "pi_3MtwBw_secret_YrKJUKribcBj"},
        {"deploy": "github_pat_11ABCDEFG"},
        {"square": "sq0csp-abcdefghij"},
        {"braintree": "access_token$production$9f8a7b6c$5d4e"},
        {"mails": f"SG.{'a1-B_' * 4}xy.{'c3D4e' * 8}xyz"},
        {"maps": "AIza" + "Sy-1_" * 7},
        {"files": "AKIAIOSFODNN7EXAMPLE"},
        {"smtp_pass": "correcthorsebattery"},
        {"stripe_sk": "9f8a7b6c5d4e3f2a1b0c"},
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(db, debug):
    with pytest.raises(ValidationError) as refused:
        PaymentMethodFactory(debug=debug)

    assert refused.value.error_dict["debug"][0].code == "secret"
    assert next(iter(debug.values())) not in str(refused.value)
    assert not PaymentMethod.objects.exists()


def test_a_title_that_looks_like_a_secret_is_refused(db):
    with pytest.raises(ValidationError):
        PaymentMethodFactory(title="Card sk_live_51H8abc")


@pytest.mark.parametrize(
    "debug",
    [
        {},
        [],
        {"publishable_key": "pk_live_51H8abcdefghijklmnopqrstuvwxyz"},
        {"client_id": "AX1234567890abcdefghijklmnop"},
        {"webhook_endpoint": "https://shop.example.com/hooks/stripe"},
        {"risk_level": "task_force"},
        {"locale": "sk_SK"},
        {"host": "sg.payments-gateway-one.merchant-services.example.com"},
        {"region": "Slovakia, asia-southeast"},
        {"compass": "northnorthwest"},
        {"locales": "cs-CZ, sk-SK"},
        {"tokenization": "by_the_gateway_itself"},
        {"site_key": "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ"},
        {"client_key": "test_870be2XXXXXXXXXXXXXXX"},
        {"docs": "https://docs.example.com/password-reset-and-api-keys"},
        {"webhook_endpoint": "https://shop.example.com:8443/hooks?token_type=card"},
        {"secret": "not set"},
        {"supports_tokens": True, "retries": 3},
    ],
)
def test_public_values_are_kept(db, debug):
    assert PaymentMethodFactory(debug=debug).debug == (debug or {})


@pytest.mark.parametrize(
    "debug",
    [
        "text",
        {"nested": {"a": 1}},
        {"list": [1]},
        {"mode": "live"},
        {"name with spaces": "x"},
        {"long": "x" * 301},
        {"lines": "a\nb"},
        {f"field{n}": "x" for n in range(21)},
    ],
)
def test_debug_fields_of_another_kind_are_refused(db, debug):
    with pytest.raises(ValidationError):
        PaymentMethodFactory(debug=debug)


@pytest.mark.parametrize("code", ["", "With Capitals", "-dash", "a/b", "x" * 41])
def test_an_id_that_no_path_could_carry_is_refused(db, code):
    with pytest.raises(ValidationError):
        PaymentMethodFactory(code=code)


def test_an_id_is_given_once_a_store(db):
    method = PaymentMethodFactory(code="stripe")
    PaymentMethodFactory(code="stripe")

    with pytest.raises(ValidationError):
        PaymentMethodFactory(store=method.store, code="stripe")


def test_of_two_with_one_id_in_one_moment_the_second_is_told_so(db, monkeypatch):
    method = PaymentMethodFactory(code="stripe")
    monkeypatch.setattr(PaymentMethod, "full_clean", lambda method: None)  # neither saw the other

    with pytest.raises(ValidationError, match="this id already"):
        PaymentMethodFactory(store=method.store, code="stripe")


def test_every_deed_is_kept_as_a_change(db):
    method = PaymentMethodFactory(title="Card")
    assert method.change(actor=ACTOR, title="Cards", enabled=False)
    assert not method.change(actor=ACTOR, title="Cards")
    method.delete(actor=ACTOR)

    changes = ChangeRecord.objects.filter(kind="payment").order_by("pk")
    assert [change.action for change in changes] == ["created", "changed", "deleted"]
    assert changes[1].after == {"title": "Cards", "enabled": False}


def test_change_records_name_debug_fields_and_do_not_show_them(db):
    method = PaymentMethodFactory(debug={"client_id": "AX_public"})
    method.change(actor=ACTOR, debug={"client_id": "AX_other"})
    method.delete(actor=ACTOR)

    created, changed, deleted = ChangeRecord.objects.filter(kind="payment").order_by("pk")
    assert created.after["debug"] == ["client_id"]
    assert (changed.before, changed.after) == ({"debug": ["client_id"]}, {"debug": ["client_id"]})
    assert deleted.before["debug"] == ["client_id"]
    assert "AX_" not in str(list(ChangeRecord.objects.values()))


def test_a_secret_is_refused_in_a_change_too(db):
    method = PaymentMethodFactory(debug={"environment": "sandbox"})

    with pytest.raises(ValidationError):
        method.change(actor=ACTOR, debug={"key": "sk_live_51H8abc"})

    method.refresh_from_db()
    assert method.debug == {"environment": "sandbox"}
