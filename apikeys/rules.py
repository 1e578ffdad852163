"""The rules that a proven call must meet, in the order in which the gate asks them.

Each rule is a function over ``Facts`` that raises ``Denied`` or returns what it found, in words
for the operator. Missing, unknown or corrupt data fails closed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from apikeys import client_ip, networks
from apikeys.call import Call
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


def key_enabled(facts: Facts) -> str:
    if facts.key.status != Status.ENABLED:
        raise Denied(DenialReason.KEY_DISABLED, f"disabled since {facts.key.disabled_at}")
    return "the key is enabled"


def user_enabled(facts: Facts) -> str:
    user = facts.key.api_user
    if user.status != Status.ENABLED:
        raise Denied(
            DenialReason.USER_DISABLED, f"{user.username} is disabled since {user.disabled_at}"
        )
    if user.owner_id is not None and user.owner_is_active is not True:
        raise Denied(DenialReason.USER_DISABLED, f"the owner of {user.username} is inactive")
    return f"{user.username} is enabled"


def store_enabled(facts: Facts) -> str:
    store = facts.key.api_user.store
    if store.status != Status.ENABLED:
        raise Denied(
            DenialReason.STORE_DISABLED, f"{store.name} is disabled since {store.disabled_at}"
        )
    return f"{store.name} is enabled"


def unexpired(facts: Facts) -> str:
    expires_at, retires_at = facts.key.expires_at, facts.secret.retires_at
    if expires_at is not None and facts.now >= expires_at:
        raise Denied(DenialReason.KEY_EXPIRED, f"expired at {expires_at}")
    if retires_at is not None and facts.now >= retires_at:
        raise Denied(
            DenialReason.SECRET_RETIRED,
            f"version {facts.secret.version} of the secret ended at {retires_at}",
        )
    return f"expires at {expires_at}" if expires_at else "the key does not expire"


def address_allowed(facts: Facts) -> str:
    ip, how = facts.client.ip, facts.client.how
    if facts.key.any_ip is True:
        return f"any address may use this key; the call came from {ip or 'nowhere'} ({how})"
    entries = [entry.network for entry in facts.key.allowed_ips.all()]
    if ip is not None and networks.contains(entries, ip):
        return f"{ip} is on the key's list ({how})"
    if ip is None:
        raise Denied(DenialReason.IP, f"no valid address: {how}")
    nearest = networks.nearest(entries, ip)
    if nearest is None:
        advice = "no entry is near it" if entries else "the list is empty"
    else:
        advice = f"the nearest entry is {networks.spellings(nearest)[0]}"
    raise Denied(DenialReason.IP, f"{ip} is not on the key's list ({how}); {advice}")


def method_permitted(facts: Facts) -> str:
    """OPTIONS needs no level; other methods without one pass to the view's 405."""
    method, level = facts.call.method, facts.key.permission
    if level not in METHODS:
        raise Denied(DenialReason.METHOD, "the key's permission level is not a known one")
    if method in LEVELLED and method not in METHODS[Permission(level)]:
        raise Denied(DenialReason.METHOD, f"a key of level {level} may not {method}")
    return f"level {level} covers {method}"


def resource_permitted(facts: Facts) -> str:
    resource = facts.call.resource
    if not facts.key.permits(resource):
        raise Denied(
            DenialReason.RESOURCE,
            f"{resource or 'a view without a resource'}; the key has {_listed(facts.key)}",
        )
    return f"the key may use {resource}"


def _listed(key: APIKey) -> str:
    if not isinstance(key.resources, list):
        return "no list of resources"
    return ", ".join(map(str, key.resources)) or "all but the privileged ones"


def store_matches(facts: Facts) -> str:
    named, own = facts.call.store_id, facts.key.api_user.store.public_id
    if named is not None and named != own:
        raise Denied(DenialReason.STORE, "the path names another store than the key's, or none")
    return "the path names the key's store" if named else "the path names no store"


RULES: tuple[tuple[str, Callable[[Facts], str]], ...] = (
    ("status", key_enabled),
    ("user", user_enabled),
    ("store", store_enabled),
    ("expiry", unexpired),
    ("address", address_allowed),
    ("permission", method_permitted),
    ("resource", resource_permitted),
    ("store_match", store_matches),
)
