"""The console's pages about payment methods."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.paging import page_of
from apikeys.views.access import DEED, FORM, atomic_post, console_page
from apikeys.views.form_page import form_page, posted
from storefront.forms.payment_method import SEE_DEBUG, NewPaymentMethodForm, PaymentMethodForm
from storefront.models import PaymentMethod

TEMPLATE = "storefront/payment_method_form.html"


@console_page("storefront.view_paymentmethod")
def payment_method_list(request: HttpRequest) -> HttpResponse:
    methods = PaymentMethod.objects.visible_to(request.user).select_related("store")
    context = {
        "page": page_of(methods.order_by("store__name", "code", "pk"), request),
        "may_see_debug": request.user.has_perm(SEE_DEBUG),
    }
    return render(request, "storefront/payment_method_list.html", context)


@console_page("storefront.add_paymentmethod", methods=FORM)
def payment_method_create(request: HttpRequest) -> HttpResponse:
    form = NewPaymentMethodForm(
        posted(request),
        operator=request.user,
        may_see_debug=request.user.has_perm(SEE_DEBUG),
    )
    if form.is_valid():
        try:
            method = PaymentMethod.objects.add(
                actor=Actor.from_request(request), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("“%(method)s” is added.") % {"method": method})
            return redirect("payment_method_list")
    return form_page(request, TEMPLATE, form, title=_("Add payment method"))


@console_page("storefront.change_paymentmethod", methods=FORM)
@atomic_post
def payment_method_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    method = _found(request, public_id)
    form = PaymentMethodForm(
        posted(request),
        record=method,
        initial=method.snapshot(),
        may_see_debug=request.user.has_perm(SEE_DEBUG),
    )
    if form.is_valid():
        try:
            method.change(actor=Actor.from_request(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("“%(method)s” is saved.") % {"method": method})
            return redirect("payment_method_list")
    return form_page(request, TEMPLATE, form, title=_("Edit payment method"), method=method)


@console_page("storefront.delete_paymentmethod", methods=DEED)
def payment_method_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    method = _found(request, public_id)
    name = str(method)
    method.delete(actor=Actor.from_request(request))
    messages.success(request, _("“%(method)s” is deleted.") % {"method": name})
    return redirect("payment_method_list")


def _found(request: HttpRequest, public_id: str) -> PaymentMethod:
    methods = PaymentMethod.objects.visible_to(request.user).select_related("store")
    return get_object_or_404(methods, public_id=public_id)
