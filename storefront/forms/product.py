"""Products. The form checks shapes; the deed checks the rest."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.opened import OpenedForm
from storefront.forms.in_store import InStoreForm


class ProductForm(OpenedForm):
    sku = forms.CharField(label=_("SKU"), max_length=100)
    name = forms.CharField(label=_("Name"), max_length=200)
    price = forms.DecimalField(label=_("Price"), max_digits=24, decimal_places=8)
    currency = forms.CharField(
        label=_("Currency"),
        max_length=4,
        required=False,
        help_text=_("Such as EUR; blank means the store's own."),
    )


class NewProductForm(ProductForm, InStoreForm):
    field_order = ("store", "sku", "name", "price", "currency")
