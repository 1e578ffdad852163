"""Public debug fields of a payment method, and what looks too much like a secret to be one.

They answer "which account does the test shop use?" (a publishable key, an endpoint, an
environment). The answer of an API is no place for a secret, so none is even stored.
"""

import re
import unicodedata
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.text import is_plain

MOST_FIELDS: Final = 20
LONGEST_VALUE: Final = 300
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,49}")
RESERVED: Final = frozenset({"mode"})

# What payment providers begin their secrets with, where a word can begin; sk_SK is Slovak.
SECRET_PREFIX: Final = re.compile(
    r"(?<![a-z0-9])(?:[sr]k[_-](?!sk\b)|(?:whsec|shpss|shpat|cs_live|cs_test|ghp|glpat|sq0csp|xox[bp])[_-]"
    r"|access_token\$)|github_pat_|-----begin|(?<![a-z0-9])eyj[a-z0-9_-]{8,}\.",
)
# Keys of SendGrid, Google and Amazon: a beginning that a word may have, and an exact length.
SECRET_SHAPE: Final = re.compile(
    r"(?<![a-z0-9])(?:sg\.[a-z0-9_-]{22}\.[a-z0-9_-]{43}|aiza[a-z0-9_-]{35}|akia[a-z2-7]{16})"
    r"(?![a-z0-9_-])"
)
SECRET_NAME: Final = re.compile(
    r"secret|passw|passphrase|pwd|(?<![a-z])(?:pass|sk)(?![a-z])|private|credential|token(?!i[sz])|signature|signing|hmac|cvv|pin$"
    r"|^key$|(?:api|access|auth|encryption|consumer|service|account)[_.-]?key"
    r"|(?:merchant|master|server|shared|restricted)[_.-]?key"
)
# A secret with its name inside another value: in a query, before an @, in a payment intent.
SECRET_INSIDE: Final = re.compile(
    r"(?:secret|passw(?:or)?d|api[_-]?key|access[_-]?token)[\"']?\s*[=:]\s*[\"']?[^\s&\"']{8,}"
    r"|://[^/\s:@]+:[^/\s@]+@|_secret_[a-z0-9]{6,}"
)
LONG_AND_RANDOM: Final = re.compile(r"\S{12,}")


def validate(fields: Any) -> None:
    """Validator: a flat object of short public texts. Raises ``ValidationError`` otherwise."""
    if not isinstance(fields, dict):
        raise ValidationError(_("Debug fields are names with values."), code="invalid")
    if len(fields) > MOST_FIELDS:
        raise ValidationError(
            _("There are at most %(most)d debug fields."),
            code="too_many",
            params={"most": MOST_FIELDS},
        )
    for name, value in fields.items():
        _validate_one(name, value)


def _validate_one(name: str, value: Any) -> None:
    if not NAME.fullmatch(name) or name.casefold() in RESERVED:
        raise ValidationError(
            _("“%(name)s” cannot name a debug field."), code="name", params={"name": name[:50]}
        )
    if not isinstance(value, str | bool | int):
        raise ValidationError(
            _("The value of %(name)s must be a short text."), code="value", params={"name": name}
        )
    text = str(value)
    if len(text) > LONGEST_VALUE or not is_plain(text):
        raise ValidationError(
            _("The value of %(name)s must be one line of at most %(most)d visible characters."),
            code="value",
            params={"name": name, "most": LONGEST_VALUE},
        )
    refuse_secret(name, text)


def refuse_secret(name: str, value: str) -> None:
    """Raise ``ValidationError`` when a value looks like a secret; its message never repeats it."""
    if looks_like_a_secret(name, value):
        raise ValidationError(
            _(
                "The value of %(name)s looks like a secret. Callers can read it: put in "
                "public values only, such as a publishable key."
            ),
            code="secret",
            params={"name": name},
        )


def looks_like_a_secret(name: str, value: str) -> bool:
    """Whether a value is one that providers mark as secret, or a long one with a telling name."""
    name, value = _folded(name), _folded(value)
    if SECRET_PREFIX.search(value) or SECRET_PREFIX.search(name):
        return True
    if SECRET_SHAPE.search(value) or SECRET_INSIDE.search(value) or tokens.SECRET.search(value):
        return True
    return bool(SECRET_NAME.search(name) and LONG_AND_RANDOM.search(value))


def _folded(text: str) -> str:
    """One spelling for full-width letters, upper case and the like."""
    return unicodedata.normalize("NFKC", text).casefold()
