"""What the list of carts is narrowed to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.text import plain_text


class CartListForm(forms.Form):
    """The filters of the list; what does not fit is ignored."""

    q = forms.CharField(
        label=_("Cart or customer"),
        required=False,
        max_length=100,
        validators=[plain_text],
        widget=forms.SearchInput,
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Every state")),
            ("open", _("Open")),
            ("ordered", _("Checked out")),
        ],
    )
