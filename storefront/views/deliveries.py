"""The delivery log in the console, over all webhooks."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apikeys.actor import Actor
from apikeys.paging import page_of
from apikeys.views import filters
from apikeys.views.access import DEED, console_page
from storefront.models import Delivery, DeliveryStatus
from storefront.views.once import is_repeated


def _found(request: HttpRequest, public_id: str) -> Delivery:
    deliveries = Delivery.objects.visible_to(request.user).with_all()
    return get_object_or_404(deliveries, public_id=public_id)


@console_page("storefront.view_delivery")
def delivery_list(request: HttpRequest) -> HttpResponse:
    deliveries = Delivery.objects.visible_to(request.user).with_all()
    if status := filters.choice(request, "status", DeliveryStatus.values):
        deliveries = deliveries.filter(status=status)
    if store := filters.text(request, "store"):
        deliveries = deliveries.filter(webhook__store__public_id=store)
    if text := filters.text(request):
        deliveries = deliveries.filter(event__invoice__public_id=text)
    context = {
        "page": page_of(deliveries, request),
        "stores": filters.stores(request),
        "statuses": DeliveryStatus.choices,
        "filtered": filters.has_filters(request),
    }
    return render(request, "storefront/delivery_list.html", context)


@console_page("storefront.view_delivery")
def delivery_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """One message: what was sent, and how every attempt went."""
    delivery = _found(request, public_id)
    context = {
        "delivery": delivery,
        "attempts": delivery.attempts_in_words,
        "message": delivery.body().decode(),
        "can_redeliver": delivery.webhook.is_enabled,
    }
    return render(request, "storefront/delivery_detail.html", context)


@console_page("storefront.change_webhook", methods=DEED)
def delivery_redeliver(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send the same message once more."""
    delivery = _found(request, public_id)
    try:
        with transaction.atomic():
            if is_repeated(request):
                return redirect("delivery_detail", delivery.public_id)
            again = delivery.redeliver(actor=Actor.from_request(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("delivery_detail", delivery.public_id)
    messages.success(request, _("The message is sent once more. Reload to see how it goes."))
    return redirect("delivery_detail", again.public_id)
