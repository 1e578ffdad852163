"""Change records: one deed each, who did it, when, from where, before and after."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models.scope import ScopedQuerySet
from apikeys.text import storable
from apikeys.tokens import redact

if TYPE_CHECKING:
    from apikeys.models.api_key import APIKey


class ChangeRecordQuerySet(ScopedQuerySet["ChangeRecord"]):
    def keep(
        self,
        actor: Actor,
        action: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
        **references: Any,
    ) -> "ChangeRecord":
        """Write one record. ``references`` are the fields that say what was changed.

        ``reason`` is what somebody typed: "leaked: cs_live_..." must not put the secret here.
        """
        return self.create(
            action=action,
            actor_kind=actor.kind,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            client_ip=actor.client_ip,
            request_id=actor.request_id,
            reason=storable(redact(reason), 500),
            before=before or {},
            after=after or {},
            **references,
        )

    def of_key(self, key: "APIKey") -> "ChangeRecordQuerySet":
        """Everything that was ever done to one key, newest first."""
        return self.filter(consumer_key=key.consumer_key).order_by("-date_added", "-pk")


class ChangeRecord(models.Model):
    """One deed, whoever did it. Never edited; outlives what it is about.

    The references become null when their object is deleted; the copied names stay.
    """

    class Kind(models.TextChoices):
        STORE = "store", _("Store")
        API_USER = "api_user", _("API user")
        API_KEY = "api_key", _("API key")
        CONSOLE = "console", _("Console")
        PRODUCT = "product", _("Product")
        INVOICE = "invoice", _("Invoice")
        WEBHOOK = "webhook", _("Webhook")
        CART = "cart", _("Cart")
        PAYMENT = "payment", _("Payment method")
        TRANSFER = "transfer", _("Session transfer")

    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    action = models.CharField(_("action"), max_length=40)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_name = models.CharField(_("actor"), max_length=300)
    actor_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("console user"),
    )
    client_ip = models.GenericIPAddressField(_("client IP"), null=True, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=200)
    store = models.ForeignKey(
        "apikeys.Store",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("store"),
    )
    store_public_id = models.CharField(_("Store ID"), max_length=44, blank=True)
    api_user = models.ForeignKey(
        "apikeys.APIUser",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("API user"),
    )
    username = models.CharField(_("API username"), max_length=64, blank=True)
    api_key = models.ForeignKey(
        "apikeys.APIKey",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("API key"),
    )
    consumer_key = models.CharField(_("consumer key"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)

    objects = ChangeRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("change record")
        verbose_name_plural = _("change records")
        ordering = ("-date_added", "-pk")
        indexes = (
            models.Index(fields=["-date_added", "-id"], name="change_newest"),
            models.Index(fields=["kind", "-date_added", "-id"], name="change_by_kind"),
            models.Index(fields=["consumer_key", "-date_added", "-id"], name="change_by_key"),
            models.Index(fields=["username", "-date_added", "-id"], name="change_by_user"),
            models.Index(fields=["actor_name", "-date_added", "-id"], name="change_by_actor"),
            models.Index(fields=["name", "kind", "-date_added", "-id"], name="change_by_name"),
            models.Index(fields=["request_id"], name="change_by_request"),
            models.Index(fields=["store", "-date_added", "-id"], name="change_of_store"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
