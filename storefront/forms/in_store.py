"""What the console's forms for something new have in common: the store it will be in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.choices import offer_rows
from apikeys.models import Store
from apikeys.models.scope import Person


class InStoreForm(forms.Form):
    """A form for something new, in a store that the person sees."""

    store = forms.ModelChoiceField(
        label=_("Store"),
        queryset=Store.objects.none(),
        to_field_name="public_id",
        empty_label=None,
    )

    def __init__(self, *args: Any, operator: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_rows(self, "store", Store.objects.visible_to(operator))
