"""What shoppers fill in: how many pieces of an item, and how to pay."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.forms.choices import offer_rows
from storefront.models import Cart, PaymentMethod
from storefront.models.cart_item import MOST_PIECES


class QuantityForm(forms.Form):
    item = forms.CharField(max_length=32, widget=forms.HiddenInput)
    quantity = forms.IntegerField(min_value=0, max_value=MOST_PIECES)


class CheckoutForm(forms.Form):
    payment_method = forms.ModelChoiceField(
        PaymentMethod.objects.none(),
        label=_("Payment method"),
        to_field_name="code",
        empty_label=None,
        widget=forms.RadioSelect,
    )
    buyer_email = forms.EmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, cart: Cart, **options: Any) -> None:
        super().__init__(*args, **options)
        methods = PaymentMethod.objects.offered().filter(store=cart.store)
        if methods:
            offer_rows(self, "payment_method", methods)
            self.fields["payment_method"].initial = methods[0].code
        else:
            del self.fields["payment_method"]
