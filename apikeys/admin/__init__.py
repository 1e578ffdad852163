"""The Django admin of every model, for back-office work: the same deeds as in the console."""

from apikeys.admin.allowed_ip import AllowedIPAdmin
from apikeys.admin.api_key import APIKeyAdmin
from apikeys.admin.api_user import APIUserAdmin
from apikeys.admin.records import ChangeRecordAdmin, SecretAdmin, SpentNonceAdmin, WorkerLeaseAdmin
from apikeys.admin.store import StoreAdmin

__all__ = [
    "APIKeyAdmin",
    "APIUserAdmin",
    "AllowedIPAdmin",
    "ChangeRecordAdmin",
    "SecretAdmin",
    "SpentNonceAdmin",
    "StoreAdmin",
    "WorkerLeaseAdmin",
]
