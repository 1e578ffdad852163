"""What a list of keys is narrowed to and sorted by."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.choices import offer_rows
from apikeys.models import APIKey, Permission, Store
from apikeys.models.api_key import APIKeyQuerySet
from apikeys.models.key_lists import NATURAL_ORDERS, KeyState
from apikeys.models.scope import Person
from apikeys.text import plain_text, visible_text

ORDERS = {
    "username": "api_user__username",
    "status": "status",
    "permission": "permission",
    "last_used": "last_used_at",
    "added": "date_added",
    "modified": "date_modified",
}
DEFAULT_ORDER = "-added"


class KeyListForm(forms.Form):
    """The filters of the list. Anything that fits none of them is ignored."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=200, validators=[visible_text]
    )
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Any status")), *KeyState.choices]
    )
    permission = forms.ChoiceField(
        label=_("Permission"), required=False, choices=[("", _("Any level")), *Permission.choices]
    )
    store = forms.ModelChoiceField(
        label=_("Store"),
        required=False,
        queryset=Store.objects.none(),
        to_field_name="public_id",
        empty_label=_("All stores"),
    )
    user = forms.CharField(required=False, max_length=64, validators=[plain_text])

    def __init__(self, *args: Any, viewer: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer = viewer
        offer_rows(self, "store", Store.objects.visible_to(viewer))

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that are set and fit."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def order(self) -> str:
        """The column to sort by; blank where the chosen status has an order of its own."""
        asked = str(self.data.get("order", ""))
        if asked.removeprefix("-") in ORDERS:
            return asked
        return "" if self.chosen.get("status") in NATURAL_ORDERS else DEFAULT_ORDER

    def keys(self) -> APIKeyQuerySet:
        """The keys that this viewer sees through these filters, in the chosen order."""
        keys = APIKey.objects.visible_to(self.viewer)
        chosen = self.chosen
        if "status" in chosen:
            keys = keys.in_state(chosen["status"])
        if "permission" in chosen:
            keys = keys.with_permission(chosen["permission"])
        if "store" in chosen:
            keys = keys.of_stores([chosen["store"].pk])
        if "user" in chosen:
            keys = keys.filter(api_user__username=chosen["user"])
        if "q" in chosen:
            keys = keys.matching(chosen["q"])
        if not self.order:
            return keys.order_by(NATURAL_ORDERS[chosen["status"]], "pk")
        minus, column = self.order.startswith("-"), self.order.removeprefix("-")
        if column in chosen and chosen[column] != KeyState.RETIRED_IN_USE:
            # All have the same there, and stand in the order that is left. Only a replaced secret
            # may be in use whatever the status of its key.
            minus, column = not minus, "added"
        return keys.in_order(("-" if minus else "") + ORDERS[column])
