"""A form that was opened before a newer change cannot undo it."""

from typing import Any

from django import forms
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys.models.changeable import Changeable

STALE = _(
    "This was changed after you opened the form, so nothing was saved. Open it again to see how "
    "it is now."
)


def state_of(record: Changeable) -> str:
    """Names the state of a record: every deed moves the moment of its last change."""
    return record.date_modified.isoformat()


def require_unchanged(record: Changeable, opened: str | None) -> None:
    """Lock the record and refuse the form when it was opened on another state.

    Called inside the transaction of the deed, so that nobody moves the record in between.
    """
    try:
        record.lock()
    except ObjectDoesNotExist as error:
        raise ValidationError(STALE, code="stale") from error
    if opened != state_of(record):
        raise ValidationError(STALE, code="stale")


class RevisionField(forms.IntegerField):
    """The revision of the key that the form was opened on; the deed compares it."""

    def __init__(self) -> None:
        super().__init__(
            label=_("State of the key"),
            widget=forms.HiddenInput,
            min_value=0,
            max_value=2**31 - 1,
        )


class OpenedForm(forms.Form):
    """A form for a record as it was when opened; without a record, a form for a new one."""

    opened = forms.CharField(label="", widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, record: Changeable | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        if record is not None:
            self.initial["opened"] = state_of(record)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opened = cleaned.pop("opened", None)
        if self.record is not None:
            require_unchanged(self.record, opened)
        return cleaned
