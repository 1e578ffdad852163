"""Invoices in the admin: looked at, and marked by those who may."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.guarded import GuardedAdmin, StoreFilter
from storefront.models import Invoice, InvoiceStatus

MAX_CHOSEN = 200


@admin.register(Invoice)
class InvoiceAdmin(GuardedAdmin):
    """An invoice is never edited or deleted here; marking and archiving are actions of the list."""

    actions = ("mark_settled", "mark_invalid", "archive", "unarchive")
    list_display = ("public_id", "status", "due", "order_id", "store", "date_added")
    list_filter = ("status", StoreFilter)
    list_select_related = ("store",)
    search_fields = ("=public_id", "=order_id", "=buyer_email")
    search_help_text = _("Invoice id, order id or buyer's email, in full")
    sortable_by = ("date_added",)
    fields = (
        *("public_id", "store", "status", "additional_status", "due", "received", "order_id"),
        *("buyer_email", "redirect_url", "redirect_automatically", "referral_code"),
        *("wallet_message", "payment_methods", "metadata", "date_added", "date_modified"),
        *("expires_at", "archived_at", "checkout_link"),
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("storefront.mark_invoice"))

    def has_archive_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("storefront.change_invoice"))

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("invoice_detail", args=[obj.public_id])

    @admin.display(description=_("amount"))
    def due(self, invoice: Invoice) -> str:
        return f"{invoice.amount} {invoice.currency}"

    @admin.display(description=_("checkout page"))
    def checkout_link(self, invoice: Invoice) -> str:
        return invoice.checkout_link

    @admin.display(description=_("paid"))
    def received(self, invoice: Invoice) -> str:
        return f"{invoice.paid} {invoice.currency}"

    @admin.action(description=_("Mark the chosen as settled"), permissions=["mark"])
    def mark_settled(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, "mark", InvoiceStatus.SETTLED)

    @admin.action(description=_("Mark the chosen as invalid"), permissions=["mark"])
    def mark_invalid(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, "mark", InvoiceStatus.INVALID)

    @admin.action(description=_("Archive the chosen"), permissions=["archive"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, "archive")

    @admin.action(description=_("Take the chosen out of the archive"), permissions=["archive"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, "unarchive")

    def _each(self, request: HttpRequest, queryset: QuerySet[Any], deed: str, *values: str) -> None:
        """All or none, in one order, so that two people doing the same cannot block each other."""
        chosen = list(queryset.order_by("pk")[: MAX_CHOSEN + 1])
        if len(chosen) > MAX_CHOSEN:
            sentence = gettext("Choose at most %(limit)s rows at once; nothing was changed.")
            self.message_user(request, sentence % {"limit": MAX_CHOSEN}, messages.ERROR)
            return
        actor = Actor.from_request(request)
        try:
            with transaction.atomic():
                count = sum(getattr(invoice, deed)(*values, actor=actor) for invoice in chosen)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        text = ngettext("%(count)s was changed.", "%(count)s were changed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
