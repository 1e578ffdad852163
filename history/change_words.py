"""How deeds on the history read in change records, and what they were narrowed by."""

from typing import Final

from django.utils.translation import gettext_lazy as _

WORDS: Final = {
    "history exported": _("history exported"),
    "history pruned": _("history pruned"),
    "incident": _("incident"),
    "all": _("all keys"),
    "created_before": _("created before"),
    "created_since": _("created on or after"),
    "deleted": _("deleted"),
    "ip": _("IP Address"),
    "key": _("key or API user"),
    "method": _("method"),
    "older_than": _("older than"),
    "path": _("path contains"),
    "period": _("period"),
    "reason": _("reason"),
    "result": _("result"),
    "seen_from": _("seen from"),
    "since": _("from"),
    "until": _("to"),
}
