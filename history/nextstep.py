"""What an operator can do about a denial: the reason in words, and the deed that mends it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.denial import DenialReason
from apikeys.models import AllowedIP, APIKey
from history.models import CallRecord, UnprovenCalls

# What helps with each reason, for one call and for many.
ADVICE: Final[dict[str, Promise]] = {
    DenialReason.MISSING: _("Send the key; look for a proxy or redirect that drops it."),
    DenialReason.MALFORMED: _("Copy the key again, or let a library write the header."),
    DenialReason.AMBIGUOUS: _("Let the caller send one credential, in one place."),
    DenialReason.INSECURE: _("Use https; list a proxy that provides it in TRUSTED_PROXIES."),
    DenialReason.INVALID: _("Copy key and secret again; if the secret is lost, rotate the key."),
    DenialReason.STALE: _("Set the caller's clock."),
    DenialReason.REPLAYED: _("The caller must sign every request anew, with a nonce of its own."),
    DenialReason.KEY_DISABLED: _("Enable the key, or take it out of the caller's settings."),
    DenialReason.USER_DISABLED: _("Enable the API user, or make its owner active again."),
    DenialReason.STORE_DISABLED: _("Enable the store."),
    DenialReason.KEY_EXPIRED: _("Set a later expiry, or give the caller a new key."),
    DenialReason.SECRET_RETIRED: _("A caller still has the old secret: give it the new one."),
    DenialReason.IP: _("Add the address to the key's list if it is the caller's."),
    DenialReason.METHOD: _("Raise the permission level if the caller may do this."),
    DenialReason.RESOURCE: _("Add the resource to the key if the caller may use it."),
    DenialReason.STORE: _("The caller names another store: correct the Store ID in its settings."),
    DenialReason.CART: _("The caller must use the cart key that it was given."),
    DenialReason.TRANSFER: _("The shopper needs a new link."),
    DenialReason.RATE: _("Let the caller slow down, or raise the key's rate limit."),
    DenialReason.HISTORY: _("Look at the server: calls could not be recorded."),
}


# Among attempts this reason is no key's limit, and waiting mends nothing.
TOO_MANY_ATTEMPTS: Final = _("Mend what the caller sends: the right secret is let in at once.")


class NextStep(NamedTuple):
    """A sentence, and a link or (with ``address``) a form that adds that address."""

    sentence: str | Promise
    label: str | Promise = ""
    url: str = ""
    address: str = ""


def for_call(record: CallRecord, key: APIKey | None, *, is_listed: bool = False) -> NextStep | None:
    """The next step for a refused call; None for one that was let in.

    ``key`` is the key as it is today; None when it is gone, and then nothing can be done to it.
    ``is_listed`` says whether the address is on its list by now.
    """
    if not record.reason:
        return None
    if key is None:
        return NextStep(ADVICE.get(record.reason, ""))
    match record.reason:
        case DenialReason.IP if record.ip and (key.any_ip or is_listed):
            return NextStep(_("By now the key lets address %(ip)s in.") % {"ip": record.ip})
        case DenialReason.IP if record.ip:
            sentence = _("Address %(ip)s is not on this key's list.") % {"ip": record.ip}
            return NextStep(
                sentence, _("Add it"), reverse("key_ips", args=[key.consumer_key]), record.ip
            )
        case DenialReason.KEY_DISABLED:
            url = reverse("key_detail", args=[key.consumer_key])
            return NextStep(ADVICE[record.reason], _("Open the key"), url)
        case DenialReason.USER_DISABLED:
            url = reverse("user_detail", args=[key.api_user.username])
            return NextStep(ADVICE[record.reason], _("API user"), url)
        case DenialReason.STORE_DISABLED:
            url = reverse("store_detail", args=[key.api_user.store.public_id])
            return NextStep(ADVICE[record.reason], _("Store"), url)
        case (
            DenialReason.METHOD
            | DenialReason.RESOURCE
            | DenialReason.KEY_EXPIRED
            | DenialReason.RATE
        ):
            url = reverse("key_edit", args=[key.consumer_key])
            return NextStep(ADVICE[record.reason], _("Edit the key"), url)
        case DenialReason.SECRET_RETIRED:
            url = reverse("key_rotate", args=[key.consumer_key])
            return NextStep(ADVICE[record.reason], _("Rotate"), url)
    return NextStep(ADVICE.get(record.reason, ""))


def for_attempt(row: UnprovenCalls) -> str | Promise:
    """What helps those who could not prove their key; blank where nothing is known of them."""
    if row.reason == DenialReason.RATE:
        return TOO_MANY_ATTEMPTS
    return ADVICE.get(row.reason, "")


def listed_by_now(records: Iterable[CallRecord]) -> set[int]:
    """The ids of those calls that were refused for an address which the key lists today."""
    refused = [(one, one.ip) for one in records if one.reason == DenialReason.IP and one.ip]
    around = {network for _record, ip in refused for network in networks.enclosing(ip)}
    keys = {record.key_id for record, _ip in refused}
    entries = defaultdict(list)
    found = AllowedIP.objects.filter(api_key__in=keys, network__in=around) if around else ()
    for entry in found:
        entries[entry.api_key_id].append(entry.network)
    return {record.pk for record, ip in refused if networks.contains(entries[record.key_id], ip)}
