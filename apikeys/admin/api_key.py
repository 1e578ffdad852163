"""API keys in the admin."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_value
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.add_key import KeyIssuingAdmin
from apikeys.admin.allowed_ip import AllowedIPInline
from apikeys.admin.deeds import DeedForm
from apikeys.admin.guarded import StoreFilter
from apikeys.admin.records import without_proof
from apikeys.forms.choices import offer_values
from apikeys.forms.key_settings import offered_resources
from apikeys.models import AllowedIP, APIKey, Permission, Secret
from apikeys.models.api_key import APIKeyQuerySet
from apikeys.models.key_lists import KeyState
from apikeys.models.scope import Person
from apikeys.total import count_beside
from apikeys.views import password_again

if TYPE_CHECKING:
    BaseInline = admin.TabularInline[Secret, APIKey]
else:
    BaseInline = admin.TabularInline


class KeyChangeForm(DeedForm):
    """The settings of an issued key."""

    resources = forms.MultipleChoiceField(
        label=_("Resources"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Choose none to allow all but the privileged ones."),
    )
    # Whoever fills it in, and whether their password was typed long ago; set by the page.
    operator: Person = AnonymousUser()
    password_is_due = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "resources" in self.fields:
            offered = offered_resources(self.operator, self.instance.resources)
            offer_values(self, "resources", ((name, name) for name in offered))

    def clean_expires_at(self) -> Any:
        """As it was, unless somebody changed it: the page shows no fractions of a second.

        Otherwise each change would move it a little, and that of an expired key be refused.
        """
        if "expires_at" in self.changed_data:
            return self.cleaned_data["expires_at"]
        return self.instance.expires_at

    def clean_permission(self) -> str:
        """What lets a key write takes the password, which the console's page asks for."""
        asked = str(self.cleaned_data["permission"])
        reads = self.instance.permission == Permission.READ
        if reads and asked != Permission.READ and self.password_is_due:
            raise forms.ValidationError(
                _("Letting a key write takes your password: edit it in the console."),
                code="password",
            )
        return asked


class StateFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in KeyState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value()
        return cast(APIKeyQuerySet, queryset).in_state(state) if state else queryset


class PermissionFilter(admin.SimpleListFilter):
    title = _("permission level")
    parameter_name = "permission"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(level.value, level.label) for level in Permission]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        level = self.value()
        return cast(APIKeyQuerySet, queryset).with_permission(level) if level else queryset


class OfStore(StoreFilter):
    lookup = "api_user__store__public_id"


class SecretInline(BaseInline):
    """The versions of the key's secret, to look at."""

    model = Secret
    fields = readonly_fields = ("version", "date_added", "retires_at", "used_at", "refused_at")
    extra = max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Secret]:
        return without_proof(super().get_queryset(request)).select_related("api_key")

    @admin.display(description=_("last used"))
    def used_at(self, secret: Secret) -> str:
        return str(display_for_value(secret.used_at, "-"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("apikeys.view_apikey"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(APIKey)
class APIKeyAdmin(KeyIssuingAdmin):
    """A key is issued, changed, disabled, enabled, and deleted once it is disabled."""

    form = KeyChangeForm
    list_display = (
        *("api_user", "state_text", "hint", "permission", "addresses", "description"),
        *("last_used_at", "date_added", "date_modified"),
    )
    list_display_links = ("api_user", "hint")
    list_filter = (StateFilter, PermissionFilter, OfStore)
    list_select_related = ("api_user__store", "api_user__owner")
    search_fields = ("consumer_key", "api_user__username", "description")
    search_help_text = _(
        "Words of the description or API username, owner, end of the key, address or network"
    )
    sortable_by = ("last_used_at", "date_added", "date_modified")
    change_form_template = "apikeys/admin/key_change.html"
    deletion_takes_password = True
    what_a_deletion_does = _(
        "Its secrets and allowed IPs go with it; its calls and its changes stay."
    )
    inlines = (AllowedIPInline, SecretInline)
    readonly_fields = (
        *("api_user", "consumer_key", "mode", "state_text", "disabled_at"),
        *("last_used_at", "date_added", "date_modified"),
    )
    fieldsets = (
        (None, {"fields": ("api_user", "consumer_key", "mode", "description")}),
        (_("What it may do"), {"fields": ("permission", "resources")}),
        (_("For how long and how often"), {"fields": ("expires_at", "rate_limit")}),
        (_("From where"), {"fields": ("any_ip",)}),
        (
            _("State"),
            {"fields": readonly_fields[3:]},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        count = count_beside(AllowedIP.objects.all(), "api_key")
        return rows.annotate(address_count=count)  # type: ignore[no-any-return]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """A form that offers what this person may give."""
        form: Any = super().get_form(request, obj, change, **options)
        form.operator = request.user
        form.password_is_due = password_again.is_due(request)
        return form

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("key_detail", args=[obj.consumer_key])

    @admin.display(description=_("key"))
    def hint(self, key: Any) -> str:
        return str(key.hint)

    @admin.display(description=_("kind"))
    def mode(self, key: Any) -> str:
        return gettext("Test") if key.mode == "test" else gettext("Live")

    @admin.display(description=_("status"))
    def state_text(self, key: Any) -> str:
        state = gettext("Expired") if key.state == "expired" else key.get_status_display()
        obstacle = key.api_user.obstacle
        return f"{state} ({obstacle.label})" if obstacle else str(state)

    @admin.display(description=_("allowed IPs"))
    def addresses(self, key: Any) -> str:
        if key.any_ip:
            return gettext("Any address")
        count = key.address_count
        return ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count}

    def may_be_deleted(self, obj: Any) -> bool:
        return not obj.is_enabled

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.change(
            actor=Actor.from_request(request),
            **{name: form.cleaned_data[name] for name in APIKey.SETTINGS},
        )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)  # sorts the rows into new, changed and deleted
        key, actor = form.instance, Actor.from_request(request)
        key.disallow_ips([row.network for row in formset.deleted_objects], actor=actor)
        for row, _changed in formset.changed_objects:
            key.label_ip(row.network, label=row.label, actor=actor)
        key.allow_ips([(row.network, row.label) for row in formset.new_objects], actor=actor)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        if obj.any_ip:
            self.message_user(request, gettext("Any address may use this key."), messages.WARNING)
        elif not obj.allowed_ips.exists():
            sentence = gettext("No address is allowed: nobody can use this key now.")
            self.message_user(request, sentence, messages.WARNING)
        return super().response_change(request, obj)
