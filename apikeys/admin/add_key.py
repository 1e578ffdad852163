"""The admin's "Add API key": the console's own form and its own page that shows the secret once."""

from typing import Any

from django import forms
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from apikeys.actor import Actor
from apikeys.admin.deeds import DeedAdmin
from apikeys.forms.key_create import KeyCreateForm
from apikeys.forms.submitted import AlreadySubmitted
from apikeys.models import Permission
from apikeys.views import password_again
from apikeys.views.form_page import posted
from apikeys.views.issued import issued

Fieldsets = list[tuple[str | None, dict[str, Any]]]


class KeyAddForm(KeyCreateForm):
    """The console's form, and below it what the console asks on a page of its own."""

    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, from any address"),
        help_text=gettext_lazy(
            "This key may change data, and from any address: whoever gets hold of it can use it "
            "from everywhere. Name the addresses of the caller if they are known."
        ),
        required=False,
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        help_text=gettext_lazy(
            "Needed for a key that may write; asked at most once in 15 minutes."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        required=False,
        strip=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        resources: Any = self.fields["resources"]
        resources.widget = forms.CheckboxSelectMultiple(choices=resources.choices)
        for name in ("username", "description", "rate_limit"):
            self.fields[name].widget.attrs["class"] = "vTextField"

    @property
    def asks_to_confirm(self) -> bool:
        return self.is_bound and not self.errors.keys() - {"confirmed", "password"} and self.is_wide

    def fieldsets(self, *, is_due: bool) -> Fieldsets:
        """The fields in the admin's order; questions only when they are open."""
        store = [] if self.only_store else ["store"]
        last = ["confirmed"] if self.asks_to_confirm else []
        if is_due:
            last.append("password")
        sets: Fieldsets = [
            (None, {"fields": ["username", *store, "owner", "description", "status", "mode"]}),
            (_("From where"), {"fields": ["allowed_ips", "any_ip"]}),
            (_("What it may do"), {"fields": ["permission", "resources", "signing"]}),
            (
                _("For how long and how often"),
                {"fields": ["expiry", "expiry_date", "rate_limit", "submission"]},
            ),
        ]
        return [*sets, (_("Please confirm"), {"fields": last})] if last else sets


class KeyIssuingAdmin(DeedAdmin):
    """Issues keys. Everything that Django's own form would do is replaced."""

    @method_decorator(sensitive_post_parameters("password"))
    @method_decorator(sensitive_variables("made"))
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyAddForm(posted(request), operator=request.user)
        if form.is_bound and form.is_valid() and self._confirmed(request, form):
            try:
                with transaction.atomic():
                    made = form.issue(actor=Actor.from_request(request))
                    if made is not None:
                        self.log_addition(request, made[0], [{"added": {}}])
            except AlreadySubmitted as repeated:
                context = {"key": repeated.made}
                return render(request, "apikeys/key_already_issued.html", context, status=409)
            if made is not None:
                return issued(request, *made)
        return self._show(request, form)

    def _confirmed(self, request: HttpRequest, form: KeyAddForm) -> bool:
        if form.is_wide and not form.cleaned_data["confirmed"]:
            form.add_error("confirmed", _("This key is wide. Confirm it, or name addresses."))
        elif form.cleaned_data["permission"] != Permission.READ and (
            error := password_again.error_in(request)
        ):
            form.add_error("password", error)
        return not form.errors

    def _show(self, request: HttpRequest, form: KeyAddForm) -> HttpResponse:
        fieldsets = form.fieldsets(is_due=password_again.is_due(request))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add %s") % self.opts.verbose_name,
            "adminform": helpers.AdminForm(form, fieldsets, {}, model_admin=self),  # type: ignore[arg-type]
            "errors": helpers.AdminErrorList(form, []) if form.is_bound else [],  # type: ignore[arg-type]
            "inline_admin_formsets": [],
            "media": self.media,
            "original": None,
            "is_popup": False,
            "to_field": None,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return self.render_change_form(request, context, add=True)
