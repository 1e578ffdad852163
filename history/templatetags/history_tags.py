"""Parts of pages about calls; the pages about keys use them as well."""

from datetime import UTC, datetime
from typing import Any, Final

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apikeys.models import APIKey
from apikeys.models.scope import Person
from apikeys.templatetags.console_tags import pill
from history import daily, nextstep
from history.chart import Chart
from history.models import CallRecord, UnprovenCalls
from history.models.call import Outcome

register = template.Library()

WEEK: Final = 7  # days


@register.simple_tag(takes_context=True)
def calls_of_week(context: RequestContext, key: APIKey) -> dict[str, Any]:
    """Calls, denials and unproven attempts of a key in 7 days, for who may see them."""
    user: Person = context["request"].user
    shown: dict[str, Any] = {}
    if user.has_perm("history.view_callrecord"):
        calls, denials = daily.calls_of_keys([key.pk], WEEK)[key.pk]
        shown |= {"calls": calls, "denials": denials, "sees_calls": True}
    if user.has_perm("history.view_unprovencalls"):
        shown["attempts"] = UnprovenCalls.objects.of_key(key).recent(WEEK)
    return shown


@register.inclusion_tag("history/day_chart.html")
def day_chart(chart: Chart, heading: str) -> dict[str, Any]:
    """A chart of calls and denials by day, with a table of the same numbers."""
    return {"chart": chart, "heading": heading, "zone": settings.TIME_ZONE}


@register.simple_tag
def outcome_pill(record: CallRecord) -> SafeString:
    """Allowed, allowed but failed, or denied."""
    if record.outcome == Outcome.DENIED:
        return pill("bad", _("Denied"))
    if record.status >= 400:
        return pill("warn", _("Allowed, failed"))
    return pill("good", _("Allowed"))


@register.simple_tag
def advice_for_attempt(row: UnprovenCalls) -> str | Promise:
    """What to do about calls that proved no key."""
    return nextstep.for_attempt(row)


@register.filter
def stamp(value: datetime) -> SafeString:
    """Date above time and zone, in the operator's zone: narrow enough for a column."""
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}">{} <span class="under">{} {}</span></time>',
        value.astimezone(UTC).isoformat(timespec="milliseconds"),
        formats.date_format(local, "j M Y"),
        f"{local:%H:%M:%S}",
        local.tzname(),
    )


@register.filter
def grouped(number: int) -> str:
    """A number with its thousands set apart."""
    return f"{number:,}"


@register.filter
def milliseconds(duration: int) -> SafeString:
    """``12 ms``, or ``1.2 s`` when it took that long."""
    text = f"{duration} ms" if duration < 1000 else f"{duration / 1000:.1f} s"
    return format_html('<span class="nowrap">{}</span>', text)
