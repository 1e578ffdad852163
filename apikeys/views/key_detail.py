"""The overview of one key: what it may do, from where, its secrets, and a question to the gate."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apikeys import client_ip, networks, ratelimit
from apikeys.forms.explain import ExplainForm
from apikeys.models import APIKey
from apikeys.views.access import key_page

SHOWN_IPS = 20
# What history shows of the key's last week; a project without history has nothing to show.
CALLS_PANEL = ("history/key_calls_week.html", "apikeys/key_calls_unknown.html")


@key_page("apikeys.view_apikey")
def key_detail(request: HttpRequest, key: APIKey) -> HttpResponse:
    rows = list(key.allowed_ips.all()[: SHOWN_IPS + 1])
    mine = client_ip.of_request(request)
    asked = request.GET if "ip" in request.GET else None
    form = ExplainForm(asked, key=key, initial={"ip": mine.ip or ""})
    context: dict[str, Any] = {
        "key": key,
        "store": key.api_user.store,
        "addresses": rows[:SHOWN_IPS],
        "are_more_addresses": len(rows) > SHOWN_IPS,
        "remarks": networks.remarks(row.network for row in rows),
        "secrets": key.secrets.all()[:10],
        "overlap": key.secrets_in_overlap(),
        "refused": key.secrets.still_presented(),
        "rate_limit": ratelimit.text_of(key.rate_limit),
        "calls_panel": CALLS_PANEL,
        "explain_form": form,
        "explanation": form.explanation() if form.is_bound else None,
    }
    return render(request, "apikeys/key_detail.html", context)
