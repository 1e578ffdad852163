"""Allowed IPs in the admin: a part of their key's page, and a list to search over all keys."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.admin.guarded import OfKeyAdmin
from apikeys.models import AllowedIP, APIKey

if TYPE_CHECKING:
    BaseForm = forms.ModelForm[AllowedIP]
    BaseInline = admin.TabularInline[AllowedIP, APIKey]
    BaseFormSet = forms.BaseInlineFormSet[AllowedIP, APIKey, BaseForm]
else:
    BaseForm, BaseInline = forms.ModelForm, admin.TabularInline
    BaseFormSet = forms.BaseInlineFormSet

# Django reads at most 1,000 fields of a form; longer lists are edited in the console.
EDITABLE_ROWS = 200


class AllowedIPForm(BaseForm):
    """An address, a network, or a wildcard as people write it; later only its label changes."""

    network = forms.CharField(label=_("Address or network"), max_length=networks.ENTRY_LENGTH)

    class Meta:
        model = AllowedIP
        fields = ("network", "label")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["network"].disabled = bool(self.instance.pk)

    def clean_network(self) -> str:
        try:
            return networks.parse_entry(self.cleaned_data["network"])
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error


class AllowedIPFormSet(BaseFormSet):
    """Names each field: the headings of Django's table do so to the eye only."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs["aria-label"] = field.label


class AllowedIPInline(BaseInline):
    """Whoever may change the key may change its list: they are one decision.

    The key's page has counted the list: ``address_count``.
    """

    model = AllowedIP
    form = AllowedIPForm
    formset = AllowedIPFormSet
    fields = ("network", "label", "date_added")
    readonly_fields = ("date_added",)
    ordering = ("pk",)
    extra = 1
    max_num = EDITABLE_ROWS + 50

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Refuses a forged number of rows at once: each would be built and shown again."""
        asked = request.POST.get("allowed_ips-TOTAL_FORMS", "")
        rows = obj.address_count if obj is not None else 0
        most = max(EDITABLE_ROWS + 50, rows)
        if asked and not (re.fullmatch("[0-9]{1,4}", asked) and int(asked) <= most):
            raise BadRequest("The form has more rows than it may have.")
        return super().get_formset(request, obj, **options)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("apikeys.view_apikey")) or self._may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_short = obj is None or obj.address_count <= EDITABLE_ROWS
        return is_short and self._may_change(request)

    has_add_permission = has_delete_permission = has_change_permission

    @staticmethod
    def _may_change(request: HttpRequest) -> bool:
        return bool(request.user.has_perm("apikeys.change_apikey"))


@admin.register(AllowedIP)
class AllowedIPAdmin(OfKeyAdmin):
    """Which keys may be used from where. Each list is edited on its key's page."""

    list_display = ("network", "wildcard", "label", "api_key", "date_added")
    search_fields = ("=network", *OfKeyAdmin.search_fields)
    search_help_text = _("Address, network, consumer key or API username, in full")
    sortable_by = ("network",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A network in any spelling."""
        try:
            term = networks.parse_entry(search_term.strip())
        except ValueError:
            term = search_term
        return super().get_search_results(request, queryset, term)

    @admin.display(description=_("also written"))
    def wildcard(self, allowed_ip: AllowedIP) -> str:
        return allowed_ip.spellings[1]
