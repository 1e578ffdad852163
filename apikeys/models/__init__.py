"""The records behind every decision: stores, API users, API keys, secrets, allowed IPs, changes."""

from apikeys.models.allowed_ip import AllowedIP
from apikeys.models.api_key import APIKey, Permission
from apikeys.models.api_user import APIUser
from apikeys.models.change import ChangeRecord
from apikeys.models.known_pepper import KnownPepper
from apikeys.models.nonce import SpentNonce
from apikeys.models.revision import StaleRevision
from apikeys.models.search_word import KeyWord, UserWord
from apikeys.models.secret import Secret
from apikeys.models.status import Status
from apikeys.models.store import Store
from apikeys.models.worker_lease import WorkerLease

__all__ = [
    "APIKey",
    "APIUser",
    "AllowedIP",
    "ChangeRecord",
    "KeyWord",
    "KnownPepper",
    "Permission",
    "Secret",
    "SpentNonce",
    "StaleRevision",
    "Status",
    "Store",
    "UserWord",
    "WorkerLease",
]
