"""Consumer keys and secrets: how they are written, checked, and kept.

    consumer key     ck_live_<id>                    id: 16 characters, public, unique
    consumer secret  cs_live_<id><secret><crc>       secret: 43 (256 bits), crc: 6

All characters are base62, so a double click selects the whole, and a secret carries the id of its
key and a checksum, so that a mistyped one is refused without any look-up.
"""

import hmac
import re
import secrets
import zlib
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final, NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

ALPHABET: Final = digits + ascii_uppercase + ascii_lowercase
MODES: Final = ("live", "test")
ID_LENGTH: Final = 16
SECRET_LENGTH: Final = 43
CHECKSUM_LENGTH: Final = 6
HINT_LENGTH: Final = 7
PEPPER_DIGITS: Final = 64  # hexadecimal, of 32 random bytes

CONSUMER_KEY: Final = re.compile(rf"ck_(?:live|test)_[0-9A-Za-z]{{{ID_LENGTH}}}")
SECRET: Final = re.compile(
    rf"cs_(?P<mode>live|test)_(?P<id>[0-9A-Za-z]{{{ID_LENGTH}}})"
    rf"[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}"
)

# One character of a credential, or its percent-encoding, or the encoding of that encoding. Atomic,
# because "%2525" can be read in two ways and a regular expression would otherwise try them all.
LETTER: Final = r"(?>[0-9A-Za-z+=_-]|%(?:25)*(?:3[0-9D]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|2[BbDd]))"


def _spelt(word: str) -> str:
    """A pattern for ``word`` in either case, each character plain or percent-encoded."""
    return "".join(
        f"(?>[{low}{high}]|%(?:25)*(?i:{ord(low):x}|{ord(high):x}))"
        for low, high in zip(word.lower(), word.upper(), strict=True)
    )


CREDENTIAL_LIKE: Final = re.compile(
    rf"{_spelt('cs_')}(?:{_spelt('live')}|{_spelt('test')}){LETTER}*+"
    rf"|(?<![0-9A-Za-z+=_-]){LETTER}{{40,}}+"
)
CUT: Final = "[cut]"


class UnknownPepper(LookupError):
    """A digest names a pepper that ``APIKEYS_PEPPERS`` does not have."""


class SealBroken(Exception):
    """A sealed secret cannot be opened, or belongs to another key."""


class Minted(NamedTuple):
    """A new consumer key and its secret; printing it does not print the secret."""

    consumer_key: str
    secret: str

    def __repr__(self) -> str:
        return f"Minted(consumer_key={self.consumer_key!r}, secret=…)"


def random_base62(length: int) -> str:
    """Random characters nobody can guess: 5.95 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _base62(number: int, length: int) -> str:
    """``number`` in base62, big-endian, left-padded with 0."""
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = ALPHABET[digit] + text
    return text.rjust(length, "0")


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode("ascii")), CHECKSUM_LENGTH)


def mint(mode: str = "live") -> Minted:
    """Make a consumer key that no one has, with its first secret."""
    if mode not in MODES:
        raise ValueError(f"A key is live or test, not {mode!r}.")
    consumer_key = f"ck_{mode}_{random_base62(ID_LENGTH)}"
    return Minted(consumer_key, new_secret(consumer_key))


def new_secret(consumer_key: str) -> str:
    """Make another secret for a key that exists: the same id, 256 new bits."""
    if not is_consumer_key(consumer_key):
        raise ValueError("A secret is made for a consumer key only.")
    bits = int.from_bytes(secrets.token_bytes(32), "big")
    body = "cs" + consumer_key[2:] + _base62(bits, SECRET_LENGTH)
    return body + _checksum(body)


def is_consumer_key(text: str) -> bool:
    """Whether ``text`` is exactly a consumer key by shape; it need not exist."""
    return CONSUMER_KEY.fullmatch(text) is not None


def consumer_key_of(secret: str) -> str | None:
    """The consumer key that a secret names, or None when its shape or checksum is wrong."""
    shape = SECRET.fullmatch(secret)
    if shape is None or _checksum(secret[:-CHECKSUM_LENGTH]) != secret[-CHECKSUM_LENGTH:]:
        return None
    return f"ck_{shape['mode']}_{shape['id']}"


def hint(consumer_key: str) -> str:
    """A short form of a consumer key for lists: its kind and its last characters."""
    kind = consumer_key[:8] if is_consumer_key(consumer_key) else ""
    return f"{kind}…{consumer_key[-HINT_LENGTH:]}"


def newest_pepper_id() -> int:
    """The pepper under which new digests are made."""
    for pepper_id in settings.APIKEYS_PEPPERS:
        return int(pepper_id)
    raise UnknownPepper("APIKEYS_PEPPERS is empty.")


def digest(secret: str, pepper_id: int) -> str:
    """The verifier that is stored in place of a secret.

    A plain HMAC and no slow password hash: a secret has 256 random bits, so there is nothing to
    guess, and without the pepper, which is not in the database, not even a guess can be checked.
    """
    try:
        pepper = settings.APIKEYS_PEPPERS[pepper_id]
    except KeyError:
        raise UnknownPepper(f"APIKEYS_PEPPERS has no pepper {pepper_id}.") from None
    text = secret.encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(pepper), text, "sha256").hex()


def digests(text: str) -> list[str]:
    """What may be stored in place of a text: its digest under every pepper, newest first."""
    return [digest(text, pepper_id) for pepper_id in settings.APIKEYS_PEPPERS]


def matches(secret: str, stored: str, pepper_id: int) -> bool:
    """Whether ``stored`` is the digest of ``secret``; never for a blank or unreadable one."""
    try:
        made = digest(secret, pepper_id)
    except UnknownPepper:
        return False
    return hmac.compare_digest(made.encode("ascii"), stored.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise SealBroken("APIKEYS_SEALING_KEYS has no usable key.") from None


def seal(consumer_key: str, secret: str) -> str:
    """Encrypt the secret of a key that may sign; a signature cannot be checked without it."""
    fernet = _fernet(tuple(settings.APIKEYS_SEALING_KEYS))
    return fernet.encrypt(f"{consumer_key}:{secret}".encode()).decode("ascii")


def unseal(consumer_key: str, sealed: str) -> str:
    """Give back a sealed secret, if it was sealed for this very key.

    The consumer key is part of what was encrypted, so that a sealed text copied to another row
    of the database opens nothing there.
    """
    fernet = _fernet(tuple(settings.APIKEYS_SEALING_KEYS))
    try:
        owner, _, secret = fernet.decrypt(sealed.encode()).decode().partition(":")
    except (InvalidToken, UnicodeError):
        raise SealBroken("No sealing key opens the secret of this key.") from None
    if not hmac.compare_digest(owner.encode(), consumer_key.encode("utf-8", "surrogatepass")):
        raise SealBroken("The sealed secret belongs to another key.")
    return secret


def redact(text: str) -> str:
    """``text`` without anything that looks like a credential, for what is stored or written out.

    Whatever begins like one of our secrets goes, however short and however encoded, and so does
    every run of 40 characters and more that could be a credential in base64 or hexadecimal.
    Consumer keys (24 characters) and store ids (22) stay readable.
    """
    return CREDENTIAL_LIKE.sub(CUT, text)
