"""Admin pages that change things: only through the deeds, and never over a newer change."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import BadRequest, ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from apikeys.actor import Actor
from apikeys.admin.guarded import GuardedAdmin
from apikeys.forms.opened import STALE, require_unchanged, state_of
from apikeys.forms.submitted import AlreadySubmitted
from apikeys.models import StaleRevision
from apikeys.views import password_again

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    BaseForm = forms.ModelForm[Any]
else:
    BaseForm = forms.ModelForm

MAX_CHOSEN = 1000


class DeedForm(BaseForm):
    """A form that knows which state of the record it was opened on.

    It is sent inside the admin's transaction: the row is locked before it is compared, so that
    between the comparison and the deed nobody else can move it.
    """

    opened = forms.CharField(label="", widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["opened"] = state_of(self.instance)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk:
            require_unchanged(self.instance, self.cleaned_data.get("opened"))
        return cleaned


class ReasonForm(ActionForm):
    """The list's actions, with the reason that goes into the change records."""

    reason = forms.CharField(label=_("Reason:"), required=False, max_length=500)


class DeedAdmin(GuardedAdmin):
    """Edits, switches and deletions of one model, each by the deed that keeps its change record."""

    form = DeedForm
    actions: Sequence[str] = ("disable_chosen", "enable_chosen")
    action_form = ReasonForm
    save_as = False
    delete_confirmation_template = "apikeys/admin/delete.html"
    deletion_takes_password = False
    what_a_deletion_does: "str | StrPromise" = ""
    # What the form shows beyond the model's own fields, hidden.
    hidden_fields = ("opened",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The form's state goes with it, unless there is nothing to send."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": self.hidden_fields}))
        return fieldsets

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or self.may_be_deleted(obj))

    def may_be_deleted(self, obj: Any) -> bool:
        """Whether the deed would delete this record in its present state."""
        return True

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Secrets and allowed IPs go with their key: no permission of their own is asked for."""
        shown, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    @staticmethod
    def take_over(obj: Any, made: Any) -> None:
        """Let the admin go on with what a deed made, in the object of its form."""
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        obj.delete(actor=Actor.from_request(request))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if "_saveasnew" in request.POST:
            raise BadRequest("Records are not copied.")
        return self._or_complain(
            request,
            lambda: super(DeedAdmin, self).changeform_view(
                request, object_id, form_url, extra_context
            ),
        )

    @method_decorator(sensitive_post_parameters("password"))
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Asks for the password again where the console does."""
        context: dict[str, Any] = {"what_else": self.what_a_deletion_does}
        if self.deletion_takes_password:
            # Outside of the deletion's transaction, which would forget a wrong guess.
            if request.method == "POST" and (error := password_again.error_in(request)):
                self.message_user(request, error, messages.ERROR)
                return HttpResponseRedirect(request.get_full_path())
            context["is_due"] = password_again.is_due(request)
        return self._or_complain(
            request, lambda: super(DeedAdmin, self).delete_view(request, object_id, context)
        )

    def _or_complain(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """What a deed refuses is said on the page; the view's transaction is undone by then."""
        try:
            return view()
        except AlreadySubmitted as repeated:
            self.message_user(request, gettext("The form was sent twice, and carried out once."))
            place = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
            return redirect(place, repeated.made.pk)
        except (StaleRevision, ObjectDoesNotExist):
            sentences = [str(STALE)]
        except ValidationError as error:
            sentences = error.messages
        for sentence in sentences:
            self.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Disable the chosen"), permissions=["change"])
    def disable_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch_chosen(request, queryset, "disable")

    @admin.action(description=_("Enable the chosen"), permissions=["change"])
    def enable_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch_chosen(request, queryset, "enable")

    def _switch_chosen(self, request: HttpRequest, queryset: QuerySet[Any], deed: str) -> None:
        """All or none, in one order, so that two people doing the same cannot block each other."""
        # Without what the list adds for its columns, and each row once.
        ids = queryset.order_by().values("pk")
        chosen = list(
            self.model._default_manager.filter(pk__in=ids).order_by("pk")[: MAX_CHOSEN + 1]
        )
        if len(chosen) > MAX_CHOSEN:
            sentence = gettext("Choose at most %(limit)s rows at once; nothing was changed.")
            self.message_user(request, sentence % {"limit": MAX_CHOSEN}, messages.ERROR)
            return
        actor = Actor.from_request(request)
        reason = request.POST.get("reason", "")
        with transaction.atomic():
            count = sum(getattr(one, deed)(actor=actor, reason=reason) for one in chosen)
        self.message_user(request, _switched(deed, count), messages.SUCCESS)


def _switched(deed: str, count: int) -> str:
    if deed == "disable":
        text = ngettext("%(count)s was disabled.", "%(count)s were disabled.", count)
    else:
        text = ngettext("%(count)s was enabled.", "%(count)s were enabled.", count)
    return text % {"count": count}
