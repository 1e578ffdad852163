"""Products in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.admin.deeds import DeedForm
from apikeys.admin.guarded import StoreFilter
from storefront.admin.in_store import InStoreAdmin
from storefront.models import Product


class ProductForm(DeedForm):
    price = forms.DecimalField(label=_("price"), max_digits=24, decimal_places=8)

    class Meta:
        model = Product
        fields = ("store", "sku", "name", "currency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["price"] = self.instance.price

    def clean(self) -> dict[str, Any] | None:
        """Say beside the field what the currency has no amount of."""
        cleaned = super().clean()
        if cleaned and {"price", "currency"} <= cleaned.keys():
            try:
                Product(currency=cleaned["currency"]).set_price(cleaned["price"])
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned


@admin.register(Product)
class ProductAdmin(InStoreAdmin):
    form = ProductForm
    list_display = ("name", "sku", "priced", "store", "date_modified")
    list_filter = (StoreFilter,)
    search_fields = ("name", "sku")
    search_help_text = _("Words of name and SKU, or the id")
    sortable_by = ("name", "sku", "date_modified")
    readonly_fields = ("public_id", "date_added", "date_modified")
    editable = ("sku", "name", "price", "currency")

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("product_edit", args=[obj.public_id])

    @admin.display(description=_("price"))
    def priced(self, product: Product) -> str:
        return f"{product.price} {product.currency}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = Actor.from_request(request)
        values = {name: form.cleaned_data[name] for name in self.editable}
        if change:
            obj.change(actor=actor, **values)
            return
        store = form.cleaned_data["store"]
        self.take_over(obj, Product.objects.add(actor=actor, store=store, **values))
