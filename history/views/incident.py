"""Incident mode: find the keys to take out of use, see what will break, do it, print the report."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import APIKey, ChangeRecord, Permission, Store
from apikeys.models.api_key import APIKeyQuerySet
from apikeys.models.scope import Person, sees_every_store
from apikeys.total import COUNTED, Total
from apikeys.views.access import FORM, console_page, require
from history import daily
from history.forms import SEE_CALLS, IncidentForm
from history.incident import affected_keys, disable_keys

CHANGE: Final = "apikeys.change_apikey"
SHOWN: Final = 200
# One request takes a few seconds at most; the report offers to go on.
AT_ONCE: Final = 500
LAST_DAYS: Final = 7
EARLIER: Final = 10
INCIDENT_ID: Final = re.compile(r"[0-9]{14}-[0-9a-f]{6}", re.ASCII)


@console_page(CHANGE, methods=FORM)
def incident(request: HttpRequest) -> HttpResponse:
    """GET is the dry run: which keys, and what will break. POST disables them.

    Whoever may not see calls chooses keys by other conditions, and sees no numbers of calls.
    """
    data = request.POST if request.method == "POST" else request.GET
    if data.get("seen_from"):
        # Left out of account, the condition would let through more keys than were meant.
        require(request, SEE_CALLS)
    form = IncidentForm(data if data else None, viewer=request.user)
    if not form.is_valid():
        earlier = _earlier(request.user)
        return render(request, "history/incident.html", {"form": form, "earlier": earlier})
    keys = affected_keys(APIKey.objects.visible_to(request.user), **form.conditions)
    if request.method == "POST":
        return redirect("incident_report", _disable(request, form, keys))
    impact = _impact(keys, sees_calls=request.user.has_perm(SEE_CALLS))
    return render(request, "history/incident.html", {"form": form, **impact})


@console_page(CHANGE)
def report(request: HttpRequest, incident_id: str) -> HttpResponse:
    """What an incident's deed did, to print and to keep; it is read from the change records."""
    began = _beginning(incident_id)
    changes = ChangeRecord.objects.filter(
        date_added__gte=began,
        date_added__lt=began + timedelta(days=1),
        reason__startswith=_reason(incident_id, ""),
    )
    head = changes.filter(action="incident").order_by("pk").first()
    if head is None:
        raise Http404
    if not sees_every_store(request.user) and head.actor_user_id != request.user.pk:
        raise Http404
    disabled = list(
        changes.visible_to(request.user).filter(action="disabled").order_by("name", "pk")
    )
    keys = APIKey.objects.visible_to(request.user).in_bulk(
        [change.api_key_id for change in disabled if change.api_key_id]
    )
    sees_calls = request.user.has_perm(SEE_CALLS)
    calls = daily.calls_of_keys(keys, LAST_DAYS) if sees_calls else {}
    rows = [
        (change, keys.get(change.api_key_id or 0), calls.get(change.api_key_id or 0, (0, 0)))
        for change in disabled
    ]
    context = {
        "head": head,
        "rows": rows,
        "sees_calls": sees_calls,
        "incident_id": incident_id,
        "conditions": _in_words(head.after, request.user),
        "again": urlencode(head.after),
        "remaining": _remaining(request, head.after),
    }
    return render(request, "history/incident_report.html", context)


def _in_words(conditions: dict[str, str], viewer: Person) -> list[tuple[str, str]]:
    """The conditions as the form shows them: names in place of ids and values."""
    stores = Store.objects.visible_to(viewer).filter(public_id=conditions.get("store"))
    shown: dict[str, dict[str, Any]] = {
        "store": dict(stores.values_list("public_id", "name")),
        "permission": dict(Permission.choices),
        "everything": {"on": _("yes")},
    }
    fields = IncidentForm.base_fields
    return [
        (str(fields[name].label), str(shown.get(name, {}).get(value, value)))
        for name, value in conditions.items()
    ]


def _earlier(viewer: Person) -> list[tuple[str, ChangeRecord]]:
    """The newest incidents whose reports this person may open, each with its id."""
    heads = ChangeRecord.objects.filter(
        name="incident", kind=ChangeRecord.Kind.CONSOLE, action="incident"
    )
    if not sees_every_store(viewer):
        heads = heads.filter(actor_user=viewer.pk)
    newest = heads.order_by("-date_added", "-pk")[:EARLIER]
    return [(head.reason.split()[1].rstrip(":"), head) for head in newest]


def _remaining(request: HttpRequest, conditions: dict[str, str]) -> Total:
    """How many enabled keys fit now: those beyond one request's share, or made since."""
    form = IncidentForm(conditions, viewer=request.user)
    if conditions.keys() - form.fields.keys() or not form.is_valid():
        return Total(0)
    keys = affected_keys(APIKey.objects.visible_to(request.user), **form.conditions)
    return Total.of(keys, COUNTED)


def _impact(keys: APIKeyQuerySet, *, sees_calls: bool) -> dict[str, Any]:
    """The keys of the dry run, each with its calls, and what they sum up to."""
    found = list(keys.values_list("pk", "last_used_at")[: AT_ONCE + 1])
    chosen = dict(found[:AT_ONCE])
    since = timezone.now() - timedelta(days=LAST_DAYS)
    calls = dict.fromkeys(chosen, (0, 0))
    if sees_calls:
        calls |= daily.calls_of_keys(list(chosen), LAST_DAYS)
        busy = [key for key in chosen if calls[key][0]]
    else:
        busy = [key for key, last_used in chosen.items() if last_used and last_used >= since]
    busiest = sorted(chosen, key=lambda key: -calls[key][0])[:SHOWN]
    known = APIKey.objects.select_related("api_user__store").in_bulk(busiest)
    return {
        "rows": [(known[key], *calls[key]) for key in busiest if key in known],
        "hidden": max(0, len(chosen) - SHOWN),
        "total": Total(len(chosen), is_least=len(found) > AT_ONCE),
        "busy": len(busy),
        "calls": sum(allowed for allowed, _denied in calls.values()),
        "sees_calls": sees_calls,
        "is_dry_run": True,
    }


def _disable(request: HttpRequest, form: IncidentForm, keys: APIKeyQuerySet) -> str:
    actor, now = Actor.from_request(request), timezone.now()
    incident_id = f"{now.astimezone(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    reason = _reason(incident_id, request.POST.get("reason", "").strip())
    ChangeRecord.objects.keep(
        actor,
        "incident",
        after=form.answers,
        reason=reason,
        kind=ChangeRecord.Kind.CONSOLE,
        name="incident",
    )
    disable_keys(keys[:AT_ONCE], actor=actor, reason=reason)
    return incident_id


def _reason(incident_id: str, text: str) -> str:
    safe = "".join(character for character in text if character.isprintable())
    return (f"Incident {incident_id}: {safe}" if safe else f"Incident {incident_id}")[:500].rstrip()


def _beginning(incident_id: str) -> datetime:
    if INCIDENT_ID.fullmatch(incident_id) is None:
        raise Http404
    try:
        return datetime.strptime(incident_id[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Http404 from error
