"""Nobody keeps the server busy with a text that is hard to read: time grows with its length only.

The processor's time of this process is measured, so that a busy machine makes no difference; what
reads one of these texts in quadratic time takes ten seconds and more.
"""

import time
from contextlib import suppress

import pytest

from apikeys import client_ip, credentials, networks, ratelimit, tokens
from apikeys.call import Call, parameters
from apikeys.forms.addresses import parse_lines
from apikeys.management import arguments
from apikeys.mention import named_by
from config.redaction import redact
from history.position import Position
from storefront import debug_fields, transfer_link, web_address

LENGTH = 60_000
PIECES = (
    *("/", "/?", "/a", "a=", "a", "A1", "0", ".", ":", "-", "_", ",", "=", "%", "%25", "#", "*"),
    *(" ", "\t", "\n", '"', "'", "<", "[", "(", "Basic ", "Bearer", "token\t", "cs_live_", "ck_"),
    *('a="b",', "203.0.113.", "2001:", "sk_live", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
)


def call_with(text):
    return Call(
        method="POST",
        scheme="https",
        host=text,
        path=f"/{text}",
        query=text,
        headers=(("authorization", f"OAuth {text}"), ("x-forwarded-for", text)),
        peer="127.0.0.1",
        content_type=text,
        read_body=text.encode,
    )


READERS = {
    "the log": redact,
    "what history keeps": tokens.redact,
    "a secret": tokens.consumer_key_of,
    "an allowed IP": networks.parse_entry,
    "allowed IPs": parse_lines,
    "an address": networks.canonical_ip,
    "forwarded addresses": lambda text: client_ip.client_address(call_with(text)),
    "a query": parameters,
    "an OAuth header": lambda text: credentials.read(call_with(text)),
    "the name of a key": lambda text: named_by(call_with(text)),
    "a rate": ratelimit.parse,
    "a span": arguments.span,
    "a moment": arguments.moment,
    "a place in the history": Position.parse,
    "a link": transfer_link.Link.read,
    "a receiver": web_address.validate_receiver,
    "a web address": web_address.validate_link,
    "a debug field": lambda text: debug_fields.looks_like_a_secret("name", text),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_text_takes_longer_to_read_than_its_length(reader, settings):
    settings.TRUSTED_PROXIES = ("127.0.0.0/8",)
    slow = []
    for piece in PIECES:
        for text in (piece * (LENGTH // len(piece)), piece * (LENGTH // len(piece)) + "!"):
            began = time.process_time()
            with suppress(Exception):  # to be refused is as good
                READERS[reader](text)
            if time.process_time() - began > 2:
                slow.append(text[:9])

    assert slow == []
