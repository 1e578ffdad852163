"""The form of a payment method. Its debug fields are written one a line."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys.forms.opened import OpenedForm
from apikeys.text import plain_text
from storefront import debug_fields
from storefront.forms.in_store import InStoreForm
from storefront.models.payment_method import Mode

SEE_DEBUG = "storefront.view_payment_debug"


class DebugFields(forms.CharField):
    """``name: value`` lines in a text area, an object inside."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return value

    def to_python(self, value: Any) -> Any:
        fields: dict[str, str] = {}
        for line in (super().to_python(value) or "").splitlines():
            if not line.strip():
                continue
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not colon:
                raise ValidationError(
                    _("Write each field on a line of its own: “name: value”."), code="line"
                )
            if name in fields:
                raise ValidationError(
                    _("“%(name)s” is listed twice."), code="twice", params={"name": name}
                )
            fields[name] = text
        return fields

    def validate(self, value: Any) -> None:
        debug_fields.validate(value)

    def run_validators(self, value: Any) -> None:
        """Those of a text do not fit an object."""


class PaymentMethodForm(OpenedForm):
    title = forms.CharField(
        label=_("Title"),
        max_length=100,
        validators=[plain_text],
        help_text=_("What shoppers read: “Card”, “Bank transfer”."),
    )
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)
    mode = forms.ChoiceField(label=_("Mode"), choices=Mode.choices, initial=Mode.TEST)
    debug = DebugFields(
        label=_("Debug fields"),
        required=False,
        max_length=10_000,
        help_text=_(
            "Public values only, one a line: “publishable_key: pk_live_…”. Keys that hold "
            "payment_debug can read them; what looks like a secret is refused."
        ),
    )

    def __init__(self, *args: Any, may_see_debug: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_see_debug:
            del self.fields["debug"]


class NewPaymentMethodForm(PaymentMethodForm, InStoreForm):
    code = forms.CharField(
        label=_("Id"),
        max_length=40,
        help_text=_("The name that callers use: “stripe”, “bank-transfer”. It cannot change."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("store", "code", "title", "enabled", "mode", "debug")
