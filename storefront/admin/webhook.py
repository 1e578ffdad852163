"""Webhooks and their deliveries in the admin. Secrets are made and shown in the console only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.deeds import DeedAdmin
from apikeys.admin.guarded import ReadOnlyAdmin, StoreFilter
from storefront.models import Delivery, Webhook


@admin.register(Webhook)
class WebhookAdmin(DeedAdmin):
    list_display = ("url", "status", "disabled_reason", "store", "failures", "date_added")
    list_filter = ("status", StoreFilter)
    list_select_related = ("store",)
    search_fields = ("url",)
    search_help_text = _("Words of the URL, or the id")
    sortable_by = ("date_added", "failures")
    deletion_takes_password = True
    what_a_deletion_does = _(
        "Its receiver is told nothing more, and nothing can bring its secret back. To stop it for "
        "a while, disable it. The log is kept for a month."
    )
    readonly_fields = (
        *("store", "public_id", "events", "dialect", "status", "disabled_reason"),
        *("failing_since", "failures", "date_added", "date_modified"),
    )
    fields = ("url", *readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the sealed secrets: what was never read cannot be shown by mistake."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(deleted_at=None)
        return rows.defer("sealed", "former_sealed")

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("webhook_detail", args=[obj.public_id])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.change(actor=Actor.from_request(request), url=form.cleaned_data["url"])


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The delivery log: status and duration, never a word of what a receiver said."""

    class OfStore(StoreFilter):
        lookup = "webhook__store__public_id"

    list_display = ("date_added", "type", "status", "response_status", "duration_ms", "webhook")
    list_filter = ("status", OfStore)
    list_select_related = ("webhook", "event")
    search_fields = ("=public_id", "=event__invoice__public_id")
    search_help_text = _("Delivery id or invoice id, in full")
    sortable_by = ("date_added",)
    fields = (
        *("public_id", "webhook", "type", "invoice", "status", "response_status", "duration_ms"),
        *("error_text", "attempts", "next_attempt_at", "date_added", "date_modified"),
    )
    readonly_fields = fields

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("delivery_detail", args=[obj.public_id])

    @admin.display(description=_("event"))
    def type(self, delivery: Delivery) -> str:
        return delivery.event.get_type_display()

    @admin.display(description=_("invoice"))
    def invoice(self, delivery: Delivery) -> str:
        return delivery.event.invoice.public_id
