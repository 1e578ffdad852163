"""Whether the settings hold the peppers and sealing keys that the database was filled with.

Without this, a lost ``.env`` would go unnoticed: every key would be refused as unknown.
"""

from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from apikeys import tokens
from apikeys.models import KnownPepper, Secret

ADVICE: Final = (
    "This database belongs to another .env. Put that .env back from its backup (overwrite one "
    "that make run has just written) and start again: then nothing is lost. If it is gone for "
    "good, so are the secrets of all keys: set a new pepper under a number that was never used "
    "(2:<64 hex digits>), run manage.py rotate_api_key for each key of manage.py list_api_keys, "
    "and start again."
)


def require_fit() -> None:
    """Refuse to go on with peppers or sealing keys that are not those of the database.

    A database that does not answer, or is not migrated, refuses nothing: others say so, and it
    may be back in a moment.
    """
    try:
        found = mismatches()
    except DatabaseError:
        return
    if found:
        raise ImproperlyConfigured(" ".join(["Refusing to start.", *found, ADVICE]))


def mismatches() -> list[str]:
    """What the settings lack, a sentence each; empty when every valid secret can be proven."""
    return [*_lost_peppers(), *_lost_sealing_keys()]


def _lost_peppers() -> list[str]:
    found = []
    for known in KnownPepper.objects.order_by("pepper_id"):
        number = known.pepper_id
        if number in settings.APIKEYS_PEPPERS:
            if not known.is_in_place:
                found.append(
                    f"Pepper {number} in APIKEYS_PEPPERS is not the one this database knows."
                )
        elif Secret.objects.valid().filter(pepper_id=number).exists():
            found.append(f"APIKEYS_PEPPERS lacks pepper {number}, which secrets are kept under.")
    return found


def _lost_sealing_keys() -> list[str]:
    """The oldest and the newest tell: keys are added in front and dropped at the end."""
    sealed = Secret.objects.valid().sealed().select_related("api_key").order_by("pk")
    for secret in filter(None, (sealed.first(), sealed.last())):
        try:
            tokens.unseal(secret.api_key.consumer_key, secret.sealed)
        except tokens.SealBroken:
            return ["APIKEYS_SEALING_KEYS lacks a key that the secrets of signing keys need."]
    return []
