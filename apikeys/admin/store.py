"""Stores in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import URLField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.deeds import DeedAdmin, DeedForm
from apikeys.forms.people import NewStoreForm, staff_for
from apikeys.models import Store


class StoreAddForm(NewStoreForm, DeedForm):
    """The admin's fields of a new store, opened as the console opens it."""


@admin.register(Store)
class StoreAdmin(DeedAdmin):
    """A store is opened, changed, disabled and enabled; it is never deleted."""

    list_display = ("name", "public_id", "status", "currency", "website", "date_added")
    list_filter = ("status",)
    search_fields = ("=name", "=public_id")
    search_help_text = _("Name or Store ID, in full")
    sortable_by = ("name", "date_added")
    readonly_fields = ("public_id", "status", "disabled_at", "date_added", "date_modified")
    filter_horizontal = ("staff",)
    formfield_overrides: ClassVar[dict[Any, Any]] = {URLField: {"assume_scheme": "https"}}

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("store_detail", args=[obj.public_id])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who is staff of a store decides who sees it, so superusers alone may say it."""
        fields = ["name", "currency", "website"]
        if request.user.is_superuser:
            fields.append("staff")
        return [*fields, *(["submission"] if obj is None else self.readonly_fields)]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        if obj is None:
            options["form"] = StoreAddForm
        form: Any = super().get_form(request, obj, change, **options)
        if "staff" in form.base_fields:
            form.base_fields["staff"].queryset = staff_for(obj)
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = Actor.from_request(request)
        if change:
            names = ("name", "currency", "website")
            obj.change(actor=actor, **{name: form.cleaned_data[name] for name in names})
            return
        self.take_over(obj, form.open(actor=actor))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        store, actor = form.instance, Actor.from_request(request)
        if "staff" in form.cleaned_data:
            store.set_staff(form.cleaned_data["staff"], actor=actor)
        elif not change:
            # Whoever opens a store works in it; otherwise it would vanish before their eyes.
            store.set_staff([request.user], actor=actor)
