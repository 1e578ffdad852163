"""A list of allowed IPs as people write it: one a line, with a label behind."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.forms.opened import RevisionField
from apikeys.models import APIKey
from apikeys.models.allowed_ip import MAX_ALLOWED_IPS
from apikeys.text import plain_text

LABEL_LENGTH: Final = 100
MOST_SENTENCES: Final = 20
LINE_END: Final = re.compile(r"\r\n|\r|\n")
LINE: Final = re.compile(r"([^ \t,#]+)[ \t,#]*(.*)", re.DOTALL)


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
                "One address or network per line: 203.0.113.7, 203.0.113.0/24, 203.0.113.* or "
                "2001:db8::/48. Any text after it is its label."
            ),
        )
        super().__init__(max_length=200_000, **kwargs)

    def clean(self, value: Any) -> Any:
        return parse_lines(super().clean(value))


def parse_lines(text: str) -> list[tuple[str, str]]:
    """The networks of a list with their labels, which may follow after a space, a comma or ``#``.

    Blank lines and lines that begin with ``#`` are passed over, a network that is listed twice is
    taken once. Raises ``ValidationError`` with the number of the first lines that do not fit.
    """
    lines = [line.strip(" \t") for line in LINE_END.split(text)]
    wanted = [(number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    if len(wanted) > MAX_ALLOWED_IPS:
        sentence = gettext("A key has at most %(limit)d allowed IPs.")
        raise ValidationError(sentence, code="too_many", params={"limit": MAX_ALLOWED_IPS})
    entries: dict[str, str] = {}
    sentences = []
    for number, line in wanted:
        try:
            entries.setdefault(*_entry_of(line))
        except (ValueError, ValidationError) as error:
            sentence = " ".join(getattr(error, "messages", [str(error)]))
            sentences.append(
                gettext("Line %(number)d: %(sentence)s") % {"number": number, "sentence": sentence}
            )
    if sentences:
        raise ValidationError([ValidationError(text) for text in sentences[:MOST_SENTENCES]])
    return list(entries.items())


def _entry_of(line: str) -> tuple[str, str]:
    """The network and the label of a line; otherwise an error says how to mend it."""
    shape = LINE.fullmatch(line)
    entry, label = shape.groups() if shape else (line, "")
    network = networks.parse_entry(entry)
    plain_text(label)
    if len(label) > LABEL_LENGTH:
        raise ValueError(
            gettext("A label has at most %(limit)d characters.") % {"limit": LABEL_LENGTH}
        )
    # Kept as a label, the second of two addresses would be refused although it stands on the list.
    if (second := LINE.match(label)) and networks.looks_like_entry(second[1]):
        raise ValueError(gettext("Write each address or network on a line of its own."))
    return network, label


def with_line(text: str, address: str) -> str:
    """The text of such a list with one more line, unless the address is already there."""
    lines = text.rstrip().splitlines()
    if any(line.split()[:1] == [address] for line in lines):
        return text
    return "\n".join([*lines, address])


class AllowIPsForm(forms.Form):
    """More lines for the list of a key."""

    allowed_ips = AddressesField(label=_("Add addresses or networks"))

    def clean_allowed_ips(self) -> list[tuple[str, str]]:
        entries: list[tuple[str, str]] = self.cleaned_data["allowed_ips"]
        if not entries:
            raise ValidationError(_("Name at least one address or network."), code="required")
        return entries

    def doubts(self, key: APIKey) -> list[str]:
        """What to look at again before the list grows: new overlaps and very wide networks."""
        listed = set(key.allowed_ips.values_list("network", flat=True))
        added = [one for one, _label in self.cleaned_data["allowed_ips"] if one not in listed]
        known = set(networks.remarks(listed, on_private=False))
        after = networks.remarks([*listed, *added], on_private=False)
        return [remark for remark in after if remark not in known]


class EntryForm(forms.Form):
    """One entry of the list, by its canonical network."""

    network = forms.CharField(max_length=networks.ENTRY_LENGTH, validators=[plain_text])


class LabelForm(EntryForm):
    """Another label for it, in place of the one that the page showed."""

    label = forms.CharField(
        label=_("Label"), max_length=LABEL_LENGTH, required=False, validators=[plain_text]
    )
    revision = RevisionField()
