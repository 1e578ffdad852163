"""Products in the console."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.paging import page_of
from apikeys.views import filters
from apikeys.views.access import DEED, FORM, atomic_post, console_page
from apikeys.views.form_page import form_page, posted
from storefront.forms.product import NewProductForm, ProductForm
from storefront.models import Product

TEMPLATE = "storefront/product_form.html"


def _found(request: HttpRequest, public_id: str) -> Product:
    products = Product.objects.visible_to(request.user).select_related("store")
    return get_object_or_404(products, public_id=public_id)


@console_page("storefront.view_product")
def product_list(request: HttpRequest) -> HttpResponse:
    products = Product.objects.visible_to(request.user).select_related("store")
    products = filters.in_chosen_store(products, request)
    if text := filters.text(request):
        products = products.matching(text)
    context = {
        "page": page_of(products, request),
        "stores": filters.stores(request),
        "filtered": filters.has_filters(request),
    }
    return render(request, "storefront/product_list.html", context)


@console_page("storefront.add_product", methods=FORM)
def product_create(request: HttpRequest) -> HttpResponse:
    form = NewProductForm(posted(request), operator=request.user)
    if form.is_valid():
        try:
            product = Product.objects.add(actor=Actor.from_request(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The product %(name)s is created.") % {"name": product})
            return redirect("product_list")
    return form_page(request, TEMPLATE, form, title=_("Create product"))


@console_page("storefront.change_product", methods=FORM)
@atomic_post
def product_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    product = _found(request, public_id)
    form = ProductForm(posted(request), record=product, initial=product.snapshot())
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if value != ""}
        try:
            product.change(actor=Actor.from_request(request), **values)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The product %(name)s is saved.") % {"name": product})
            return redirect("product_list")
    return form_page(request, TEMPLATE, form, title=product.name, product=product)


@console_page("storefront.delete_product", methods=DEED)
def product_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    product = _found(request, public_id)
    product.delete(actor=Actor.from_request(request))
    messages.success(request, _("The product %(name)s is deleted.") % {"name": product})
    return redirect("product_list")
