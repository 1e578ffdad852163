"""Session transfers: where their links lead, and which links were made and used."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.models import APIKey, ChangeRecord, Store
from storefront import transfer_link
from storefront.models.cart import Cart
from storefront.models.owned import Owned, OwnedQuerySet
from storefront.web_address import validate_link

LIFETIME: Final = timedelta(minutes=10)
KEPT_FOR: Final = timedelta(days=90)
TICKET_LENGTH: Final = 43


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
        raise ValidationError(_("A target has no #part."), code="fragment")


class TransferTargetQuerySet(OwnedQuerySet["TransferTarget"]):
    def of(self, store: Store, action: str) -> "TransferTarget":
        """The target of an action; one that nobody has set yet is as it was shipped."""
        found = self.filter(store=store, action=action).first()
        return found or TransferTarget(store=store, action=action)

    def all_of(self, store: Store) -> "list[TransferTarget]":
        """The targets of every action, in their order."""
        return [self.of(store, action) for action in Action]

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
        return f"{self.action} of {self.store}"

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
        if not subscription:
            return self.url
        parts = urlsplit(self.url)
        added = urlencode({"sub": subscription})
        query = f"{parts.query}&{added}" if parts.query else added
        return urlunsplit(parts._replace(query=query))


class SessionTransferQuerySet(OwnedQuerySet["SessionTransfer"]):
    @transaction.atomic
    def issue(
        self,
        *,
        key: APIKey,
        cart: Cart,
        action: str,
        subscription: str = "",
        client: str = "",
        expires_at: datetime | None = None,
    ) -> tuple["SessionTransfer", str]:
        """Make a link's ticket and return both; of the ticket only a digest is kept.

        However long a life was asked for, the server's own limit holds. Raises
        ``ValidationError`` when a value does not fit or the action is off.
        """
        now = timezone.now()
        last = now + timedelta(seconds=settings.TRANSFER_MAX_LIFETIME)
        ticket = tokens.random_base62(TICKET_LENGTH)
        transfer = SessionTransfer(
            store=cart.store,
            cart=cart,
            action=action,
            subscription=subscription,
            client=client,
            consumer_key=key.consumer_key,
            digest=_digest_of_ticket(ticket),
            expires_at=min(now + LIFETIME if expires_at is None else expires_at, last),
        )
        transfer.full_clean(validate_unique=False)
        transfer.save(force_insert=True)
        return transfer, ticket

    def of_ticket(self, ticket: str) -> "SessionTransfer | None":
        """The transfer that this ticket stands for, used or not."""
        transfers = self.select_related("cart", "store")
        return transfers.filter(digest__in=_digests_of_ticket(ticket)).first()

    def spend_link(self, link: transfer_link.Link, cart: Cart) -> bool:
        """Use up a link that an integrator signed. False when its nonce was used before.

        One INSERT decides: of any number of concurrent redemptions the unique digest lets one
        through, and one whose transaction is still open makes the others wait for its end.
        """
        now = timezone.now()
        transfer = SessionTransfer(
            store=cart.store,
            cart=cart,
            action=link.action,
            subscription=link.sub,
            client=link.client,
            consumer_key=link.key,
            is_signed=True,
            digest=_digest_of_link(link),
            expires_at=datetime.fromtimestamp(link.expires, tz=now.tzinfo),
            spent_at=now,
        )
        self.bulk_create([transfer], ignore_conflicts=True)
        return self.filter(public_id=transfer.public_id).exists()

    def has_spent_link(self, link: transfer_link.Link) -> bool:
        return self.filter(digest=_digest_of_link(link)).exists()

    def prune(self, now: datetime | None = None) -> int:
        """Forget transfers that ended long ago. Returns how many."""
        ended = (now or timezone.now()) - KEPT_FOR
        return self.filter(expires_at__lt=ended).delete()[0]


class SessionTransfer(Owned):
    """One link: made here with a ticket, or signed elsewhere and known since it was used."""

    change_kind = ChangeRecord.Kind.TRANSFER

    cart = models.ForeignKey(
        Cart, on_delete=models.CASCADE, related_name="transfers", verbose_name=_("cart")
    )
    action = models.CharField(_("action"), max_length=12, choices=Action)
    subscription = models.CharField(
        _("subscription"),
        max_length=64,
        blank=True,
        validators=[
            RegexValidator(
                rf"\A{transfer_link.SUBSCRIPTION.pattern}\Z",
                _("Use letters, digits, underscore and hyphen, at most 64."),
            )
        ],
    )
    client = models.CharField(
        _("client session id"),
        max_length=64,
        blank=True,
        validators=[
            RegexValidator(
                rf"\A{transfer_link.CLIENT.pattern}\Z", _("Use 64 small hexadecimal digits.")
            )
        ],
    )
    # A copy and no reference: links outlive the key that made them, though they stop working.
    consumer_key = models.CharField(_("consumer key"), max_length=64, editable=False)
    is_signed = models.BooleanField(_("signed by the integrator"), default=False, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)
    spent_at = models.DateTimeField(_("used at"), null=True, blank=True, editable=False)

    objects = SessionTransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("session transfer")
        verbose_name_plural = _("session transfers")
        ordering = ("-date_added", "-pk")
        constraints = (
            models.CheckConstraint(
                name="sessiontransfer_action_is_known", condition=Q(action__in=Action.values)
            ),
        )
        indexes = (
            models.Index(fields=["store", "-date_added", "-id"], name="transfer_newest_of_store"),
            models.Index(fields=["expires_at"], name="transfer_expiry"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.public_id}"

    def clean(self) -> None:
        if self.action not in Action.values:
            return  # the field says so itself
        if Action(self.action).needs_subscription != bool(self.subscription):
            message = (
                _("Only change-sub and renew-sub have a subscription.")
                if self.subscription
                else _("Name the subscription.")
            )
            raise ValidationError({"subscription": ValidationError(message, code="subscription")})
        if not TransferTarget.objects.of(self.store, self.action).is_on:
            off = _("This action is switched off in this store, or it has no target.")
            raise ValidationError({"action": ValidationError(off, code="off")})
        if self.expires_at <= timezone.now():
            past = _("The expiry must be in the future.")
            raise ValidationError({"expires_at": ValidationError(past, code="past")})

    @property
    def is_over(self) -> bool:
        return self.expires_at <= timezone.now()

    def spend(self) -> bool:
        """Use the ticket up. One conditional UPDATE decides, so that only one redemption can."""
        unspent = SessionTransfer.objects.filter(pk=self.pk, spent_at=None)
        return unspent.update(spent_at=timezone.now()) == 1


def _digest_of_ticket(ticket: str, pepper_id: int | None = None) -> str:
    return tokens.digest(f"transfer ticket {ticket}", pepper_id or tokens.newest_pepper_id())


def _digests_of_ticket(ticket: str) -> list[str]:
    return [_digest_of_ticket(ticket, pepper_id) for pepper_id in settings.APIKEYS_PEPPERS]


def _digest_of_link(link: transfer_link.Link) -> str:
    """Plain, because what it stands for is no secret; the nonce counts once for each key."""
    return hashlib.sha256(f"transfer link {link.key} {link.nonce}".encode()).hexdigest()
