"""Invoices over the API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from storefront.api.fields import named
from storefront.api.idempotency import IDEMPOTENCY_KEY, idempotent
from storefront.api.invoice_fields import (
    MARKS,
    MODEL_NAMES,
    InvoiceBody,
    InvoiceSerializer,
    MarkBody,
    MetadataBody,
    PaymentBody,
)
from storefront.api.paging import PAGING, page
from storefront.api.query import moment, several
from storefront.api.shop import ShopView
from storefront.models import Invoice, InvoiceStatus
from storefront.models.invoice import InvoiceQuerySet


class InvoiceView(ShopView):
    """What all that is about invoices has in common."""

    resource = "invoices"

    def found(self, invoice_id: str) -> Invoice:
        return self.find(Invoice.objects.all(), invoice_id)

    def answer(self, invoice: Invoice) -> Response:
        return Response(InvoiceSerializer(invoice).data)

    def mark(self, invoice_id: str) -> Response:
        invoice, status = self.found(invoice_id), self.read(MarkBody)["status"]
        with named():
            invoice.mark(MARKS.get(status, status), actor=self.actor)
        return self.answer(invoice)


class InvoiceList(InvoiceView):
    """The invoices of the store, newest first."""

    @extend_schema(
        responses=InvoiceSerializer(many=True),
        operation_id="invoices_list",
        parameters=[
            OpenApiParameter(
                "status", str, many=True, enum=InvoiceStatus.values, description="Only these."
            ),
            OpenApiParameter("orderId", str, many=True, description="Only of these orders."),
            OpenApiParameter("startDate", str, description=f"Made then or later: {moment.__doc__}"),
            OpenApiParameter("endDate", str, description=f"Made then or before: {moment.__doc__}"),
            OpenApiParameter("includeArchived", bool, description="Archived ones, too."),
            *PAGING,
        ],
    )
    def get(self, request: Request, store_id: str) -> Response:
        return page(
            request,
            _filtered(request, self.store.invoices.select_related("store")),
            InvoiceSerializer,
            filters=["status", "orderId", "startDate", "endDate", "includeArchived"],
        )

    @extend_schema(
        request=InvoiceBody,
        responses=InvoiceSerializer,
        operation_id="invoices_create",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, store_id: str) -> Response:
        """Create an invoice. Its ``checkoutLink`` is where the customer pays."""
        values = self.read(InvoiceBody)
        with named(MODEL_NAMES):
            invoice = Invoice.objects.create_for(self.store, **values)
        return self.answer(invoice)


class InvoiceDetail(InvoiceView):
    """One invoice."""

    @extend_schema(responses=InvoiceSerializer, operation_id="invoices_read")
    def get(self, request: Request, store_id: str, invoice_id: str) -> Response:
        return self.answer(self.found(invoice_id))

    @extend_schema(
        request=MetadataBody, responses=InvoiceSerializer, operation_id="invoices_replace_metadata"
    )
    def put(self, request: Request, store_id: str, invoice_id: str) -> Response:
        """Change the metadata of an invoice."""
        invoice = self.found(invoice_id)
        own = InvoiceSerializer(invoice).data
        invoice.describe(self.read(MetadataBody, own=own)["metadata"])
        return self.answer(invoice)

    @extend_schema(
        request=MarkBody, responses=InvoiceSerializer, operation_id="invoices_change_status"
    )
    def patch(self, request: Request, store_id: str, invoice_id: str) -> Response:
        """Mark an invoice as settled or invalid."""
        return self.mark(invoice_id)

    @extend_schema(responses=InvoiceSerializer, operation_id="invoices_archive")
    def delete(self, request: Request, store_id: str, invoice_id: str) -> Response:
        """Archive an invoice: it leaves the lists, and is still found by its id."""
        invoice = self.found(invoice_id)
        invoice.archive(actor=self.actor)
        return self.answer(invoice)


class InvoiceMark(InvoiceView):
    """Mark an invoice as settled or invalid."""

    @extend_schema(
        request=MarkBody,
        responses=InvoiceSerializer,
        operation_id="invoices_mark",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, store_id: str, invoice_id: str) -> Response:
        return self.mark(invoice_id)


class InvoicePayment(InvoiceView):
    """A payment that arrived elsewhere: at a bank, at a payment provider."""

    @extend_schema(
        request=PaymentBody,
        responses=InvoiceSerializer,
        operation_id="invoices_add_payment",
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, store_id: str, invoice_id: str) -> Response:
        """Note a payment. Enough settles the invoice, once all of it is confirmed.

        Enough of which some is not confirmed makes it Processing. Without an amount, what was paid
        so far is confirmed.
        """
        invoice = self.found(invoice_id)
        values = self.read(PaymentBody)
        with named():
            if "amount" in values:
                confirmed = values.get("confirmed", True)
                invoice.receive(values["amount"], actor=self.actor, confirmed=confirmed)
            else:
                invoice.confirm(actor=self.actor)
        return self.answer(invoice)


class InvoiceUnarchive(InvoiceView):
    """Put an archived invoice back into the lists."""

    @extend_schema(request=None, responses=InvoiceSerializer, operation_id="invoices_unarchive")
    def post(self, request: Request, store_id: str, invoice_id: str) -> Response:
        invoice = self.found(invoice_id)
        invoice.unarchive(actor=self.actor)
        return self.answer(invoice)


def _filtered(request: Request, invoices: InvoiceQuerySet) -> InvoiceQuerySet:
    if request.query_params.get("includeArchived", "").lower() not in ("true", "1"):
        invoices = invoices.filter(archived_at=None)
    if statuses := [part for text in several(request, "status") for part in text.split(",")]:
        if unknown := [status for status in statuses if status not in InvoiceStatus.values]:
            known = ", ".join(InvoiceStatus.values)
            raise serializers.ValidationError(
                {"status": f"“{unknown[0][:20]}” is not a status. Choose from: {known}."}
            )
        invoices = invoices.filter(status__in=statuses)
    if orders := several(request, "orderId"):
        invoices = invoices.filter(order_id__in=orders)
    if start := moment(request, "startDate"):
        invoices = invoices.filter(date_added__gte=start)
    if end := moment(request, "endDate"):
        invoices = invoices.filter(date_added__lte=end)
    return invoices
