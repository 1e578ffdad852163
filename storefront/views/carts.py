"""The console's pages about carts: to look at, and to throw an open one away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.by_value import having_any
from apikeys.paging import page_of
from apikeys.views.access import DEED, console_page
from storefront.forms.cart_list import CartListForm
from storefront.models import Cart
from storefront.models.cart import CartClosed


@console_page("storefront.view_cart")
def cart_list(request: HttpRequest) -> HttpResponse:
    form = CartListForm(request.GET)
    form.is_valid()
    carts = Cart.objects.visible_to(request.user)
    if text := form.cleaned_data.get("q"):
        carts = having_any(carts, public_id=text, customer=text)
    match form.cleaned_data.get("state"):
        case "open":
            carts = carts.filter(invoice=None)
        case "ordered":
            carts = carts.exclude(invoice=None)
    carts = carts.select_related("store", "invoice").prefetch_related("items__product")
    context = {"form": form, "page": page_of(carts, request)}
    return render(request, "storefront/cart_list.html", context)


@console_page("storefront.view_cart")
def cart_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    cart = _found(request, public_id)
    items = cart.contents
    context = {
        "cart": cart,
        "items": items,
        "total": cart.total_of(items),
        "transfers": cart.transfers.order_by("-date_added", "-pk")[:20],
        "browsers": cart.shopper_sessions.filter(expires_at__gt=timezone.now()).count(),
    }
    return render(request, "storefront/cart_detail.html", context)


@console_page("storefront.delete_cart", methods=DEED)
def cart_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    cart = _found(request, public_id)
    try:
        cart.delete(actor=Actor.from_request(request))
    except CartClosed:
        messages.error(request, _("The cart was checked out and stays with its invoice."))
        return redirect("cart_detail", public_id)
    messages.success(request, _("The cart is deleted."))
    return redirect("cart_list")


def _found(request: HttpRequest, public_id: str) -> Cart:
    carts = Cart.objects.visible_to(request.user).select_related("store", "invoice")
    return get_object_or_404(carts, public_id=public_id)
