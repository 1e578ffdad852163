"""What the list of changes is narrowed to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.models import ChangeRecord
from apikeys.text import plain_text


class ChangeListForm(forms.Form):
    """The filters of the global list; what does not fit is ignored."""

    q = forms.CharField(
        label=_("API username, consumer key or person"),
        required=False,
        max_length=200,
        validators=[plain_text],
    )
    kind = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("Everything")), *ChangeRecord.Kind.choices]
    )
