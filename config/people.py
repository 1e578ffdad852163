"""Console users and groups in the admin: superusers only, every change kept, nobody locked out."""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from apikeys import networks, people
from apikeys.actor import Actor
from apikeys.admin import password_first
from apikeys.admin.guarded import GuardedAdmin, NoStoreAdmin
from apikeys.forms.opened import STALE
from apikeys.models import ChangeRecord
from apikeys.models.scope import Person

if TYPE_CHECKING:
    BaseForm = forms.ModelForm[Any]
    BasePersonForm = UserChangeForm[User]
    BaseUserAdmin = UserAdmin[User]
else:
    BaseForm, BasePersonForm, BaseUserAdmin = forms.ModelForm, UserChangeForm, UserAdmin


SHOWN: Final = 5


class StateForm(BaseForm):
    """Knows what the record was when the form was opened, and does not undo a newer change.

    Django's people and groups have no moment of their last change: their values name their state.
    """

    opened = forms.CharField(label="", widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["opened"] = state_of(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Nobody moves it between here and the deed: the page holds what people are changed under.
        if self.instance.pk and cleaned.get("opened") != state_of(self.instance):
            raise ValidationError(STALE, code="stale")
        return cleaned


class RoleForm(StateForm):
    class Meta:
        model = Group
        fields = ("name", "permissions")


class PersonForm(StateForm, BasePersonForm):
    """Somebody who can let others in must remain."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = User.objects.filter(is_active=True, is_superuser=True).exclude(pk=self.instance.pk)
        stays = cleaned.get("is_active") and cleaned.get("is_superuser")
        if not stays and not others.exists():
            raise ValidationError(
                _("This is the last active superuser: nobody could give anybody access any more."),
                code="last_superuser",
            )
        return cleaned


class SuperuserAdmin(GuardedAdmin):
    """Whoever may edit people or groups could give themselves anything: superusers only.

    Every addition, change, new password and deletion is kept as a change record. Django's own
    pages end each of them in one of the three methods that write its log.
    """

    def visible(self, rows: QuerySet[Any], user: Person) -> QuerySet[Any]:
        return rows

    def changes_of(self, obj: Any) -> QuerySet[ChangeRecord]:
        named = ChangeRecord.objects.filter(name=people.name_of(obj))
        return named.filter(kind=ChangeRecord.Kind.CONSOLE).order_by("-date_added", "-pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request) and obj != request.user

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None else [*fieldsets, (None, {"fields": ("opened",)})]

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        return _alone(request, partial(super().changeform_view, request, *args, **options))

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        return _alone(request, partial(super().delete_view, request, *args, **options))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found: Any = super().get_object(request, object_id, from_field)
        found.before = people.snapshot(found)
        return found

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        people.note(
            Actor.from_request(request), "created", obj, before={}, after=people.snapshot(obj)
        )
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        after = people.snapshot(obj)
        people.note(Actor.from_request(request), "changed", obj, before=obj.before, after=after)
        if obj.before.get("is_active") and not after["is_active"]:
            people.end_sessions(obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        for obj in queryset:
            people.note(
                Actor.from_request(request), "deleted", obj, before=people.snapshot(obj), after={}
            )
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]


class PersonAdmin(SuperuserAdmin, BaseUserAdmin):
    form = PersonForm
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")
    sortable_by = ("username", "last_login")
    readonly_fields = ("last_login", "date_joined")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """An integration must not stop because somebody leaves: say first what they own."""
        person = self.get_object(request, unquote(object_id))
        owned = person.api_users.order_by("username")[: SHOWN + 1] if person else []
        if not owned or not self.has_delete_permission(request, person):
            return super().delete_view(request, object_id, extra_context)
        names = ", ".join(user.username for user in owned[:SHOWN]) + "…" * (len(owned) > SHOWN)
        sentence = _("Cannot delete %(person)s, who still owns API users: %(names)s.")
        messages.error(
            request,
            format_html(
                '{} <a href="{}">{}</a>',
                sentence % {"person": person, "names": names},
                reverse("help_topic", args=["cannot-delete"]),
                _("Hand them over first"),
            ),
        )
        return redirect("admin:auth_user_change", person.pk)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        return _alone(request, partial(super().user_change_password, request, id, form_url))


class RoleAdmin(SuperuserAdmin, GroupAdmin):
    form = RoleForm
    fields = ("name", "permissions")


def state_of(obj: Any) -> str:
    """Names the state of a person or group; the password is set on a page of its own."""
    values = people.snapshot(obj) | {"password": ""}
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


@sensitive_post_parameters()
def _alone(request: HttpRequest, page: Callable[[], Any]) -> Any:
    """Change people one superuser after the other, after the password, as long as one is one.

    An open session must not do here what it takes the password for elsewhere: it would give itself
    a new password, or make a superuser who outlasts it. Whoever had to wait may not be a superuser
    any more: two who demote each other in the same instant would otherwise leave none.
    """
    is_superuser = request.user.is_active and request.user.is_superuser
    if is_superuser and (question := password_first.question(request, admin.site)) is not None:
        return question
    if request.method != "POST":
        return page()
    with transaction.atomic():
        people.hold()
        if people.read_again(cast(User, request.user)) is None:
            raise PermissionDenied
        return page()


class LoginAdmin(NoStoreAdmin):
    """Logins and failed logins, without the rest of what was sent."""

    list_display = ("attempt_time", "username", "ip_address", "user_agent")
    search_fields = ("=username",)
    search_help_text = _("Username or IP address, in full")
    sortable_by = ("attempt_time",)
    fields = (*list_display, "path_info")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if ip := networks.canonical_ip(search_term.strip()):
            return queryset.filter(ip_address=ip), False
        return super().get_search_results(request, queryset, search_term)


class FailedLoginAdmin(LoginAdmin):
    list_display = (*LoginAdmin.list_display, "failures_since_start")  # type: ignore[assignment]
    fields = (*list_display, "path_info")  # type: ignore[assignment]


for model, page in {
    User: PersonAdmin,
    Group: RoleAdmin,
    AccessAttempt: FailedLoginAdmin,
    AccessLog: LoginAdmin,
    AccessFailureLog: LoginAdmin,
}.items():
    admin.site.unregister(model)
    admin.site.register(model, page)
