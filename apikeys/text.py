"""What text may be stored: no control characters, nothing invisible, nothing PostgreSQL refuses."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys import tokens

# Cc controls (NUL among them, which PostgreSQL cannot store), Cf invisible and direction marks,
# Cs lone surrogates (which UTF-8 cannot carry), Co private use, Cn unassigned, Zl and Zp line
# breaks that a terminal or a spreadsheet would obey.
UNWELCOME = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# What PostgreSQL or UTF-8 cannot keep at all.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """Whether every character of ``text`` is visible or a plain space."""
    return not any(unicodedata.category(character) in UNWELCOME for character in text)


def plain_text(text: str) -> None:
    """Validator of what people write about a record: visible characters, and no secret.

    A secret that is pasted into a description would be on every page and in the changes.
    """
    visible_text(text)
    if tokens.SECRET.search(text):
        raise ValidationError(
            _("This contains a consumer secret. Leave it out: no page may show a secret."),
            code="secret",
        )


def visible_text(text: str) -> None:
    """Validator: refuse control, invisible and direction-changing characters, and blanks alone."""
    if not is_plain(text) or text.isspace():
        raise ValidationError(
            _("Use visible characters only: no line breaks, control or invisible characters."),
            code="not_plain",
        )


def storable(text: str, limit: int) -> str:
    """``text`` made safe to store: unwelcome characters escaped, cut to ``limit`` with a mark."""
    safe = "".join(
        character
        if unicodedata.category(character) not in UNWELCOME
        else character.encode("unicode_escape").decode("ascii")
        for character in text[: limit + 1]
    )
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
