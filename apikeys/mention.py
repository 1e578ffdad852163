"""Which key a call names whose credential could not be used, for that key's operator to see."""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from apikeys import keyring, tokens
from apikeys.call import Call
from apikeys.credentials import HEADER_LIMIT
from apikeys.denial import NOBODY, Named

NAME: Final = re.compile(f"{tokens.CONSUMER_KEY.pattern}|{tokens.SECRET.pattern}")


def named_by(call: Call) -> Named:
    """The key that the call names first, if there is such a key.

    Nothing is decided by it. Anybody may name a key so, as with a wrong secret, and the attempts
    are merged and bounded like those; a mistyped secret names none.
    """
    for text in _texts(call):
        for found in NAME.finditer(text):
            name = found[0] if found["id"] is None else tokens.consumer_key_of(found[0])
            if name:
                return keyring.named(name)
    return NOBODY


def _texts(call: Call) -> Iterator[str]:
    authorization = (call.header("authorization") or "")[:HEADER_LIMIT]
    yield authorization
    scheme, _space, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        yield _decoded(value)
    yield (call.header("x-api-key") or "")[:HEADER_LIMIT]
    yield call.query


def _decoded(value: str) -> str:
    """As much of base64 as can be read; its end may be cut off."""
    try:
        return b64decode(value + "===").decode("utf-8", "replace")
    except ValueError:
        return ""
