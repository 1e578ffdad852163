"""Invoices in the console."""

import json

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.by_value import having_any
from apikeys.models import ChangeRecord
from apikeys.paging import page_of
from apikeys.views import filters
from apikeys.views.access import DEED, FORM, console_page
from apikeys.views.form_page import form_page, posted
from storefront.forms.invoice import NewInvoiceForm, PaymentForm
from storefront.models import Delivery, Invoice, InvoiceStatus
from storefront.views.once import is_repeated

SHOWN = 50


def _found(request: HttpRequest, public_id: str) -> Invoice:
    invoices = Invoice.objects.visible_to(request.user).select_related("store")
    return get_object_or_404(invoices, public_id=public_id)


@console_page("storefront.view_invoice")
def invoice_list(request: HttpRequest) -> HttpResponse:
    """Newest first; found by status, store, day, order id, invoice id or buyer."""
    invoices = Invoice.objects.visible_to(request.user).select_related("store")
    invoices = filters.in_chosen_store(invoices, request)
    if status := filters.choice(request, "status", InvoiceStatus.values):
        invoices = invoices.filter(status=status)
    if text := filters.text(request):
        invoices = having_any(invoices, public_id=text, order_id=text, buyer_email=text)
    if since := filters.day(request, "since"):
        invoices = invoices.filter(date_added__gte=since)
    if not request.GET.get("archived"):
        invoices = invoices.filter(archived_at=None)
    context = {
        "page": page_of(invoices, request),
        "stores": filters.stores(request),
        "statuses": InvoiceStatus.choices,
        "filtered": filters.has_filters(request),
    }
    return render(request, "storefront/invoice_list.html", context)


@console_page("storefront.add_invoice", methods=FORM)
def invoice_create(request: HttpRequest) -> HttpResponse:
    form = NewInvoiceForm(posted(request), operator=request.user)
    if form.is_valid():
        values = form.cleaned_data
        try:
            with transaction.atomic():
                if is_repeated(request):
                    return redirect("invoice_list")
                invoice = Invoice.objects.create_for(values.pop("store"), **values)
                invoice.note(Actor.from_request(request), "created", after=invoice.snapshot())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The invoice is created. Send its link to the customer."))
            return redirect("invoice_detail", invoice.public_id)
    return form_page(request, "storefront/invoice_form.html", form, title=_("Create invoice"))


@console_page("storefront.view_invoice")
def invoice_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    invoice = _found(request, public_id)
    deliveries = Delivery.objects.filter(event__invoice=invoice).with_all()
    context = {
        "invoice": invoice,
        "payment": PaymentForm(auto_id="id_payment_%s"),
        "metadata": json.dumps(invoice.metadata, indent=2, ensure_ascii=False),
        "deliveries": deliveries[:SHOWN],
        "changes": ChangeRecord.objects.filter(
            kind=ChangeRecord.Kind.INVOICE, store=invoice.store, name=invoice.public_id
        )[:SHOWN],
    }
    return render(request, "storefront/invoice_detail.html", context)


@console_page("storefront.mark_invoice", methods=DEED)
def invoice_mark(request: HttpRequest, public_id: str) -> HttpResponse:
    """Mark it settled or invalid by hand."""
    invoice = _found(request, public_id)
    try:
        invoice.mark(request.POST.get("status", ""), actor=Actor.from_request(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("The invoice is marked as %(status)s, and its webhooks are told.")
        messages.success(request, text % {"status": invoice.get_status_display()})
    return redirect("invoice_detail", invoice.public_id)


@console_page("storefront.mark_invoice", methods=DEED)
def invoice_payment(request: HttpRequest, public_id: str) -> HttpResponse:
    """Add a payment that arrived at the bank; or say that the one before is certain now."""
    invoice, actor = _found(request, public_id), Actor.from_request(request)
    form, is_certain_now = PaymentForm(request.POST), "certain" in request.POST
    back = redirect("invoice_detail", invoice.public_id)
    if not is_certain_now and not form.is_valid():
        messages.error(request, _("Write the amount of the payment, as in 12.50."))
        return back
    try:
        with transaction.atomic():
            if is_certain_now:
                invoice.confirm(actor=actor)
            elif is_repeated(request):
                return back
            else:
                invoice.receive(actor=actor, **form.cleaned_data)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The payment is noted."))
    return back


@console_page("storefront.change_invoice", methods=DEED)
def invoice_archive(request: HttpRequest, public_id: str) -> HttpResponse:
    invoice = _found(request, public_id)
    invoice.archive(actor=Actor.from_request(request))
    messages.success(request, _("The invoice is archived: it is no longer in the list."))
    return redirect("invoice_detail", invoice.public_id)


@console_page("storefront.change_invoice", methods=DEED)
def invoice_unarchive(request: HttpRequest, public_id: str) -> HttpResponse:
    invoice = _found(request, public_id)
    invoice.unarchive(actor=Actor.from_request(request))
    messages.success(request, _("The invoice is in the list again."))
    return redirect("invoice_detail", invoice.public_id)
