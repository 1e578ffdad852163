"""The hosted page behind an invoice's ``checkoutLink``. Who knows the link may see the page."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from storefront.models import Invoice, InvoiceStatus

OPEN = (InvoiceStatus.NEW, InvoiceStatus.PROCESSING)


@never_cache
@require_safe
def invoice_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is due, until when, and what became of it. Changes nothing."""
    try:
        invoice = _invoice(public_id)
    except Http404:  # whoever follows such a link is a customer, and has no use for the console
        return render(request, "storefront/invoice_nothing.html", status=404)
    is_open = invoice.status in OPEN
    settled = invoice.status == InvoiceStatus.SETTLED
    context = {
        "invoice": invoice,
        "store": invoice.store,
        "is_open": is_open,
        "leads_back": settled and invoice.redirect_url and invoice.redirect_automatically,
    }
    return render(request, "storefront/invoice_page.html", context)


@never_cache
@require_safe
def invoice_status(request: HttpRequest, public_id: str) -> JsonResponse:
    """What the page asks now and then, to load itself again when the answer is a new one."""
    invoice = _invoice(public_id)
    return JsonResponse({"status": invoice.status, "paid": f"{invoice.paid:f}"})


def _invoice(public_id: str) -> Invoice:
    return get_object_or_404(Invoice.objects.select_related("store"), public_id=public_id)
