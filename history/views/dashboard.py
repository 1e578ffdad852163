"""The first page: the numbers that matter, and what needs somebody's attention."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apikeys.denial import DenialReason
from apikeys.models import APIKey, Secret
from apikeys.models.api_key import APIKeyQuerySet
from apikeys.models.key_lists import NATURAL_ORDERS, KeyState
from apikeys.models.scope import Person
from apikeys.total import Total
from apikeys.views.access import console_page
from history import chart, daily, nextstep
from history.daily import Day
from history.models import UnprovenCalls
from history.views.calls import chosen_period

SHOWN: Final = 5
STATES: Final = (KeyState.ENABLED, KeyState.DISABLED, KeyState.EXPIRED)
CONCERNS: Final = (
    KeyState.RETIRED_IN_USE,
    KeyState.EXPIRING,
    KeyState.IDLE,
    KeyState.OLD_SECRET,
)
MANY: Final = 1000
# A minute's worth of a very busy shop; beyond, the worker must have stopped.
BEHIND: Final = 50_000


class Concern(NamedTuple):
    """Keys that somebody should look at: how many, and the first of them with a telling time."""

    state: KeyState
    total: Total
    keys: list[tuple[APIKey, datetime | None]]


@console_page()
def dashboard(request: HttpRequest) -> HttpResponse:
    """Counts of keys and calls, keys that need attention, denials with what to do about them.

    Everybody who logs in lands here, so each part is left out for those who may not see it.
    """
    context: dict[str, Any] = {}
    if request.user.has_perm("apikeys.view_apikey"):
        context |= _about_keys(APIKey.objects.visible_to(request.user))
    if request.user.has_perm("history.view_callrecord"):
        context |= _about_calls(request.user, chosen_period(request))
    if request.user.has_perm("history.view_unprovencalls"):
        context["attempts"] = UnprovenCalls.objects.visible_to(request.user).recent()
    return render(request, "history/dashboard.html", context | {"sees_nothing": not context})


def _about_keys(keys: APIKeyQuerySet) -> dict[str, Any]:
    return {
        "states": [(state, keys.total_in(state)) for state in STATES],
        "has_no_keys": not keys.exists(),
        "concerns": _concerns(keys),
    }


def _about_calls(user: Person, days: int) -> dict[str, Any]:
    by_day, reasons = daily.of_all(user, days)
    return {
        "today": _summed(by_day[-1:]),
        "week": _summed(by_day[-7:]),
        "uncounted": daily.uncounted(BEHIND),
        "reasons": _in_words(reasons[:SHOWN]),
        "chart": chart.draw(by_day),
        "periods": chart.PERIODS,
        "days": days,
    }


def _concerns(keys: APIKeyQuerySet) -> list[Concern]:
    found = []
    for state in CONCERNS:
        concerning = keys.in_state(state).order_by(NATURAL_ORDERS.get(state, "pk"))
        ids = list(concerning.values_list("pk", flat=True)[: MANY + 1])
        known = APIKey.objects.select_related("api_user").in_bulk(ids[:SHOWN])
        if first := [known[pk] for pk in ids[:SHOWN] if pk in known]:
            times = _telling_times(state, first)
            total = Total(min(len(ids), MANY), is_least=len(ids) > MANY)
            found.append(Concern(state, total, [(key, times.get(key.pk)) for key in first]))
    return found


def _telling_times(state: KeyState, keys: list[APIKey]) -> dict[int, datetime | None]:
    """When it ends, was last used, was made, or was presented: whatever the state is about."""
    match state:
        case KeyState.EXPIRING:
            return {key.pk: key.expires_at for key in keys}
        case KeyState.IDLE:
            return {key.pk: key.last_used_at for key in keys}
        case KeyState.OLD_SECRET:
            secrets = Secret.objects.filter(api_key__in=keys, retires_at=None)
            return dict(secrets.values_list("api_key", "date_added"))
    presented = Secret.objects.still_presented().filter(api_key__in=keys)
    return dict(presented.order_by("refused_at").values_list("api_key", "refused_at"))


def _summed(days: list[Day]) -> dict[str, int]:
    return {
        "calls": sum(day.allowed for day in days),
        "denials": sum(day.denied for day in days),
    }


def _in_words(reasons: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "label": DenialReason.in_words(code),
            "count": count,
            "advice": nextstep.ADVICE.get(code, ""),
        }
        for code, count in reasons
    ]
