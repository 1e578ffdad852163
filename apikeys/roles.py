"""The roles that a new installation begins with: viewer, operator, owner.

They are plain groups. Once made they belong to the people who run the installation: as long as one
of them is there, nothing here makes, changes or brings back a group.
"""

from typing import Any, Final

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import router

VIEWER: Final = frozenset(
    {
        "apikeys.view_store",
        "apikeys.view_apiuser",
        "apikeys.view_apikey",
        "apikeys.view_allowedip",
        "apikeys.view_changerecord",
        "history.view_callrecord",
        "history.view_unprovencalls",
    }
)
OPERATOR: Final = VIEWER | {
    "apikeys.add_apiuser",
    "apikeys.change_apiuser",
    "apikeys.add_apikey",
    "apikeys.change_apikey",
    "apikeys.add_allowedip",
    "apikeys.change_allowedip",
    "apikeys.delete_allowedip",
}
OWNER: Final = OPERATOR | {
    "apikeys.delete_apiuser",
    "apikeys.delete_apikey",
    "apikeys.change_store",
    "storefront.view_payment_debug",
}
ROLES: Final = {"viewer": VIEWER, "operator": OPERATOR, "owner": OWNER}


def ship(sender: AppConfig, using: str, **more: Any) -> None:
    """Make the groups of a new installation, once the tables are there."""
    if not router.allow_migrate_model(using, Group):
        return
    if Group.objects.using(using).filter(name__in=ROLES).exists():
        return
    # This may run before the other apps' permissions are made.
    for label in sorted({name.partition(".")[0] for role in ROLES.values() for name in role}):
        if apps.is_installed(label):
            create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    known = Permission.objects.using(using).select_related("content_type")
    permissions = {f"{one.content_type.app_label}.{one.codename}": one for one in known}
    for name, wanted in ROLES.items():
        group = Group.objects.using(using).create(name=name)
        group.permissions.set(permissions[one] for one in wanted if one in permissions)
