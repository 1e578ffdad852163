"""Cart keys: the secret that opens one cart, and how it is made and kept.

A cart key has 62 base62 characters. One that was minted for a cart is random throughout. One that
is merely offered, in the answer to a ``GET`` that may not write anything, carries the time and a
keyed tag in place of a row: the first write that brings it back opens the cart.
"""

import hmac
import re
import time
from typing import Final

from django.conf import settings

from apikeys import tokens

RANDOM_LENGTH: Final = 22
TIME_LENGTH: Final = 8
TAG_LENGTH: Final = 32
LENGTH: Final = TIME_LENGTH + RANDOM_LENGTH + TAG_LENGTH
SHAPE: Final = re.compile(rf"[0-9A-Za-z]{{{LENGTH}}}")
OFFER_LIFETIME: Final = 2 * 24 * 60 * 60
"""Seconds in which an offered key opens a cart; shorter than a cart's life (see ``Cart``)."""


def mint() -> str:
    """A new cart key, 369 random bits."""
    return tokens.random_base62(LENGTH)


def offer(store_id: str) -> str:
    """A new cart key that is not stored anywhere, good for opening one cart of this store."""
    body = f"{int(time.time()):0{TIME_LENGTH}x}{tokens.random_base62(RANDOM_LENGTH)}"
    return body + _tag(store_id, body, tokens.newest_pepper_id())


def is_offer(key: str, *, store_id: str) -> bool:
    """Whether we offered this key for this store, and lately enough."""
    if not SHAPE.fullmatch(key):
        return False
    body, tag = key[:-TAG_LENGTH], key[-TAG_LENGTH:].encode()
    ours = False
    for pepper_id in settings.APIKEYS_PEPPERS:
        ours |= hmac.compare_digest(tag, _tag(store_id, body, pepper_id).encode())
    return ours and time.time() - int(body[:TIME_LENGTH], 16) < OFFER_LIFETIME


def digest(key: str) -> str:
    """What is stored in place of a cart key. A plain HMAC: there is nothing to guess in a key."""
    return tokens.digest(_digested(key), tokens.newest_pepper_id())


def digests(key: str) -> list[str]:
    """What may be stored for this key: one digest for every pepper that is still known."""
    if not SHAPE.fullmatch(key):
        return []
    return tokens.digests(_digested(key))


def matches(key: str, *, stored: str) -> bool:
    """Whether ``stored`` is a digest of ``key``. Constant time."""
    found = False
    for made in digests(key):
        found |= hmac.compare_digest(made.encode(), stored.encode())
    return found


def _digested(key: str) -> str:
    # The prefix keeps these digests apart from those of consumer secrets under the same pepper.
    return f"cart key {key}"


def _tag(store_id: str, body: str, pepper_id: int) -> str:
    return tokens.digest(f"cart key offered {store_id} {body}", pepper_id)[:TAG_LENGTH]
