"""When a key ends: never, after some days, or at the end of a day in the operator's zone."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

PRESETS: Final = (7, 30, 90, 180, 365)
LAST_DATE: Final = date(9998, 12, 31)  # one more day and every zone can still tell its midnight

CHOICES: Final = [
    ("never", _("No expiry")),
    *((str(days), format_lazy(_("In {days} days"), days=days)) for days in PRESETS),
    ("date", _("On a date…")),
]


class ExpiryFields(forms.Form):
    """The two fields and what they mean together."""

    expiry = forms.ChoiceField(label=_("Expiry"), choices=CHOICES, initial="never", required=False)
    expiry_date = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only with “On a date”: the key works until the end of this day."),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.get("expiry") or "never"
        day = cleaned.get("expiry_date")
        if chosen == "date" and "expiry_date" not in self.errors:
            if day is None:
                self.add_error("expiry_date", ValidationError(_("Choose the last day.")))
            elif not timezone.localdate() <= day <= LAST_DATE:
                self.add_error("expiry_date", ValidationError(_("Choose today or a later day.")))
            else:
                cleaned["expires_at"] = end_of(day)
        elif day is not None:
            # Otherwise a key that was meant to end on that day would never end.
            message = _("Choose “On a date…” as the expiry, or clear this day.")
            self.add_error("expiry_date", ValidationError(message, code="ambiguous"))
        elif chosen.isdecimal():
            cleaned["expires_at"] = timezone.now() + timedelta(days=int(chosen))
        else:
            cleaned.setdefault("expires_at", None)
        return cleaned


def end_of(day: date) -> datetime:
    """The midnight that ends a day, in the zone in which the operator reads times."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
