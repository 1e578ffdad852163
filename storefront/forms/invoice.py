"""Invoices. The form checks shapes; the deed checks the rest."""

from django import forms
from django.utils.translation import gettext_lazy as _

from storefront.forms.in_store import InStoreForm


class PaymentForm(forms.Form):
    amount = forms.DecimalField(label=_("Amount"), max_digits=24, decimal_places=8)
    confirmed = forms.BooleanField(
        label=_("It is certain"),
        required=False,
        initial=True,
        help_text=_("If not, the invoice is Processing until you confirm it."),
    )


class NewInvoiceForm(InStoreForm):
    amount = forms.DecimalField(label=_("Amount"), max_digits=24, decimal_places=8)
    currency = forms.CharField(
        label=_("Currency"),
        max_length=4,
        required=False,
        help_text=_("Such as EUR; blank means the store's own."),
    )
    order_id = forms.CharField(label=_("Order id"), max_length=200, required=False)
    buyer_email = forms.EmailField(label=_("Buyer's email"), required=False)
    redirect_url = forms.CharField(
        label=_("Redirect URL"),
        max_length=2000,
        required=False,
        help_text=_("Where the customer goes back to: an address of your shop."),
    )
