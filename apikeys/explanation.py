"""Explain what the gate would say to a call with a key: the same rules, asked one by one."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys import ratelimit
from apikeys.api import Nowhere, ProtectedView
from apikeys.call import Call
from apikeys.client_ip import ClientAddress
from apikeys.denial import DenialReason, Denied
from apikeys.models import APIKey, Secret
from apikeys.networks import canonical_ip
from apikeys.rules import RULES, Facts, Finding

PASS, FAIL, SKIPPED = "pass", "fail", "skipped"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Check(NamedTuple):
    """One rule and what it found; ``code`` is the denial reason when it failed."""

    check: str
    result: str
    detail: str
    code: str = ""


class Explanation(NamedTuple):
    """The gate's decision, and every rule in its order. The first that fails decides.

    A call that is let in is answered 405 when its method is not among ``methods``, those of the
    view behind the path.
    """

    decision: str
    code: str
    status: int
    checks: list[Check]
    methods: list[str]

    def as_json(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "code": self.code,
            "status": self.status,
            "methods": self.methods,
            "checks": [
                {"check": check.check, "result": check.result, "detail": check.detail}
                for check in self.checks
            ],
        }


def explain(
    key: APIKey, *, ip: str, method: str = "GET", path: str = "/api/v1/whoami"
) -> Explanation:
    """What the gate would answer to ``method path`` from ``ip`` with this key's current secret.

    Counts against no limit and leaves no record. Raises ``ValueError`` when ``ip`` is not an
    address, no call has such a ``method``, or no protected view answers to ``path``.
    """
    method = method.upper()
    if method not in METHODS:
        raise ValueError(_("A method is one of %(methods)s.") % {"methods": ", ".join(METHODS)})
    address = canonical_ip(ip)
    if address is None:
        raise ValueError(_("“%(ip)s” is not an IP address.") % {"ip": ip})
    view, store_id = _route(path)
    methods = [name for name in METHODS if _has(view, name)]
    call = Call(
        method=method,
        scheme="https",
        host="",
        path=path,
        query="",
        headers=(),
        peer=address,
        content_type="",
        read_body=bytes,
        resource=view.resource,
        store_id=store_id,
    )
    facts = Facts(
        _current(key),
        call,
        ClientAddress(address, _("the address you asked about")),
        timezone.now(),
    )
    checks = [_ask(name, rule, facts) for name, rule in RULES]
    is_refused = any(check.result == FAIL for check in checks)
    checks.append(_rate_limit(key, skip=is_refused))
    failed = next((check for check in checks if check.result == FAIL), None)
    if failed is None:
        return Explanation("allow", "", 200 if method in methods else 405, checks, methods)
    return Explanation("deny", failed.code, DenialReason(failed.code).status, checks, methods)


def _current(key: APIKey) -> Secret:
    secret: Secret = key.secrets.select_related(
        "api_key__api_user__store", "api_key__api_user__owner"
    ).get(retires_at=None)
    user = secret.api_key.api_user
    user.owner_is_active = user.owner.is_active if user.owner else None
    return secret


def _route(path: str) -> tuple[type[ProtectedView], str | None]:
    """The view behind ``path``, and the store that it names."""
    try:
        match = resolve(path.split("?")[0])
    except Resolver404 as error:
        raise ValueError(_("No view answers to %(path)s.") % {"path": path}) from error
    view = getattr(match.func, "cls", None)
    if view is Nowhere:
        raise ValueError(_("No view answers to %(path)s.") % {"path": path})
    if view is None or not hasattr(view, "resource"):
        raise ValueError(_("%(path)s is not protected by API keys.") % {"path": path})
    return view, match.kwargs.get("store_id")


def _has(view: type[ProtectedView], method: str) -> bool:
    """Whether the view answers to the method. What it says to GET it says to HEAD."""
    name = method.lower()
    handler = "get" if name == "head" else name
    return name in view.http_method_names and hasattr(view, handler)


def _ask(name: str, rule: Callable[[Facts], Finding], facts: Facts) -> Check:
    try:
        return Check(name, PASS, str(rule(facts)))
    except Denied as denied:
        return Check(name, FAIL, denied.detail, denied.reason.value)


def _rate_limit(key: APIKey, *, skip: bool) -> Check:
    rate = ratelimit.of_key(key.rate_limit)
    if rate is None:
        return Check("rate_limit", PASS, _("no limit is set"))
    if skip:
        return Check("rate_limit", SKIPPED, _("refused before the limit is checked"))
    verdict = ratelimit.look_at_key(key.consumer_key, rate)
    names = {"left": verdict.remaining, "amount": rate.amount, "seconds": rate.seconds}
    detail = _("%(left)s of %(amount)s calls in %(seconds)s s are left") % names
    if verdict.allowed:
        return Check("rate_limit", PASS, detail)
    return Check("rate_limit", FAIL, detail, DenialReason.RATE.value)
