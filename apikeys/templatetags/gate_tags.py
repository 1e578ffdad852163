"""The gate's rules and the permission levels in words."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apikeys import networks
from apikeys.denial import DenialReason
from apikeys.models import Permission as Level
from apikeys.templatetags.console_tags import pill

register = template.Library()


@register.simple_tag
def permission_choices() -> list[tuple[str, str, str]]:
    """The permission levels with their consequence in words."""
    consequences = {
        Level.READ: _("Read data (GET). Changes nothing."),
        Level.WRITE: _("Create, change and delete (POST, PUT, PATCH, DELETE), and see the result."),
        Level.READ_WRITE: _("Everything: read data and change it."),
    }
    return [(level.value, str(level.label), consequences[level]) for level in Level]


@register.simple_tag
def level_name(value: str) -> str:
    """A permission level in words."""
    return str(Level(value).label) if value in Level.values else value


@register.simple_tag
def reason_text(code: str) -> str:
    """A denial reason in words."""
    return DenialReason.in_words(code)


@register.simple_tag
def check_pill(result: str) -> SafeString:
    """What a rule of the gate said: Passed, Failed or Not asked."""
    words = {"pass": ("good", _("Passed")), "fail": ("bad", _("Failed"))}
    return pill(*words.get(result, ("off", _("Not asked"))))


@register.simple_tag
def check_name(check: str) -> str:
    """What a rule of the gate is about."""
    names = {
        "status": _("Key enabled"),
        "user": _("API user enabled"),
        "store": _("Store enabled"),
        "expiry": _("Not expired"),
        "address": _("Address"),
        "permission": _("Permission level"),
        "resource": _("Resource"),
        "store_match": _("Store in the path"),
        "rate_limit": _("Rate limit"),
    }
    return names.get(check, check)


@register.simple_tag
def address_remarks(ip: str | None) -> list[str]:
    """What an operator should know about an address before it is put on a list."""
    return networks.remarks([networks.parse_entry(ip)]) if ip else []
