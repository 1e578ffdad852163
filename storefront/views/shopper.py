"""The built-in cart and checkout pages: what a store has before it has pages of its own."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apikeys.views.form_page import posted
from storefront import shopper_cookie
from storefront.forms.shopper import CheckoutForm, QuantityForm
from storefront.models import Cart
from storefront.models.cart import CartClosed
from storefront.models.cart_item import MOST_PIECES

View = Callable[[HttpRequest], HttpResponse]


def _of_cart(view: Callable[[HttpRequest, Cart], HttpResponse]) -> View:
    """Give the view the cart of this browser; say so when there is none, or none any more."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def found(request: HttpRequest) -> HttpResponse:
        cart = shopper_cookie.cart_of(request)
        try:
            return view(request, cart) if cart else _nothing(request)
        except Cart.DoesNotExist:
            return _nothing(request)

    return found


@_of_cart
def cart(request: HttpRequest, found: Cart) -> HttpResponse:
    """What is in the cart, to be changed; afterwards the checkout."""
    problem = ""
    if request.method == "POST":
        problem = _change_quantity(request, found)
        if not problem:
            return redirect("shopper_cart")
    items = found.contents
    context = {
        "cart": found,
        "items": items,
        "total": found.total_of(items),
        "most": MOST_PIECES,
        "problem": problem,
    }
    return _page(request, "storefront/shopper_cart.html", context, status=400 if problem else 200)


def _change_quantity(request: HttpRequest, found: Cart) -> str:
    """Do what the form asks; blank, or what was wrong with it."""
    form = QuantityForm(request.POST)
    if not form.is_valid():
        return str(_("Write a whole number."))
    item = found.items.select_related("product").filter(key=form.cleaned_data["item"]).first()
    if item is not None:
        try:
            found.set_quantity(item, form.cleaned_data["quantity"])
        except CartClosed:
            return str(_("The order has already been placed."))
    return ""


@_of_cart
def checkout(request: HttpRequest, found: Cart) -> HttpResponse:
    """What is due and how to pay it; placing the order leads to the invoice."""
    if found.invoice is not None:
        return redirect(found.invoice.checkout_link)
    form = CheckoutForm(posted(request), cart=found)
    if form.is_valid():
        try:
            invoice = found.check_out(**form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect(invoice.checkout_link)
    items = found.contents
    context = {"cart": found, "items": items, "total": found.total_of(items), "form": form}
    return _page(
        request, "storefront/shopper_checkout.html", context, status=400 if form.errors else 200
    )


def _nothing(request: HttpRequest) -> HttpResponse:
    return _page(request, "storefront/shopper_nothing.html", {}, status=404)


def _page(
    request: HttpRequest, template: str, context: dict[str, object], *, status: int
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Cookie"])
    return response
