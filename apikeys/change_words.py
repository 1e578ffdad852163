"""How the short names in change records read: of deeds, of settings and of those who acted.

Records keep the names, so that they stay the same whatever language they are read in.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

WORDS: Final = {
    "allowed IP added": _("allowed IP added"),
    "allowed IP labelled": _("allowed IP labelled"),
    "allowed IP removed": _("allowed IP removed"),
    "changed": _("changed"),
    "created": _("created"),
    "deleted": _("deleted"),
    "disabled": _("disabled"),
    "enabled": _("enabled"),
    "handed over": _("handed over"),
    "issued": _("issued"),
    "login failed": _("login failed"),
    "overlap ended": _("overlap ended"),
    "rotated": _("rotated"),
    "staff changed": _("staff changed"),
    "allowed_ips": _("allowed IPs"),
    "any_ip": _("any address"),
    "currency": _("currency"),
    "description": _("description"),
    "email": _("email"),
    "expires_at": _("expires at"),
    "further_ones": _("further ones"),
    "groups": _("groups"),
    "is_active": _("may log in"),
    "is_staff": _("is staff"),
    "is_superuser": _("is superuser"),
    "label": _("label"),
    "name": _("name"),
    "network": _("address or network"),
    "overlap_ends": _("overlap ends"),
    "owner": _("owner"),
    "password": _("password"),
    "permission": _("permission"),
    "permissions": _("permissions"),
    "rate_limit": _("rate limit"),
    "resources": _("resources"),
    "retired": _("versions retired"),
    "signing": _("may sign calls"),
    "staff": _("staff"),
    "status": _("status"),
    "store": _("store"),
    "user_permissions": _("user permissions"),
    "username": _("username"),
    "version": _("version"),
    "website": _("website"),
    "api_key": _("API key"),
    "command": _("command"),
    "console": _("console"),
    "system": _("system"),
}
