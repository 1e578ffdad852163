"""Where a session-transfer link leads: it is redeemed here, and forgotten on the way out."""

import re
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.encoding import iri_to_uri

from apikeys import gate
from apikeys.call import Call
from apikeys.denial import DenialReason, Denied
from apikeys.judged import JudgedRequest
from apikeys.models import Store
from storefront import redemption, shopper_cookie
from storefront.models import ShopperSession
from storefront.redemption import Redemption

SPECULATION: Final = (
    *("HTTP_SEC_PURPOSE", "HTTP_X_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ"),
)
# What opens a page, out of what browsers say that they fetch something for.
PAGES: Final = ("", "document", "frame", "iframe")
# Chats and search engines look at every link that passes. A closed list of names: a word such as
# "bot" also stands in the user agents of telephones, whose owners would never get their carts.
PREVIEWS: Final = re.compile(
    r"facebookexternalhit|facebot|twitterbot|slackbot|slack-imgproxy|linkedinbot|discordbot"
    r"|telegrambot|skypeuripreview|googlebot|bingbot|applebot|redditbot|pinterestbot|mastodon"
    r"|iframely|embedly|^whatsapp/",
    re.IGNORECASE,
)
NOTICE: Final = {"notice": "link-not-valid"}
# What a page tells neither its neighbours nor the next visitor of a shared machine.
QUIET: Final = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def transfer_session(request: JudgedRequest) -> HttpResponse:
    """Redeem the link of this request: one GET that a person caused, and only once.

    Answered 303 to the store's target, with a new shopper session and without the link. HEAD,
    link previews and browsers that guess ahead (prefetch) use nothing up. History records it like
    any call, in the transaction in which the link is spent.
    """
    if request.method == "HEAD" or _is_nobody_asking(request):
        response = HttpResponse(status=204, headers=QUIET)
        # Of no type: no browser is to take it for the page that it fetched ahead.
        del response["Content-Type"]
        return response
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET", "HEAD"], headers=QUIET)
    examined = Redemption(request.META.get("QUERY_STRING", ""), Call.from_request(request))
    try:
        examined.verify(client=redemption.client_of(request))
        with transaction.atomic():
            examined.spend()
            value = _hand_over(request, examined)
    except Denied as denied:
        return _refused(request, examined, denied)
    request.api_key = examined.api_key
    response = HttpResponse(status=303, headers={"Location": examined.location, **QUIET})
    shopper_cookie.give(response, value)
    return response


# GET is what browsers send, yet it uses the link up: see ``CallHistoryMiddleware``.
transfer_session.spends = True  # type: ignore[attr-defined]


def _is_nobody_asking(request: HttpRequest) -> bool:
    """Whether a program fetches the link before, or without, anybody opening it."""
    said = " ".join(request.META.get(name, "") for name in SPECULATION).lower()
    return (
        any(word in said for word in ("prefetch", "prerender", "preview"))
        or request.META.get("HTTP_SEC_FETCH_DEST", "") not in PAGES
        or PREVIEWS.search(request.META.get("HTTP_USER_AGENT", "")) is not None
    )


def _hand_over(request: HttpRequest, examined: Redemption) -> str:
    """Begin a shopper session with the cart; whatever session the browser had before ends.

    The new one has a new id always, so that nobody who planted a cookie shares it.
    """
    former = request.COOKIES.get(shopper_cookie.name(), "")
    if former:
        ShopperSession.objects.of_cookie(former).delete()
    _session, value = ShopperSession.objects.begin(examined.cart)
    return value


def _refused(request: JudgedRequest, examined: Redemption, denied: Denied) -> HttpResponse:
    """The one answer to every link that does not hold; history keeps the reason.

    As long as nobody vouched for it, it is a guess, and guesses are limited.
    """
    if denied.api_key is None and examined.store is None:
        denied = gate.limited(denied, Call.from_request(request), examined.claimed_key)
    request.denial = denied
    request.api_key = denied.api_key
    if denied.reason is DenialReason.RATE:
        response = render(request, "storefront/transfer_refused.html", status=429)
        response["Retry-After"] = str(denied.retry_after or 1)
    elif home := _home_of(examined.store):
        response = HttpResponse(status=302, headers={"Location": home})
    else:
        response = render(request, "storefront/transfer_refused.html", status=400)
    for name, text in QUIET.items():
        response[name] = text
    return response


def _home_of(store: Store | None) -> str:
    """The store's home page, with a notice that it may show; blank when it has none."""
    if store is None or not store.website:
        return ""
    parts = urlsplit(iri_to_uri(store.website) or "")
    notice = urlencode(NOTICE)
    return urlunsplit(parts._replace(query=f"{parts.query}&{notice}" if parts.query else notice))
