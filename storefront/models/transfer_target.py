"""Transfer targets: where the links of each action lead, store by store."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from apikeys.models.scope import ScopedQuerySet
from storefront.models.owned import Owned, saved_once
from storefront.web_address import validate_link


class Action(models.TextChoices):
    CART = "cart", _("Cart")
    CHECKOUT = "checkout", _("Checkout")
    ACCOUNT = "account", _("Account")
    NEW_PAYMENT = "new-payment", _("New payment method")
    CHANGE_SUB = "change-sub", _("Change a subscription")
    RENEW_SUB = "renew-sub", _("Renew a subscription")

    @property
    def needs_subscription(self) -> bool:
        return self in (Action.CHANGE_SUB, Action.RENEW_SUB)


# The pages that we have ourselves, by their URL names.
BUILT_IN: Final = {Action.CART: "shopper_cart", Action.CHECKOUT: "shopper_checkout"}


def validate_target(url: str) -> None:
    """Validator: a page that a customer may be sent to with a link of ours."""
    validate_link(url)
    parts = urlsplit(url)
    if parts.scheme != "https" and not settings.PUBLIC_URL.startswith("http://"):
        raise ValidationError(_("The address must begin with https://."), code="not_https")
    if parts.fragment:
        raise ValidationError(_("A target must not end with a #fragment."), code="fragment")


class TransferTargetQuerySet(ScopedQuerySet["TransferTarget"]):
    def of(self, store: Store, action: str) -> "TransferTarget":
        """The target of an action; one that nobody has set yet is as it was shipped."""
        found = self.filter(store=store, action=action).first()
        return found or TransferTarget(store=store, action=action)

    def by_store(self, stores: Iterable[Store]) -> "list[tuple[Store, list[TransferTarget]]]":
        """Each store with the targets of every action, in their order."""
        asked = list(stores)
        known = {(one.store_id, one.action): one for one in self.filter(store__in=asked)}

        def target(store: Store, action: Action) -> TransferTarget:
            return known.get((store.pk, action)) or TransferTarget(store=store, action=action)

        return [(store, [target(store, action) for action in Action]) for store in asked]

    @transaction.atomic
    def set(
        self, *, actor: Actor, store: Store, action: str, url: str, enabled: bool
    ) -> "TransferTarget":
        """Say where an action leads, or switch it off. Raises ``ValidationError``."""
        target = self.select_for_update().filter(store=store, action=action).first()
        target = target or TransferTarget(store=store, action=action)
        before = target.snapshot()
        target.url, target.enabled, target.date_modified = url, enabled, timezone.now()
        target.full_clean()
        after = target.snapshot()
        if before != after:
            with saved_once(_("Somebody else has just set this target. Look at it again.")):
                target.save()
            target.note(actor, "changed", before=before, after=after)
        return target


class TransferTarget(Owned):
    """Where the links of one action lead in one store; blank means our own page for it."""

    change_kind = ChangeRecord.Kind.TRANSFER

    action = models.CharField(_("action"), max_length=12, choices=Action)
    url = models.CharField(_("address"), max_length=2000, blank=True, validators=[validate_target])
    enabled = models.BooleanField(_("enabled"), default=True)

    objects = TransferTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer target")
        verbose_name_plural = _("transfer targets")
        ordering = ("store", "pk")
        constraints = (
            models.UniqueConstraint(fields=["store", "action"], name="transfertarget_once_a_store"),
            models.CheckConstraint(
                name="transfertarget_action_is_known", condition=Q(action__in=Action.values)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()}, {self.store}"

    @property
    def is_on(self) -> bool:
        """Whether links of this action are good for anything."""
        return self.enabled and bool(self.url or self.has_page)

    @property
    def has_page(self) -> bool:
        """Whether we have a page of our own for the action."""
        return self.action in BUILT_IN

    def snapshot(self) -> dict[str, Any]:
        return {"action": str(self.action), "url": self.url, "enabled": self.enabled}

    def location(self, subscription: str = "") -> str:
        """The address to lead to: the one the store's staff set, and nothing a link can change."""
        if not self.url:
            return settings.PUBLIC_URL + reverse(BUILT_IN[Action(self.action)])
        url = iri_to_uri(self.url) or ""  # a header is ASCII
        if not subscription:
            return url
        parts = urlsplit(url)
        added = urlencode({"sub": subscription})
        query = f"{parts.query}&{added}" if parts.query else added
        return urlunsplit(parts._replace(query=query))
