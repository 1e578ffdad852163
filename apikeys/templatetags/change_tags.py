"""How a change record is shown: what it is about, and before and after beside each other."""

import re
from datetime import datetime
from functools import cache
from typing import Any, Final

from django import template
from django.apps import apps
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apikeys.models import ChangeRecord
from apikeys.templatetags.console_tags import absolute, hint

register = template.Library()

SHOWN: Final = 300
EMPTY: Final[tuple[object, ...]] = ("", None, [])
# They read the same before and after, and say what was changed: which allowed IP got a label, or
# that it was the password, which no record shows.
TELLING: Final = frozenset({"network", "password"})
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*[+-]\d\d:\d\d\Z")


@cache
def _words() -> dict[str, Any]:
    """What the configuration of every app says about the names in its change records."""
    found: dict[str, Any] = {}
    for config in apps.get_app_configs():
        found |= getattr(config, "change_words", {})
    return found


@register.filter
def in_words(name: str) -> str:
    """A deed, a setting or a kind of actor as the operator reads it."""
    return str(_words().get(name) or name.replace("_", " "))


@register.simple_tag
def change_object(change: ChangeRecord) -> SafeString:
    """The store, API user or key, with a link while it still exists."""
    kind = change.get_kind_display()
    if change.kind == ChangeRecord.Kind.API_KEY:
        url = reverse("key_detail", args=[change.consumer_key]) if change.api_key_id else ""
        name = format_html("{} {}", change.username, hint(change.consumer_key))
    elif change.kind == ChangeRecord.Kind.API_USER:
        url = reverse("user_detail", args=[change.username]) if change.api_user_id else ""
        name = format_html("{}", change.name)
    elif change.kind == ChangeRecord.Kind.STORE:
        url = reverse("store_detail", args=[change.store_public_id]) if change.store_id else ""
        name = format_html("{}", change.name)
    else:
        url, name = "", format_html("{}", change.name)
    linked = format_html('<a href="{}">{}</a>', url, name) if url else name
    return format_html('{} <span class="under">{}</span>', linked, kind)


@register.simple_tag
def change_diff(change: ChangeRecord) -> SafeString:
    """Each changed setting with its value before and after; of a new record what was set."""
    before, after = change.before, change.after
    names = [
        name
        for name in before
        if name in TELLING or name not in after or before[name] != after[name]
    ]
    for name, value in after.items():
        if name not in before and (before or value not in EMPTY):
            names.append(name)
    rows = [(in_words(name), _sides(before, after, name)) for name in names]
    if not rows:
        return SafeString()
    return format_html(
        '<dl class="diff">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)
    )


def _sides(before: dict[str, Any], after: dict[str, Any], name: str) -> SafeString:
    if name in before and name in after and before[name] == after[name]:
        return format_html("{}", _in_words(after[name]))
    return format_html("{} {}", _side("del", before, name), _side("ins", after, name))


def _side(tag: str, values: dict[str, Any], name: str) -> SafeString:
    if name not in values:
        return SafeString()
    return format_html("<{0}>{1}</{0}>", tag, _in_words(values[name]))


def _in_words(value: Any) -> str:
    if value is True or value is False:
        return _("yes") if value else _("no")
    if value in EMPTY:
        return _("none")
    if isinstance(value, str) and (moment := _moment(value)):
        return moment
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _moment(text: str) -> str:
    """The moment that a record keeps as text, as the console writes it; blank for other text.

    A description may look like a moment too, even like one before every calendar.
    """
    if not MOMENT.match(text):
        return ""
    try:
        return absolute(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return ""
