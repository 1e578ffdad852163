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
        "storefront.view_product",
        "storefront.view_invoice",
        "storefront.view_webhook",
        "storefront.view_delivery",
        "storefront.view_cart",
        "storefront.view_shoppersession",
        "storefront.view_paymentmethod",
        "storefront.view_transfertarget",
        "storefront.view_sessiontransfer",
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
    "storefront.add_product",
    "storefront.change_product",
    "storefront.add_invoice",
    "storefront.change_invoice",
    "storefront.mark_invoice",
    "storefront.add_webhook",
    "storefront.change_webhook",
    "storefront.add_paymentmethod",
    "storefront.change_paymentmethod",
    "storefront.delete_cart",
}
OWNER: Final = OPERATOR | {
    "apikeys.delete_apiuser",
    "apikeys.delete_apikey",
    "apikeys.change_store",
    "storefront.delete_product",
    "storefront.delete_webhook",
    "storefront.delete_paymentmethod",
    "storefront.view_payment_debug",
    # Where customers are sent with their carts.
    "storefront.add_transfertarget",
    "storefront.change_transfertarget",
}
ROLES: Final = {"viewer": VIEWER, "operator": OPERATOR, "owner": OWNER}


def make_groups(sender: AppConfig, using: str, **more: Any) -> None:
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
