"""How a key is rotated."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.opened import RevisionField

OVERLAPS = {
    "0": timedelta(0),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}


class KeyRotateForm(forms.Form):
    overlap = forms.ChoiceField(
        label=_("The old secret works for"),
        choices=[
            ("0", _("Not at all: refuse it now")),
            ("1h", _("1 hour more")),
            ("24h", _("24 hours more")),
            ("7d", _("7 days more")),
        ],
        initial="24h",
        widget=forms.RadioSelect,
    )
    signing = forms.ChoiceField(
        label=_("Signing (OAuth 1.0a)"),
        choices=[("", _("Leave as it is")), ("on", _("Switch on")), ("off", _("Switch off"))],
        required=False,
    )
    revision = RevisionField()

    def deed(self) -> dict[str, Any]:
        """What ``APIKey.rotate`` takes."""
        return {
            "overlap": OVERLAPS[self.cleaned_data["overlap"]],
            "signing": {"on": True, "off": False}.get(self.cleaned_data["signing"]),
            "revision": self.cleaned_data["revision"],
        }
