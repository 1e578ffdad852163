"""Webhooks: whom a store tells what happens to its invoices."""

from typing import Any, Final, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Status, Store
from apikeys.models.scope import ScopedQuerySet
from apikeys.models.search_word import Way, found_by, words_of
from apikeys.models.searchable import Searchable
from storefront import events
from storefront.events import Dialect
from storefront.invoice_status import InvoiceStatus
from storefront.models.search_word import WebhookWord
from storefront.models.webhook_secret import Signing, new_secret
from storefront.web_address import validate_receiver

MOST_IN_A_STORE: Final = 100


class WebhookQuerySet(ScopedQuerySet["Webhook"]):
    @transaction.atomic
    def register(
        self,
        *,
        actor: Actor,
        store: Store,
        url: str,
        names: list[str] | None = None,
        secret: str = "",
        **fields: Any,
    ) -> tuple["Webhook", str]:
        """Create a webhook and return it with its secret, which is shown only this once.

        ``names`` are events in either dialect; None means what Coinsnap sends unasked. Nothing is
        resolved or connected to here. Raises ``ValidationError`` when a value does not fit.
        """
        # Of two that register in one moment the second waits here, and then counts the first.
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        if store.webhooks.registered().count() >= MOST_IN_A_STORE:
            raise ValidationError(
                _("A store has at most %(most)d webhooks. Delete one that is no longer needed."),
                code="too_many",
                params={"most": MOST_IN_A_STORE},
            )
        secret = secret or new_secret()
        webhook = Webhook(store=store, url=url, events=list(events.UNNAMED), **fields)
        if names is not None:
            webhook.subscribe(names)
        webhook.keep_secret(secret)
        webhook.full_clean()
        webhook.save(force_insert=True)
        webhook.note(actor, "registered", after=webhook.snapshot())
        return webhook, secret

    def registered(self) -> Self:
        """All but the deleted ones, whose row only keeps the log of their deliveries."""
        return self.filter(deleted_at=None)

    def listening(self) -> Self:
        """Those that are told of what happens now."""
        return self.registered().filter(status=Status.ENABLED)

    def matching(self, text: str) -> Self:
        """Those with, for every word, one in the address that begins so; or with this public id."""
        ways = [Way.by_words(WebhookWord, text), Way.by_value(self.model, public_id=text)]
        return found_by(self, ways)


class Webhook(Signing, Searchable):
    """A receiver of events: its address, what it wants to hear, and a secret to sign with.

    The secret is sealed, because a signature is made with it; the sealed text is bound to this
    row. A deleted webhook keeps its row, without secret, so that an event on its way to it at that
    moment finds something to refer to.
    """

    change_kind = ChangeRecord.Kind.WEBHOOK

    url = models.CharField(_("URL"), max_length=2000, validators=[validate_receiver])
    events = models.JSONField(_("events"))
    dialect = models.CharField(
        _("dialect"), max_length=10, choices=Dialect, default=Dialect.COINSNAP
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ENABLED)
    disabled_reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)

    searched = frozenset({"url"})

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("-date_added", "-pk")
        constraints = (
            models.CheckConstraint(
                name="webhook_status_is_known", condition=Q(status__in=Status.values)
            ),
            models.CheckConstraint(
                name="webhook_deleted_keeps_no_secret",
                condition=Q(deleted_at=None) | Q(sealed="", former_sealed=""),
            ),
        )
        indexes = (
            models.Index(
                fields=["store"],
                name="webhook_listening",
                condition=Q(deleted_at=None, status=Status.ENABLED),
            ),
        )

    def __str__(self) -> str:
        return self.url

    def words(self) -> list[str]:
        return words_of(self.url)

    @property
    def is_enabled(self) -> bool:
        return self.status == Status.ENABLED

    # Greenfield lets this be switched off; here a failed delivery is always tried again.
    redelivers = True

    @property
    def everything(self) -> bool:
        return set(InvoiceStatus.values) <= set(self.events)

    def wants(self, event: str) -> bool:
        return event in self.events

    def subscribe(self, names: list[str]) -> None:
        """Take the events, and the dialect, of a list in either one."""
        try:
            self.events, self.dialect = events.read(names)
        except ValidationError as error:
            raise ValidationError({"events": error}) from error

    def snapshot(self) -> dict[str, Any]:
        # Some receivers are known by a secret in their address, which no record may keep.
        return {
            "url": tokens.redact(self.url),
            "events": list(self.events),
            "dialect": str(self.dialect),
            "status": self.status,
        }

    def lock(self) -> None:
        """Raises ``DoesNotExist`` also when it was deleted meanwhile and only its row is left."""
        super().lock()
        if self.deleted_at is not None:
            raise Webhook.DoesNotExist("The webhook was deleted.")

    @transaction.atomic
    def change(
        self,
        *,
        actor: Actor,
        url: str | None = None,
        names: list[str] | None = None,
        secret: str = "",
        enabled: bool | None = None,
    ) -> bool:
        """Change what is given; None keeps. Returns whether anything changed."""
        self.lock()
        before, sealed, old_url = self.snapshot(), self.sealed, self.url
        self.url = self.url if url is None else url
        if names is not None:
            self.subscribe(names)
        if secret and not self.signs_with(secret):
            self.replace_secret(secret)
        self.full_clean()
        if enabled is not None:
            self._switch(Status.ENABLED if enabled else Status.DISABLED)
        if is_moved := self.url != old_url:
            self.failing_since, self.failures = None, 0  # which were those of another receiver
        old, new = self._changes_since(before)
        if self.sealed != sealed:
            new |= {"secret": "replaced"}
        if not new and not is_moved:  # an address may differ in a secret, which no snapshot shows
            return False
        self.modified(
            *("url", "events", "dialect", "failing_since", "failures"),
            *("sealed", "former_sealed", "former_until"),
        )
        self.note(actor, "changed", before=old, after=new)
        return True

    @transaction.atomic
    def disable(self, *, actor: Actor, reason: str = "") -> bool:
        """Send nothing more, and drop what was waiting. Returns whether anything changed."""
        self.lock()
        if not self._switch(Status.DISABLED, reason=reason):
            return False
        self.note(actor, "disabled", reason=reason)
        return True

    @transaction.atomic
    def enable(self, *, actor: Actor, reason: str = "") -> bool:
        """Send what happens from now on. Returns whether anything changed."""
        self.lock()
        if not self._switch(Status.ENABLED):
            return False
        self.note(actor, "enabled", reason=reason)
        return True

    def delete(  # type: ignore[override]
        self, *, actor: Actor, reason: str = ""
    ) -> None:
        """Forget the address's secret and send nothing more; the log of deliveries stays."""
        with transaction.atomic():
            self.lock()
            before = self.snapshot()
            self._switch(Status.DISABLED, reason=reason)
            self.sealed = self.former_sealed = ""
            self.former_until, self.deleted_at = None, timezone.now()
            self.modified("sealed", "former_sealed", "former_until", "deleted_at")
            self.note(actor, "deleted", before=before, reason=reason)

    def _switch(self, status: str, reason: str = "") -> bool:
        if self.status == status:
            return False
        self.status, self.disabled_reason = status, reason[:500]
        self.failing_since, self.failures = None, 0
        self.modified("status", "disabled_reason", "failing_since", "failures")
        self.deliveries.stop()  # an event may have come in while it was disabled a moment ago
        return True
