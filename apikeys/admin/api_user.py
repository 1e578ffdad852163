"""API users in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.deeds import DeedAdmin
from apikeys.admin.guarded import StoreFilter
from apikeys.forms.people import owners_for
from apikeys.models import APIKey, APIUser, Store
from apikeys.models.api_user import validate_length
from apikeys.total import count_beside


@admin.register(APIUser)
class APIUserAdmin(DeedAdmin):
    """An API user is added, handed over, disabled, enabled, and deleted when it has no keys."""

    list_display = ("username", "store", "status", "owner", "number_of_keys", "date_added")
    list_filter = ("status", StoreFilter)
    list_select_related = ("store", "owner")
    search_fields = ("username", "owner__username")
    search_help_text = _("Words of the API username, or the owner")
    sortable_by = ("username",)
    what_a_deletion_does = _("Its name stays in the history and in the changes.")
    fields = ("username", "store", "owner")
    settled = ("username", "store", "status", "disabled_at", "date_added", "date_modified")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        count = count_beside(APIKey.objects.all(), "api_user")
        return rows.annotate(key_count=count)  # type: ignore[no-any-return]

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("user_detail", args=[obj.username])

    @admin.display(description=_("API keys"))
    def number_of_keys(self, api_user: Any) -> int:
        return int(api_user.key_count)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is None else (*self.fields, *self.settled[2:])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Name and store stay what history and keys know them by."""
        return () if obj is None else self.settled

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        """Only stores that the person may see."""
        if db_field.name == "store":
            options["queryset"] = Store.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """The owners on offer are those of the console's form."""
        form: Any = super().get_form(request, obj, change, **options)
        if "owner" in form.base_fields:
            form.base_fields["owner"].queryset = owners_for(request.user, obj)
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """A new name is shorter than an imported one may be."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "username" and field is not None:
            field.validators = [*field.validators, validate_length]
        return field

    def may_be_deleted(self, obj: Any) -> bool:
        return not obj.keys.exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor, owner = Actor.from_request(request), form.cleaned_data["owner"]
        if change:
            obj.hand_over(actor=actor, owner=owner)
            return
        made = APIUser.objects.add(
            actor=actor,
            store=form.cleaned_data["store"],
            username=form.cleaned_data["username"],
            owner=owner,
        )
        self.take_over(obj, made)
