"""Webhooks: registered, read, changed, rotated, deleted."""

import socket

import pytest

from apikeys import tokens
from apikeys.models import ChangeRecord
from storefront.models import Webhook
from tests.storefront.factories import RECEIVER, WebhookFactory

GREENFIELD_NAMES = [
    "InvoiceCreated",
    "InvoiceProcessing",
    "InvoiceSettled",
    "InvoiceExpired",
    "InvoiceInvalid",
]


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("Registration must not ask or open anything.")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_secret_is_made_when_there_is_none_and_shown_once(shop):
    created = shop.post("webhooks", {"url": RECEIVER})

    assert created.status_code == 200
    webhook = created.json()
    assert webhook["secret"].startswith("whsec_")
    assert len(webhook["secret"]) >= 38
    assert webhook["events"] == ["New", "Expired", "Processing", "Settled"]
    assert webhook["enabled"] is True
    assert shop.get(f"webhooks/{webhook['id']}").json() == webhook | {"secret": None}
    assert shop.get("webhooks").json() == [webhook | {"secret": None}]
    stored = Webhook.objects.get()
    assert webhook["secret"] not in repr(vars(stored))
    assert stored.signing_secrets() == [webhook["secret"]]


def test_a_repeated_registration_shows_no_secret_again(shop):
    once = {"Idempotency-Key": "a"}

    first = shop.post("webhooks", {"url": RECEIVER}, headers=once).json()
    again = shop.post("webhooks", {"url": RECEIVER}, headers=once).json()

    assert again == first | {"secret": None}
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "events", "specific", "everything"),
    [
        ({"events": ["Settled"]}, ["Settled"], ["InvoiceSettled"], False),
        ({"events": ["InvoiceSettled", "Settled"]}, ["Settled"], ["InvoiceSettled"], False),
        (
            {"authorizedEvents": {"everything": True, "specificEvents": []}},
            ["New", "Processing", "Settled", "Expired", "Invalid"],
            GREENFIELD_NAMES,
            True,
        ),
        (
            {"authorizedEvents": {"everything": False, "specificEvents": ["InvoiceExpired"]}},
            ["Expired"],
            ["InvoiceExpired"],
            False,
        ),
        (
            {"authorizedEvents": {"specificEvents": ["New", "Settled"]}},
            ["New", "Settled"],
            ["InvoiceCreated", "InvoiceSettled"],
            False,
        ),
        (
            {
                "authorizedEvents": {
                    "everything": False,
                    "specificEvents": ["InvoiceReceivedPayment", "InvoiceSettled"],
                }
            },
            ["Settled"],
            ["InvoiceReceivedPayment", "InvoiceSettled"],
            False,
        ),
        (
            {"events": None, "authorizedEvents": None, "secret": None, "enabled": None},
            ["New", "Expired", "Processing", "Settled"],
            ["InvoiceCreated", "InvoiceExpired", "InvoiceProcessing", "InvoiceSettled"],
            False,
        ),
    ],
)
def test_events_are_understood_in_either_dialect(shop, body, events, specific, everything):
    webhook = shop.post("webhooks", {"url": RECEIVER} | body).json()

    assert webhook["events"] == events
    assert webhook["authorizedEvents"] == {"everything": everything, "specificEvents": specific}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"events": []}, "events"),
        ({"events": ["Paid"]}, "events"),
        ({"events": "New"}, "events"),
        ({"authorizedEvents": {"specificEvents": ["x"]}}, "events"),
        ({"secret": " "}, "secret"),
        ({"secret": "a"}, "secret"),
        ({"secret": "a" * 40}, "secret"),
        ({"secret": "too short, 15 c"}, "secret"),
        ({"secret": "ümläut-ümläut-ümläut"}, "secret"),
        ({"secret": "x" * 129}, "secret"),
        ({"id": "mine"}, "id"),
        ({"storeId": "other"}, "storeId"),
        ({"disabledReason": "x"}, "disabledReason"),
        ({"url": None}, "url"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(shop, wrong, field):
    refused = shop.post("webhooks", {"url": RECEIVER} | wrong)

    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.7",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "[::1]",
        "[fc00::1]",
        "[fe80::1]",
        "[::]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[fe80::1%25eth0]",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0x7f000001",
        "①②⑦.⓪.⓪.①",
        "example.com.",
        "%31%32%37.0.0.1",
        "user@example.com",
        "user:secret@example.com",
        "127。0。0。1",
        "example\uff0ecom",
        "printer.local",
        "metadata",
        "db.internal",
        "a..b",
        "-a.example.com",
        "a-.example.com",
        "1.2.3",
        "1.2.3.4.5",
        "example.0x10",
        "exa_mple.com:",
        "example.com:0",
        "example.com:99999",
        "example.com:8o",
        "example.com\\@127.0.0.1",
    ],
)
def test_only_plain_public_addresses_are_taken(shop, no_network, host):
    refused = shop.post("webhooks", {"url": f"https://{host}/hook"})

    assert refused.status_code == 400, refused.json()
    assert refused.json()["errors"][0]["field"] == "url"
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.com/",
        "ftp://example.com/",
        "javascript:alert(1)",
        "http://example.com/hook",
        "https://example.com:22/hook",
        "https://example.com:6379/hook",
        "https://example.com:8443/hook",
        "https://example.com/hook#part",
        "https://example.com/a\r\nX-Injected: 1",
        "https://example.com/a b",
        "https://example.com/\tb",
        " https://example.com/",
        "https:example.com",
        "https:///hook",
        "//example.com/hook",
        "example.com",
        "https://",
        "https://example.com/" + "a" * 2000,
        "https://[::1",
    ],
)
def test_no_other_scheme_port_or_spelling_is_taken(shop, no_network, url):
    refused = shop.post("webhooks", {"url": url})

    assert refused.status_code == 400
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://EXAMPLE.com/hook?a=b&c=%20",
        "https://example.com:443/",
        "https://example.com:80/",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]/hook",
        "https://xn--bcher-kva.example/hook",
    ],
)
def test_an_address_on_the_internet_is_taken_without_asking_for_it(shop, no_network, url):
    assert shop.post("webhooks", {"url": url}).json()["url"] == url


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://10.1.2.3:8080/hook", 200),
        ("http://receiver:8080/hook", 200),
        ("http://localhost:8080/hook", 200),
        ("http://10.2.0.1:8080/hook", 400),
        ("https://127.0.0.1/hook", 400),
        ("ftp://10.1.2.3/hook", 400),
    ],
)
def test_the_operator_may_let_receivers_be_inside(shop, settings, no_network, url, status):
    settings.WEBHOOK_ALLOWED_NETWORKS = ("10.1.0.0/16",)

    assert shop.post("webhooks", {"url": url}).status_code == status


def test_a_change_keeps_what_is_null_or_absent(shop):
    made = shop.post("webhooks", {"url": RECEIVER, "events": ["Settled"]}).json()
    path = f"webhooks/{made['id']}"

    changed = shop.put(
        path, {"id": made["id"], "url": "https://b.example/", "secret": None, "events": None}
    )

    assert changed.json() == made | {"url": "https://b.example/", "secret": None}
    assert Webhook.objects.get().signing_secrets() == [made["secret"]]


def test_what_is_said_again_is_no_change(shop):
    made = shop.post("webhooks", {"url": RECEIVER}).json()
    before, kept = Webhook.objects.get(), ChangeRecord.objects.count()

    same = {"url": RECEIVER, "events": made["events"], "secret": made["secret"], "enabled": True}
    assert shop.put(f"webhooks/{made['id']}", same).json() == made | {"secret": None}

    after = Webhook.objects.get()
    assert (after.date_modified, after.sealed) == (before.date_modified, before.sealed)
    assert ChangeRecord.objects.count() == kept


def test_the_change_of_the_dialect_is_kept(shop):
    made = shop.post("webhooks", {"url": RECEIVER, "events": ["Settled"]}).json()

    shop.put(f"webhooks/{made['id']}", {"events": ["InvoiceSettled"]})

    record = ChangeRecord.objects.filter(action="changed").get()
    assert (record.before, record.after) == ({"dialect": "coinsnap"}, {"dialect": "greenfield"})


def test_a_new_secret_signs_beside_the_old_one_for_a_day(shop, time_machine):
    time_machine.move_to("2026-11-22 12:00Z", tick=False)
    made = shop.post("webhooks", {"url": RECEIVER}).json()
    own = "a-secret-of-my-own-choice"

    assert shop.put(f"webhooks/{made['id']}", {"secret": own}).json()["secret"] is None

    webhook = Webhook.objects.get()
    assert webhook.signing_secrets() == [own, made["secret"]]
    time_machine.move_to("2026-11-23 12:00Z", tick=False)
    assert webhook.signing_secrets() == [own]


def test_a_rotation_makes_a_secret_and_ends_the_old_one_when_asked(shop):
    made = shop.post("webhooks", {"url": RECEIVER}).json()

    rotated = shop.post(f"webhooks/{made['id']}/rotate-secret", {"overlap": 0}).json()

    assert rotated["secret"] != made["secret"]
    assert Webhook.objects.get().signing_secrets() == [rotated["secret"]]


def test_a_sealed_secret_opens_in_its_own_row_only(shop):

    one, other = (WebhookFactory(store=shop.store) for _ in range(2))
    other.sealed = one.sealed

    with pytest.raises(tokens.SealBroken):
        other.signing_secrets()


def test_a_webhook_is_disabled_and_enabled(shop):
    webhook = WebhookFactory(store=shop.store)
    path = f"webhooks/{webhook.public_id}"

    assert shop.put(path, {"enabled": False}).json()["enabled"] is False
    assert shop.patch(path, {"enabled": True}).json()["enabled"] is True


def test_no_change_record_keeps_a_secret_that_stands_in_an_address(shop):
    secret = "T0/B0/" + "aB3" * 20
    made = shop.post("webhooks", {"url": f"https://example.com/{secret}"}).json()
    shop.patch(f"webhooks/{made['id']}", {"url": f"https://example.com/{secret}x"})

    records = ChangeRecord.objects.filter(kind="webhook")
    assert [record.action for record in records] == ["changed", "registered"]
    assert "aB3aB3" not in repr(list(records.values()))


def test_a_deleted_webhook_is_gone_with_its_secret_and_the_deed_is_kept(shop):
    webhook = WebhookFactory(store=shop.store)
    path = f"webhooks/{webhook.public_id}"

    assert shop.delete(path).json()["id"] == webhook.public_id
    assert shop.get(path).status_code == 404
    assert shop.delete(path).status_code == 404
    assert shop.get("webhooks").json() == []
    webhook.refresh_from_db()
    assert (webhook.sealed, webhook.former_sealed) == ("", "")
    deleted = ChangeRecord.objects.get(kind="webhook", action="deleted")
    assert deleted.before["status"] == "enabled"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_the_webhook_of_another_store_is_as_missing_as_one_that_never_was(shop, method):
    foreign = WebhookFactory()

    answers = [
        shop.call(method, f"webhooks/{public_id}", {"url": "https://evil.example/"})
        for public_id in (foreign.public_id, "0" * 22)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    told = [answer.json() | {"request_id": ""} for answer in answers]
    assert told[0] == told[1]
    foreign.refresh_from_db()
    assert (foreign.url, foreign.deleted_at) == (RECEIVER, None)
