"""A list of allowed IPs as people write it: one a line, with a label behind."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.text import plain_text

LABEL_LENGTH = 100


class AddressesField(forms.CharField):
    """Gives pairs of canonical network and label; complains about each line by its number."""

    widget = forms.Textarea(
        attrs={
            "rows": 4,
            "spellcheck": "false",
            "autocomplete": "off",
            "placeholder": "203.0.113.7  ERP server\n198.51.100.0/24\n2001:db8::/48",
            "class": "mono",
        }
    )

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Allowed IPs"))
        kwargs.setdefault(
            "help_text",
            _(
                "One address or network a line: 203.0.113.7, 203.0.113.0/24, 203.0.113.* or "
                "2001:db8::/48. What stands behind it is its label."
            ),
        )
        super().__init__(max_length=200_000, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            entries = networks.parse_entries(text)
        except networks.EntriesError as error:
            raise ValidationError([ValidationError(line) for line in error.sentences]) from error
        for entry in entries:
            plain_text(entry.label)
            MaxLengthValidator(LABEL_LENGTH)(entry.label)
        return [(entry.network, entry.label) for entry in entries]


def with_line(text: str, address: str) -> str:
    """The text of such a list with one more line, unless the address is there already."""
    lines = text.rstrip().splitlines()
    if any(line.split()[:1] == [address] for line in lines):
        return text
    return "\n".join([*lines, address])


class AllowIPsForm(forms.Form):
    """More lines for the list of a key."""

    allowed_ips = AddressesField(label=_("Add addresses or networks"))


class EntryForm(forms.Form):
    """One entry of the list, by its canonical network."""

    network = forms.CharField(max_length=50, validators=[plain_text])


class LabelForm(EntryForm):
    """Another label for it."""

    label = forms.CharField(
        label=_("Label"), max_length=LABEL_LENGTH, required=False, validators=[plain_text]
    )
