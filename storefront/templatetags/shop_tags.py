"""How the states of a shop's records look in the console: a word, a colour and a shape."""

from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apikeys.templatetags.console_tags import pill
from storefront.models import Delivery, DeliveryStatus, Invoice, InvoiceStatus, Webhook

register = template.Library()

OF_INVOICE = {
    InvoiceStatus.NEW: "info",
    InvoiceStatus.PROCESSING: "warn",
    InvoiceStatus.SETTLED: "good",
    InvoiceStatus.EXPIRED: "off",
    InvoiceStatus.INVALID: "bad",
}
OF_DELIVERY = {
    DeliveryStatus.PENDING: "info",
    DeliveryStatus.DELIVERED: "good",
    DeliveryStatus.FAILED: "bad",
    DeliveryStatus.STOPPED: "off",
}


@register.simple_tag
def submission() -> SafeString:
    """A number of its own for a form, so that sending it twice does its deed once."""
    return format_html('<input type="hidden" name="submission" value="{}">', uuid4())


@register.simple_tag
def invoice_pill(invoice: Invoice) -> SafeString:
    return pill(OF_INVOICE[InvoiceStatus(invoice.status)], invoice.get_status_display())


@register.simple_tag
def delivery_pill(delivery: Delivery) -> SafeString:
    if delivery.status == DeliveryStatus.PENDING and delivery.attempts:
        return pill("warn", _("Waiting to try again"))
    return pill(OF_DELIVERY[DeliveryStatus(delivery.status)], delivery.get_status_display())


@register.simple_tag
def webhook_pill(webhook: Webhook) -> SafeString:
    if not webhook.is_enabled:
        return pill("off", _("Disabled"))
    if webhook.failing_since:
        return pill("warn", _("Failing"))
    return pill("good", _("Enabled"))
