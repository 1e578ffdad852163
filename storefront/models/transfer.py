"""Session transfers: which links that hand a cart over were made, and which were used."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.housekeeping import delete_in_steps
from apikeys.models import APIKey, ChangeRecord
from apikeys.models.scope import ScopedQuerySet
from storefront import transfer_link
from storefront.models.cart import Cart
from storefront.models.owned import Owned
from storefront.models.transfer_target import Action, TransferTarget

LIFETIME: Final = timedelta(minutes=10)
KEPT_FOR: Final = timedelta(days=90)
TICKET_LENGTH: Final = 43


class SessionTransferQuerySet(ScopedQuerySet["SessionTransfer"]):
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
        ``ValidationError`` when a value does not fit or the action is off, and
        ``Cart.DoesNotExist`` when somebody just deleted the cart.
        """
        # Whoever ends the cart's links now waits, and then ends this one too.
        cart.lock()
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
            digest=tokens.digest(_digested(ticket), tokens.newest_pepper_id()),
            expires_at=min(now + LIFETIME if expires_at is None else expires_at, last),
        )
        transfer.full_clean(validate_unique=False)
        transfer.save(force_insert=True)
        return transfer, ticket

    def of_ticket(self, ticket: str) -> "SessionTransfer | None":
        """The transfer that this ticket stands for, used or not."""
        transfers = self.select_related("cart", "store")
        return transfers.filter(digest__in=tokens.digests(_digested(ticket))).first()

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

    def prune(self) -> int:
        """Forget transfers that ended long ago. Returns how many."""
        long_over = self.filter(expires_at__lt=timezone.now() - KEPT_FOR)
        return delete_in_steps(long_over, skip_held=True)


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
            models.Index(fields=["consumer_key", "-date_added"], name="transfer_by_key"),
            models.Index(fields=["-date_added", "-id"], name="transfer_newest"),
            models.Index(fields=["expires_at"], name="transfer_expiry"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.public_id}"

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
        now = timezone.now()
        unspent = SessionTransfer.objects.filter(pk=self.pk, spent_at=None, expires_at__gt=now)
        return unspent.update(spent_at=now) == 1


def _digested(ticket: str) -> str:
    return f"transfer ticket {ticket}"


def _digest_of_link(link: transfer_link.Link) -> str:
    """Plain, because what it stands for is no secret; the nonce counts once for each key."""
    return hashlib.sha256(f"transfer link {link.key} {link.nonce}".encode()).hexdigest()
