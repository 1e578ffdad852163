"""Webhooks in the console. A secret is shown on the page that makes it, and never again."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from apikeys.actor import Actor
from apikeys.paging import page_of
from apikeys.views import filters, password_again
from apikeys.views.access import DEED, FORM, atomic_post, console_page
from apikeys.views.form_page import form_page, posted
from storefront.forms.webhook import NewWebhookForm, RotationForm, WebhookForm
from storefront.models import InvoiceStatus, Webhook
from storefront.views.once import is_repeated

TEMPLATE = "storefront/webhook_form.html"


def _found(request: HttpRequest, public_id: str) -> Webhook:
    webhooks = Webhook.objects.visible_to(request.user).registered().select_related("store")
    return get_object_or_404(webhooks, public_id=public_id)


@console_page("storefront.view_webhook")
def webhook_list(request: HttpRequest) -> HttpResponse:
    webhooks = Webhook.objects.visible_to(request.user).registered().select_related("store")
    webhooks = filters.in_chosen_store(webhooks, request)
    if text := filters.text(request):
        webhooks = webhooks.matching(text)
    context = {
        "page": page_of(webhooks, request),
        "stores": filters.stores(request),
        "filtered": filters.has_filters(request),
    }
    return render(request, "storefront/webhook_list.html", context)


@sensitive_variables("secret")
@never_cache
@console_page("storefront.add_webhook", methods=FORM)
def webhook_create(request: HttpRequest) -> HttpResponse:
    form = NewWebhookForm(
        posted(request), operator=request.user, initial={"events": InvoiceStatus.values}
    )
    if form.is_valid():
        try:
            with transaction.atomic():
                if is_repeated(request):
                    return redirect("webhook_list")
                webhook, secret = Webhook.objects.register(
                    actor=Actor.from_request(request),
                    store=form.cleaned_data["store"],
                    url=form.cleaned_data["url"],
                    names=form.names(),
                )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _secret_page(request, webhook, secret)
    return form_page(request, TEMPLATE, form, title=_("Register webhook"))


@console_page("storefront.view_webhook")
def webhook_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where it leads, how it fares, and its delivery log."""
    webhook = _found(request, public_id)
    context = {
        "webhook": webhook,
        "page": page_of(webhook.deliveries.with_all(), request),
        "waiting": webhook.deliveries.pending().count(),
    }
    return render(request, "storefront/webhook_detail.html", context)


@console_page("storefront.change_webhook", methods=FORM)
@atomic_post
def webhook_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = _found(request, public_id)
    known = [event for event in webhook.events if event in InvoiceStatus.values]
    initial = {"url": webhook.url, "events": known, "dialect": webhook.dialect}
    form = WebhookForm(posted(request), record=webhook, initial=initial)
    if form.is_valid():
        try:
            webhook.change(
                actor=Actor.from_request(request), url=form.cleaned_data["url"], names=form.names()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The webhook is saved."))
            return redirect("webhook_detail", webhook.public_id)
    return form_page(request, TEMPLATE, form, title=_("Edit webhook"), webhook=webhook)


@console_page("storefront.change_webhook", methods=DEED)
def webhook_enable(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = _found(request, public_id)
    webhook.enable(actor=Actor.from_request(request))
    messages.success(request, _("The webhook is enabled: it is told of what happens from now on."))
    return redirect("webhook_detail", webhook.public_id)


@console_page("storefront.change_webhook", methods=DEED)
def webhook_disable(request: HttpRequest, public_id: str) -> HttpResponse:
    webhook = _found(request, public_id)
    webhook.disable(actor=Actor.from_request(request), reason=_("Disabled in the console."))
    messages.success(request, _("The webhook is disabled: nothing more is sent to it."))
    return redirect("webhook_detail", webhook.public_id)


@sensitive_post_parameters("password")
@sensitive_variables("secret")
@never_cache
@console_page("storefront.change_webhook", methods=FORM)
def webhook_rotate(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new secret, after the password: the receiver that has only the old one goes deaf."""
    webhook = _found(request, public_id)
    form = RotationForm(posted(request))
    error = password_again.error_in(request) if form.is_valid() else ""
    if error or not form.is_valid():
        return _ask_again(request, "rotate", webhook, form=form, error=error)
    overlap = timedelta(hours=int(form.cleaned_data["overlap"]))
    with transaction.atomic():
        if is_repeated(request):
            return redirect("webhook_detail", webhook.public_id)
        secret = webhook.rotate(actor=Actor.from_request(request), overlap=overlap)
    return _secret_page(request, webhook, secret)


@sensitive_post_parameters("password")
@console_page("storefront.delete_webhook", methods=FORM)
def webhook_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Nothing brings a webhook back, nor its secret: ask first, and for the password."""
    webhook = _found(request, public_id)
    error = password_again.error_in(request) if request.method == "POST" else ""
    if error or request.method != "POST":
        return _ask_again(request, "delete", webhook, error=error)
    webhook.delete(actor=Actor.from_request(request))
    messages.success(request, _("The webhook to %(url)s is deleted.") % {"url": webhook.url})
    return redirect("webhook_list")


def _ask_again(
    request: HttpRequest,
    deed: str,
    webhook: Webhook,
    *,
    error: str,
    form: RotationForm | None = None,
) -> HttpResponse:
    context = {
        "webhook": webhook,
        "form": form,
        "waiting": webhook.deliveries.pending().count(),
        "is_due": password_again.is_due(request),
        "error": error,
    }
    status = 400 if error or (form is not None and form.errors) else 200
    return render(request, f"storefront/webhook_{deed}.html", context, status=status)


def _secret_page(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    context = {"webhook": webhook, "secret": secret}
    response = render(request, "storefront/webhook_secret.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response
