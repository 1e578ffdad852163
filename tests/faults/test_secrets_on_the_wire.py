"""After a call of every carrier, let in and refused, no secret is left anywhere on the machine."""

import base64
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import redis as redis_client
import requests
from requests_oauthlib import OAuth1

from tests.calls import WHOAMI
from tests.faults.callers import issue

pytestmark = pytest.mark.e2e


def in_every_carrier(console, key):
    """One call for each form of the key's credential; gives the statuses."""
    user, secret = key["consumer_key"], key["consumer_secret"]
    url = console.url + WHOAMI

    def get(url=url, **options):
        return requests.get(url, timeout=30, **options).status_code

    def signed(place, method):
        return OAuth1(user, secret, signature_type=place, signature_method=method)

    return [
        get(auth=(user, secret)),
        get(auth=(key["username"], secret)),
        get(params={"consumer_key": user, "consumer_secret": secret}),
        get(headers={"X-API-Key": secret}),
        get(headers={"Authorization": f"Bearer {secret}"}),
        get(headers={"Authorization": f"token {secret}"}),
        get(auth=signed("AUTH_HEADER", "HMAC-SHA1")),
        get(auth=signed("QUERY", "HMAC-SHA256")),
    ]


def misplaced(console, key):
    """The secret where it is no credential, or stands beside one."""
    user, secret = key["consumer_key"], key["consumer_secret"]
    url = console.url + WHOAMI
    for options in (
        {"headers": {"User-Agent": f"curl {secret}", "Referer": f"{url}?secret={secret}"}},
        {"headers": {"X-Request-ID": secret, "Cookie": f"key={secret}"}},
        {"headers": {"Authorization": f"Digest {secret}"}},
        {"params": {"page": secret, "consumer_secret": secret}},
        {"params": {"a": ["x"] * 1001, "consumer_secret": secret}},
        {"auth": (user, secret), "headers": {"X-Forwarded-For": secret, "User-Agent": secret}},
    ):
        requests.get(url, timeout=30, **options)
    for path in (
        secret,
        f"stores/{secret}",
        f"stores/{secret}/invoices",
        quote(f"{user}:{secret}"),
    ):
        requests.get(f"{console.url}/api/v1/{path}", auth=(user, secret), timeout=30)
    requests.post(f"{console.url}/console/login/?next=/{secret}", data={"a": secret}, timeout=30)


def sinks(console, redis):
    """Everything that the server has written, by the name of the place."""
    url = console.env["DATABASE_URL"]
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        for file in path.parent.glob(f"{path.name}*"):
            yield file.name, file.read_bytes()
        with closing(sqlite3.connect(path)) as connection:
            yield "dump", "\n".join(connection.iterdump()).encode()
    else:
        with psycopg.connect(url) as connection:
            tables = connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            )
            for (table,) in tables.fetchall():
                rows = connection.execute(f"SELECT row.*::text FROM {table} AS row")  # noqa: S608
                yield table, repr(rows.fetchall()).encode()
    for file in Path(console.env["STATE_DIR"]).rglob("*"):
        if file.is_file():
            yield file.name, file.read_bytes()
    yield "output", console.output.read_bytes()
    with redis_client.Redis.from_url(redis.url) as client:
        for name in client.scan_iter():
            yield "a name in Redis", name
            yield "a value in Redis", client.dump(name) or b""


def spellings(key):
    """The secret as carriers write it, and the part that nobody else may know."""
    user, secret = key["consumer_key"], key["consumer_secret"]
    pairs = [f"{name}:{secret}".encode() for name in (user, key["username"])]
    return [
        secret.encode(),
        secret[:16].encode(),
        secret.removeprefix("cs_live_")[16:32].encode(),
        secret[-40:-8].encode(),
        *(secret.encode().hex().encode(), secret[::-1].encode()),
        *(base64.b64encode(pair) for pair in pairs),
        base64.b64encode(secret.encode())[:40],
    ]


def test_no_secret_is_left_anywhere(redis_console, redis):
    allowed = issue(redis_console, "leak-allowed", "--signing", "--rate-limit=9999/minute")
    denied = issue(redis_console, "leak-denied", "--signing", "--allow-ip=203.0.113.7")
    wrong = allowed | {"consumer_secret": denied["consumer_secret"]}

    assert set(in_every_carrier(redis_console, allowed)) == {200}
    assert set(in_every_carrier(redis_console, denied)) == {403}
    assert set(in_every_carrier(redis_console, wrong)) <= {401, 403}
    misplaced(redis_console, allowed)
    redis_console.manage("disable_api_key", allowed["consumer_key"])
    assert set(in_every_carrier(redis_console, allowed)) == {401}

    written = list(sinks(redis_console, redis))
    assert {"output", "a name in Redis"} <= {place for place, _text in written}
    assert any(allowed["consumer_key"].encode() in text for _place, text in written)
    leaks = [
        (place, spelling)
        for key in (allowed, denied)
        for spelling in spellings(key)
        for place, text in written
        if spelling in text
    ]
    assert not leaks
