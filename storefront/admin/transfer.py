"""Session transfers in the admin: where they lead, and which there were."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.guarded import ReadOnlyAdmin, StoreFilter
from storefront.admin.in_store import InStoreAdmin
from storefront.models import SessionTransfer, TransferTarget


@admin.register(TransferTarget)
class TransferTargetAdmin(InStoreAdmin):
    """Where the links of an action lead. A target that nobody has set is as it was shipped."""

    list_display = ("action", "store", "enabled", "url", "date_modified")
    list_filter = ("action", "enabled", StoreFilter)
    sortable_by = ("date_modified",)
    settled = ("store", "action")
    editable = ("url", "enabled")

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("target_edit", args=[obj.store.public_id, obj.action])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = TransferTarget.objects.set(
            actor=Actor.from_request(request),
            store=obj.store,
            action=obj.action,
            **{name: form.cleaned_data[name] for name in self.editable},
        )
        self.take_over(obj, made)


@admin.register(SessionTransfer)
class SessionTransferAdmin(ReadOnlyAdmin):
    """Links that were made with a ticket, and signed ones that were used."""

    list_display = ("action", "store", "cart", "consumer_key", "is_signed", "date_added", "used")
    list_filter = (StoreFilter,)
    list_select_related = ("store", "cart")
    search_fields = ("=public_id", "=cart__public_id", "=consumer_key")
    search_help_text = _("Transfer, cart or consumer key, in full")
    sortable_by = ("date_added",)
    fields = (
        *("public_id", "store", "cart", "action", "subscription", "client"),
        *("consumer_key", "is_signed", "date_added", "expires_at", "spent_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("digest")

    @admin.display(description=_("used"), boolean=True)
    def used(self, transfer: Any) -> bool:
        return transfer.spent_at is not None
