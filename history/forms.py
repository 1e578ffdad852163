"""Which keys to take out of use in an incident."""

from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.forms.choices import offer_rows
from apikeys.models import Permission, Store
from apikeys.models.scope import Person
from apikeys.text import plain_text
from history.filters import SENSIBLE_DATES, network

SEE_CALLS: Final = "history.view_callrecord"


class IncidentForm(forms.Form):
    """Which keys; all conditions must fit."""

    seen_from = forms.CharField(
        label=_("Seen from this address or network"),
        help_text=_("Keys with a call from there in the last 30 days."),
        required=False,
        max_length=50,
        validators=[network],
    )
    username = forms.CharField(
        label=_("API user"), required=False, max_length=64, validators=[plain_text]
    )
    store = forms.ModelChoiceField(
        label=_("Store"),
        required=False,
        queryset=Store.objects.none(),
        to_field_name="public_id",
        empty_label=_("Any"),
    )
    permission = forms.ChoiceField(
        label=_("Permission level"), required=False, choices=[("", _("Any")), *Permission.choices]
    )
    created_since = forms.DateField(
        label=_("Created on or after"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=SENSIBLE_DATES,
    )
    created_before = forms.DateField(
        label=_("Created before"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=SENSIBLE_DATES,
    )
    everything = forms.BooleanField(label=_("All keys"), required=False)

    def __init__(self, data: Any, *, viewer: Person) -> None:
        super().__init__(data)
        offer_rows(self, "store", Store.objects.visible_to(viewer))
        if not viewer.has_perm(SEE_CALLS):
            del self.fields["seen_from"]

    def clean(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        # Nothing chosen must not mean everything.
        if not self.errors and not any(found.values()):
            raise forms.ValidationError(_("Say which keys: choose at least one condition."))
        since, before = found.get("created_since"), found.get("created_before")
        if since and before and since >= before:
            self.add_error(
                "created_before", _("No day lies between the two: choose a later one here.")
            )
        return found

    @property
    def conditions(self) -> dict[str, Any]:
        """What ``affected_keys`` is asked."""
        found = {name: value for name, value in self.cleaned_data.items() if value}
        found.pop("everything", None)
        if "store" in found:
            found["store"] = found["store"].public_id
        for name in {"created_since", "created_before"} & found.keys():
            found[name] = timezone.make_aware(datetime.combine(found[name], datetime.min.time()))
        return found

    @property
    def answers(self) -> dict[str, str]:
        """The chosen conditions as the form takes them again."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return {
            name: "on" if value is True else str(getattr(value, "public_id", value))
            for name, value in chosen.items()
        }
