"""Records in the admin, to look at: secrets (never what proves them), changes, spent nonces."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apikeys.admin.guarded import NoStoreAdmin, OfKeyAdmin, ReadOnlyAdmin, StoreFilter
from apikeys.models import ChangeRecord, Secret, SpentNonce, WorkerLease
from apikeys.templatetags.change_tags import in_words


def without_proof(secrets: QuerySet[Any]) -> QuerySet[Any]:
    """The rows without digest and sealed copy: what was never read cannot be shown by mistake."""
    rows: QuerySet[Any] = secrets.defer("digest", "pepper_id", "sealed")
    return rows.annotate(may_sign=Q(sealed__gt=""))  # type: ignore[no-any-return]


@admin.register(Secret)
class SecretAdmin(OfKeyAdmin):
    """The versions of every key's secret: since when, until when, and who still uses an old one."""

    list_display = (
        "api_key",
        "version",
        "signing",
        "date_added",
        "retires_at",
        "refused_at",
        "refused_count",
    )
    fields = (*list_display[:5], "used_at", *list_display[5:])
    search_help_text = _("Consumer key or API username, in full")
    ordering = ("-pk",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return without_proof(super().get_queryset(request))

    @admin.display(description=_("last used"))
    def used_at(self, secret: Secret) -> str:
        return str(display_for_value(secret.used_at, "-"))

    @admin.display(description=_("may sign"), boolean=True)
    def signing(self, secret: Any) -> bool:
        return bool(secret.may_sign)


@admin.register(ChangeRecord)
class ChangeRecordAdmin(ReadOnlyAdmin):
    """Who did what, when, from where, before and after."""

    list_display = ("date_added", "deed", "kind", "name", "actor_name", "client_ip", "reason")
    list_filter = ("kind", StoreFilter)
    search_fields = ("=consumer_key", "=username", "=actor_name", "=request_id")
    search_help_text = _("Consumer key, API username, actor or request id, in full")
    sortable_by = ("date_added",)
    fields = (
        *("date_added", "deed", "kind", "name", "store_public_id", "username", "consumer_key"),
        *("kind_of_actor", "actor_name", "client_ip", "request_id", "reason"),
        *("values_before", "values_after"),
    )

    @admin.display(description=_("action"))
    def deed(self, record: ChangeRecord) -> str:
        return in_words(record.action)

    @admin.display(description=_("kind of actor"))
    def kind_of_actor(self, record: ChangeRecord) -> str:
        return in_words(record.actor_kind)

    @admin.display(description=_("before"))
    def values_before(self, record: ChangeRecord) -> SafeString:
        return _values(record.before)

    @admin.display(description=_("after"))
    def values_after(self, record: ChangeRecord) -> SafeString:
        return _values(record.after)


@admin.register(SpentNonce)
class SpentNonceAdmin(NoStoreAdmin):
    """Until when signed calls are remembered."""

    list_display = ("useless_from",)
    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The list only: a row is named by its digest, which nobody needs to see."""
        return obj is None and super().has_view_permission(request)


@admin.register(WorkerLease)
class WorkerLeaseAdmin(NoStoreAdmin):
    """Which worker works, and until when it may be away before another one does."""

    list_display = ("holder", "expires_at", "wanted_at")


def _values(values: dict[str, Any]) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(values, indent=2, ensure_ascii=False))
