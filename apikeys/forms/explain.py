"""Ask the gate what it would say to a call with a key."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys import explanation
from apikeys.models import APIKey
from apikeys.networks import ENTRY_LENGTH, canonical_ip
from apikeys.text import plain_text


class ExplainForm(forms.Form):
    ip = forms.CharField(label=_("Address"), max_length=ENTRY_LENGTH, validators=[plain_text])
    method = forms.ChoiceField(
        label=_("Method"), choices=[(name, name) for name in explanation.METHODS]
    )
    path = forms.CharField(
        label=_("Path"), max_length=300, initial="/api/v1/whoami", validators=[plain_text]
    )

    def __init__(self, *args: Any, key: APIKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    def clean_ip(self) -> str:
        address = canonical_ip(self.cleaned_data["ip"])
        if address is None:
            raise ValidationError(_("This is not an IP address."), code="invalid")
        return address

    def explanation(self) -> explanation.Explanation | None:
        """The gate's own decision, check by check; None when the question has no answer."""
        if not self.is_valid():
            return None
        asked = self.cleaned_data
        try:
            return explanation.explain(
                self.key, ip=asked["ip"], method=asked["method"], path=asked["path"]
            )
        except ValueError as error:
            self.add_error("path", str(error))
            return None
