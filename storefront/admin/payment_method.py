"""Payment methods in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.deeds import DeedAdmin
from apikeys.admin.guarded import StoreFilter
from apikeys.models import Store
from storefront.forms.payment_method import SEE_DEBUG
from storefront.models import PaymentMethod


@admin.register(PaymentMethod)
class PaymentMethodAdmin(DeedAdmin):
    """A payment method is added, changed and deleted. Its id and store stay as they are."""

    actions = ()  # type: ignore[assignment]  # nothing to switch
    list_display = ("title", "code", "store", "enabled", "mode", "date_modified")
    list_filter = ("enabled", "mode", StoreFilter)
    list_select_related = ("store",)
    search_fields = ("code", "title")
    search_help_text = _("Id or title")
    sortable_by = ("title", "code", "date_modified")
    settled = ("store", "code", "date_added", "date_modified")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Debug fields are for those who may see them."""
        fields = ["store", "code", "title", "enabled", "mode"]
        if request.user.has_perm(SEE_DEBUG):
            fields.append("debug")
        return fields if obj is None else [*fields, *self.settled[2:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.settled

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        options["queryset"] = Store.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = Actor.from_request(request)
        names = ("title", "enabled", "mode", "debug")
        values = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
        if change:
            obj.change(actor=actor, **values)
            return
        made = PaymentMethod.objects.add(
            actor=actor, store=obj.store, code=form.cleaned_data["code"], **values
        )
        self.take_over(obj, made)
