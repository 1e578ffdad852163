"""How somebody likes to see the console."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apikeys.forms.choices import offer_values
from apikeys.preferences import PAGE_SIZES, THEMES, zones


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES.items(), required=False)
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    per_page = forms.TypedChoiceField(
        label=_("Rows per page"), choices=[(size, size) for size in PAGE_SIZES], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(zone, zone) for zone in sorted(zones())]
        offer_values(self, "zone", [("", settings.TIME_ZONE), *named])
