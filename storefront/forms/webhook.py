"""Webhooks. The form checks shapes; the deed checks the rest."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.opened import OpenedForm
from storefront.events import Dialect, spelt
from storefront.forms.in_store import InStoreForm
from storefront.models import InvoiceStatus

OVERLAPS = (
    ("0", _("At once")),
    ("1", _("After 1 hour")),
    ("24", _("After 24 hours")),
    ("168", _("After 7 days")),
)


class WebhookForm(OpenedForm):
    url = forms.CharField(
        label=_("URL"),
        max_length=2000,
        help_text=_("An https address on the internet that takes a POST."),
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=InvoiceStatus.choices, widget=forms.CheckboxSelectMultiple
    )
    dialect = forms.ChoiceField(
        label=_("Names of events"),
        choices=[
            (Dialect.COINSNAP, _("Coinsnap's: Settled")),
            (Dialect.GREENFIELD, _("Greenfield's: InvoiceSettled")),
        ],
    )

    def names(self) -> list[str]:
        """The chosen events in the chosen dialect."""
        dialect = self.cleaned_data["dialect"]
        return [spelt(event, dialect) for event in self.cleaned_data["events"]]


class NewWebhookForm(WebhookForm, InStoreForm):
    field_order = ("store", "url", "events", "dialect")


class RotationForm(forms.Form):
    overlap = forms.ChoiceField(
        label=_("The old secret stops signing"), choices=OVERLAPS, initial="24"
    )
