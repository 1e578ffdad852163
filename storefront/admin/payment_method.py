"""Payment methods in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.guarded import StoreFilter
from storefront.admin.in_store import InStoreAdmin
from storefront.forms.payment_method import SEE_DEBUG
from storefront.models import PaymentMethod


@admin.register(PaymentMethod)
class PaymentMethodAdmin(InStoreAdmin):
    """A payment method is added, changed and deleted. Its id and store stay as they are."""

    list_display = ("title", "code", "store", "enabled", "mode", "date_modified")
    list_filter = ("enabled", "mode", StoreFilter)
    search_fields = ("=code",)
    search_help_text = _("Id, in full")
    sortable_by = ("title", "code", "date_modified")
    settled = ("store", "code")
    editable = ("title", "enabled", "mode", "debug")

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("payment_method_edit", args=[obj.public_id])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Debug fields are for those who may see them."""
        fields = super().get_fields(request, obj)
        return fields if request.user.has_perm(SEE_DEBUG) else [f for f in fields if f != "debug"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = Actor.from_request(request)
        given = form.cleaned_data
        values = {name: given[name] for name in self.editable if name in given}
        if change:
            obj.change(actor=actor, **values)
            return
        made = PaymentMethod.objects.add(actor=actor, store=obj.store, code=given["code"], **values)
        self.take_over(obj, made)
