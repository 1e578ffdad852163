"""Where the links of one action lead."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.opened import OpenedForm


class TransferTargetForm(OpenedForm):
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        required=False,
        help_text=_("A whole address of your shop. Blank means our own page, where there is one."),
        widget=forms.URLInput(attrs={"placeholder": "https://shop.example.com/checkout"}),
    )
    enabled = forms.BooleanField(label=_("Enabled"), required=False)
