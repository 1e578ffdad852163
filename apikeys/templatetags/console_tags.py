"""The parts that many pages of the console show in the same way."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django import template
from django.contrib.auth.models import Group, Permission
from django.core.paginator import Page
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timesince, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apikeys import tokens
from apikeys.models import APIKey
from apikeys.models.key_lists import SOON
from apikeys.paging import CappedPaginator

register = template.Library()

# Every pill has a word, a colour and a shape of its own: no meaning by colour alone.
SHAPES: Final[dict[str, SafeString]] = {
    kind: mark_safe(  # noqa: S308 - constants
        '<svg class="shape" viewBox="0 0 12 12" aria-hidden="true" focusable="false">'
        f"{drawing}</svg>"
    )
    for kind, drawing in {
        "good": '<circle cx="6" cy="6" r="4.5"/>',
        "off": '<circle cx="6" cy="6" r="4" fill="none" stroke-width="2"/>',
        "warn": '<path d="M6 1 11.5 11H.5z"/>',
        "bad": '<path d="m2 2 8 8m0-8-8 8" fill="none" stroke-width="2.5"/>',
        "info": '<path d="M2 2h8v8H2z"/>',
    }.items()
}


@register.simple_tag
def pill(kind: str, text: str) -> SafeString:
    """A word with a shape: kind is good, off, warn, bad or info."""
    kind = kind if kind in SHAPES else "info"
    return format_html('<span class="pill {}">{}{}</span>', kind, SHAPES[kind], text)


@register.simple_tag
def key_pill(key: APIKey) -> SafeString:
    """The state of a key: Enabled, Disabled, Expired, or Expires in 5 days."""
    state = key.state
    if state == "disabled":
        return pill("off", _("Disabled"))
    if state == "expired":
        return pill("bad", _("Expired"))
    if key.expires_at is not None and key.expires_at - timezone.now() < SOON:
        return pill("warn", _("Expires in %(time)s") % {"time": _until(key.expires_at)})
    return pill("good", _("Enabled"))


@register.simple_tag
def obstacle_pill(key: APIKey) -> SafeString:
    """What keeps the key out whatever its own state, as no call of it passes."""
    obstacle = key.api_user.obstacle
    return pill("bad", str(obstacle.label)) if obstacle else mark_safe("")


@register.simple_tag
def status_pill(record: Any) -> SafeString:
    """Enabled or disabled, of a store or an API user."""
    if record.is_enabled:
        return pill("good", _("Enabled"))
    return pill("off", _("Disabled"))


@register.simple_tag
def mode_pill(key: APIKey) -> SafeString:
    """A mark on test keys; live ones carry none."""
    return pill("info", _("Test")) if key.mode == "test" else mark_safe("")


@register.filter
def hint(value: APIKey | str) -> SafeString:
    """A short form of a consumer key in monospace, the whole one in the title."""
    consumer_key = value.consumer_key if isinstance(value, APIKey) else str(value)
    short = tokens.hint(consumer_key)
    return format_html('<code class="hint" title="{}">{}</code>', consumer_key, short)


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """``3 hours ago``, with the whole moment and its zone in the title; ``Never`` for none."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', _("Never"))
    passed = timezone.now() - moment
    if timedelta(minutes=-1) < passed < timedelta(0):
        text = _("in a moment")
    elif passed < timedelta(0):
        text = _("in %(time)s") % {"time": _until(moment)}
    elif passed < timedelta(minutes=1):
        text = _("just now")
    else:
        text = _("%(time)s ago") % {"time": timesince.timesince(moment, depth=1)}
    return _time(moment, text)


@register.filter
def left(value: datetime) -> SafeString:
    """``23 hours, 12 minutes``: how long it is until a moment that comes; script lets it tick."""
    return _time(value, timesince.timeuntil(value, depth=2), mark_safe(" data-countdown"))


@register.filter
def moment(value: datetime | None) -> SafeString:
    """Date, time and zone, in the operator's zone."""
    return mark_safe("") if value is None else _time(value, absolute(value))


@register.filter
def day(value: datetime | None) -> SafeString:
    """The date alone, with time and zone in the title."""
    if value is None:
        return mark_safe("")
    # Writing a date takes long, so that a long list should do it once for each.
    whole = absolute(value)
    return _time(value, whole.partition(",")[0], whole=whole)


def _time(
    value: datetime, text: str, attributes: str = "", *, whole: str | None = None
) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        value.astimezone(UTC).isoformat(timespec="seconds"),
        whole or absolute(value),
        attributes,
        text,
    )


def absolute(value: datetime) -> str:
    """Date, time and zone as the console writes them, in the operator's zone."""
    local = timezone.localtime(value)
    return f"{formats.date_format(local, 'j M Y')}, {local:%H:%M:%S} {local.tzname()}"


def _until(value: datetime) -> str:
    return timesince.timeuntil(value, depth=1)


@register.simple_tag(takes_context=True)
def nav_link(context: RequestContext, name: str, text: str, *further: str) -> SafeString:
    """A link of the main navigation, which marks the page that is open.

    Pages below it are marked as it is, and so are the further ones, whose addresses are elsewhere.
    An app that is not installed has no page, and then the link is left out.
    """
    try:
        url, *places = (reverse(page) for page in (name, *further))
    except NoReverseMatch:
        return mark_safe("")
    if name != "dashboard":  # all pages are below that one
        places.append(url)
    here = context["request"].path
    inside = here == url or here.startswith(tuple(places))
    current = mark_safe(' aria-current="page"') if inside else ""
    return format_html('<li><a href="{}"{}>{}</a></li>', url, current, text)


@register.simple_tag(takes_context=True)
def sort_header(context: RequestContext, field: str, text: str) -> SafeString:
    """A column header whose link sorts by it, and the other way round when it already does."""
    request = context["request"]
    chosen = str(context.get("order") or "")
    query = request.GET.copy()
    query.pop("page", None)
    query["order"] = f"-{field}" if chosen == field else field
    sorted_by = {field: "ascending", f"-{field}": "descending"}.get(chosen)
    aria = format_html(' aria-sort="{}"', sorted_by) if sorted_by else ""
    arrow = {"ascending": "↑", "descending": "↓"}.get(sorted_by or "", "")
    return format_html(
        '<th scope="col"{}><a href="?{}">{}<span aria-hidden="true"> {}</span></a></th>',
        aria,
        query.urlencode(),
        text,
        arrow,
    )


@register.simple_tag
def paging_line(page: Page[Any]) -> str:
    """``Showing 1 to 50 of 1,234``; beyond what is counted, ``10,000+``."""
    paginator = page.paginator
    total = paginator.total if isinstance(paginator, CappedPaginator) else paginator.count
    return _("Showing %(first)s to %(last)s of %(total)s") % {
        "first": f"{page.start_index():,}",
        "last": f"{page.end_index():,}",
        "total": total,
    }


@register.inclusion_tag("apikeys/pagination.html", takes_context=True)
def pagination(context: RequestContext, page: Page[Any]) -> dict[str, Any]:
    """The paging line with its links; filters and order stay in the URL."""
    return {"request": context["request"], "page": page}


@register.filter
def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return str(capfirst(text))


@register.simple_tag
def permission_name(permission: str) -> str:
    """What a permission allows, in words; blank for anything that names none."""
    app, _dot, codename = str(permission).partition(".")
    found = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    return found.name if found else ""


@register.simple_tag
def groups_with(permission: str) -> list[str]:
    """The names of the groups that have a permission."""
    app, _dot, codename = str(permission).partition(".")
    groups = Group.objects.filter(
        permissions__content_type__app_label=app, permissions__codename=codename
    )
    return list(groups.order_by("name").values_list("name", flat=True))
