"""The rules that a proven call must meet, in the order in which the gate asks them.

Each rule is a function over ``Facts`` that raises ``Denied`` or returns what it found, in words
for the operator. Missing, unknown or corrupt data fails closed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apikeys import client_ip, networks
from apikeys.call import ANY, Call
from apikeys.client_ip import ClientAddress
from apikeys.denial import DenialReason, Denied
from apikeys.models import APIKey, Permission, Secret, Status

METHODS = {
    Permission.READ: frozenset({"GET", "HEAD"}),
    Permission.WRITE: frozenset({"POST", "PUT", "PATCH", "DELETE"}),
    Permission.READ_WRITE: frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}),
}
LEVELLED = METHODS[Permission.READ_WRITE]


class Facts(NamedTuple):
    """What the rules judge: a proven secret version with its key, the call, and the moment."""

    secret: Secret
    call: Call
    client: ClientAddress
    now: datetime

    @classmethod
    def of_call(cls, secret: Secret, call: Call) -> "Facts":
        return cls(secret, call, client_ip.client_address(call), timezone.now())

    @property
    def key(self) -> APIKey:
        return self.secret.api_key


class Finding(NamedTuple):
    """What a rule found, put into words only for who asks: most calls are let in unexplained."""

    text: Promise
    names: Mapping[str, object] = MappingProxyType({})

    def __str__(self) -> str:
        return str(self.text) % self.names


KEY_ENABLED: Final = gettext_lazy("the key is enabled")
ENABLED: Final = gettext_lazy("%(name)s is enabled")
EXPIRES: Final = gettext_lazy("the key expires at %(time)s")
NO_EXPIRY: Final = gettext_lazy("the key does not expire")
ANY_ADDRESS: Final = gettext_lazy("any address may use this key; this is %(ip)s (%(how)s)")
ON_THE_LIST: Final = gettext_lazy("%(ip)s is on the key's list (%(how)s)")
NO_LEVEL: Final = gettext_lazy("%(method)s needs no permission level")
LEVEL_COVERS: Final = gettext_lazy("level %(level)s covers %(method)s")
MAY_USE: Final = gettext_lazy("the key may use %(resource)s")
OPEN_TO_ALL: Final = gettext_lazy("every key may use this path")
OWN_STORE: Final = gettext_lazy("the path names the key's store")
NO_STORE: Final = gettext_lazy("the path names no store")


def key_enabled(facts: Facts) -> Finding:
    if facts.key.status != Status.ENABLED:
        since = {"time": _told(facts.key.disabled_at)}
        raise Denied(DenialReason.KEY_DISABLED, _("disabled since %(time)s") % since)
    return Finding(KEY_ENABLED)


def user_enabled(facts: Facts) -> Finding:
    user = facts.key.api_user
    names = {"name": user.username, "time": _told(user.disabled_at)}
    if user.status != Status.ENABLED:
        raise Denied(DenialReason.USER_DISABLED, _("%(name)s is disabled since %(time)s") % names)
    if user.owner_id is not None and user.owner_is_active is not True:
        raise Denied(DenialReason.USER_DISABLED, _("the owner of %(name)s is inactive") % names)
    return Finding(ENABLED, names)


def store_enabled(facts: Facts) -> Finding:
    store = facts.key.api_user.store
    names = {"name": store.name, "time": _told(store.disabled_at)}
    if store.status != Status.ENABLED:
        raise Denied(DenialReason.STORE_DISABLED, _("%(name)s is disabled since %(time)s") % names)
    return Finding(ENABLED, names)


def unexpired(facts: Facts) -> Finding:
    expires_at, retires_at = facts.key.expires_at, facts.secret.retires_at
    if expires_at is not None and facts.now >= expires_at:
        raise Denied(
            DenialReason.KEY_EXPIRED, _("expired at %(time)s") % {"time": _told(expires_at)}
        )
    if retires_at is not None and facts.now >= retires_at:
        names = {"version": facts.secret.version, "time": _told(retires_at)}
        raise Denied(
            DenialReason.SECRET_RETIRED,
            _("version %(version)s of the secret ended at %(time)s") % names,
        )
    return Finding(EXPIRES, {"time": _told(expires_at)}) if expires_at else Finding(NO_EXPIRY)


def address_allowed(facts: Facts) -> Finding:
    ip = facts.client.ip
    names = {"ip": ip or _("no valid address"), "how": facts.client.how}
    if facts.key.any_ip is True:
        return Finding(ANY_ADDRESS, names)
    entries = [entry.network for entry in facts.key.allowed_ips.all()]
    if ip is not None and networks.contains(entries, ip):
        return Finding(ON_THE_LIST, names)
    if ip is None:
        raise Denied(DenialReason.IP, _("no valid address: %(how)s") % names)
    nearest = networks.nearest(entries, ip)
    if nearest is not None:
        advice = _("the nearest entry is %(entry)s") % {"entry": networks.spellings(nearest)[0]}
    else:
        advice = _("no entry is near it") if entries else _("the list is empty")
    sentence = _("%(ip)s is not on the key's list (%(how)s); %(advice)s")
    how = facts.client.how.removesuffix(".")
    raise Denied(DenialReason.IP, sentence % {"ip": ip, "how": how, "advice": advice})


def method_permitted(facts: Facts) -> Finding:
    """OPTIONS needs no level; other methods without one pass to the view's 405."""
    names = {"level": facts.key.permission, "method": facts.call.method}
    if facts.key.permission not in METHODS:
        raise Denied(DenialReason.METHOD, _("the key's permission level is not a known one"))
    if facts.call.method not in LEVELLED:
        return Finding(NO_LEVEL, names)
    if facts.call.method not in METHODS[Permission(facts.key.permission)]:
        raise Denied(DenialReason.METHOD, _("a key of level %(level)s may not %(method)s") % names)
    return Finding(LEVEL_COVERS, names)


def resource_permitted(facts: Facts) -> Finding:
    resource = facts.call.resource
    if not facts.key.permits(resource):
        names = {
            "resource": resource or _("a view without a resource"),
            "resources": _listed(facts.key),
        }
        sentence = _("the key may not use %(resource)s; it has %(resources)s")
        raise Denied(DenialReason.RESOURCE, sentence % names)
    return Finding(MAY_USE, {"resource": resource}) if resource != ANY else Finding(OPEN_TO_ALL)


def _listed(key: APIKey) -> str:
    if not isinstance(key.resources, list):
        return _("no list of resources")
    return ", ".join(map(str, key.resources)) or _("all but the privileged ones")


def store_matches(facts: Facts) -> Finding:
    named, own = facts.call.store_id, facts.key.api_user.store.public_id
    if named is not None and named != own:
        raise Denied(DenialReason.STORE, _("the path names a store that is not the key's"))
    return Finding(OWN_STORE if named else NO_STORE)


def _told(moment: datetime | None) -> str:
    return "?" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


RULES: tuple[tuple[str, Callable[[Facts], Finding]], ...] = (
    ("status", key_enabled),
    ("user", user_enabled),
    ("store", store_enabled),
    ("expiry", unexpired),
    ("address", address_allowed),
    ("permission", method_permitted),
    ("resource", resource_permitted),
    ("store_match", store_matches),
)
