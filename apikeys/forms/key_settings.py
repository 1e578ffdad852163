"""The settings of a key that can be chosen when it is created and changed afterwards."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys import ratelimit
from apikeys.forms.choices import offer_values
from apikeys.forms.expiry import ExpiryFields
from apikeys.models import APIKey, Permission
from apikeys.models.scope import Person
from apikeys.text import plain_text


def offered_resources(user: Person, already: list[str] | None = None) -> list[str]:
    """The resources this user may give to a key; what it has already is not taken away."""
    privileged = settings.APIKEYS_PRIVILEGED_RESOURCES
    return [
        name
        for name in settings.APIKEYS_RESOURCES
        if name not in privileged or name in (already or ()) or user.has_perm(privileged[name])
    ]


class KeySettingsForm(ExpiryFields):
    description = forms.CharField(
        label=_("Description"),
        max_length=200,
        required=False,
        validators=[plain_text],
        help_text=_("What uses this key, and where: “ERP stock sync, server 2”."),
    )
    permission = forms.ChoiceField(
        label=_("Permission"), choices=Permission.choices, initial=Permission.READ
    )
    resources = forms.MultipleChoiceField(label=_("Resources"), required=False)
    any_ip = forms.BooleanField(label=_("Any address"), required=False)
    rate_limit = forms.CharField(
        label=_("Rate limit"),
        max_length=32,
        required=False,
        validators=[ratelimit.validate],
        help_text=_("For example 600/minute, 10/second, 20000/day, or none."),
    )

    def __init__(self, *args: Any, operator: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.operator = operator
        offered = offered_resources(operator, self.initial.get("resources"))
        offer_values(self, "resources", ((name, name) for name in offered))
        default = ratelimit.text_of("")
        self.fields["rate_limit"].widget.attrs["placeholder"] = default

    def key_settings(self) -> dict[str, Any]:
        """What the deeds on a key take."""
        return {name: self.cleaned_data[name] for name in APIKey.SETTINGS}

    def show(self, error: ValidationError) -> None:
        """Put what the deed complained about beside the field it is about."""
        shown_at = {"expires_at": "expiry_date"}
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            field = shown_at.get(name, name)
            self.add_error(field if field in self.fields else None, errors)
