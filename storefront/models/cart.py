"""Carts: what a customer is about to buy, opened by a public id and a secret cart key."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from apikeys.models.scope import ScopedQuerySet
from apikeys.text import plain_text
from storefront import cart_key
from storefront.models.cart_item import CartItem, Fillable
from storefront.models.invoice import Invoice
from storefront.models.payment_method import PaymentMethod

LIFETIME: Final = timedelta(days=7)
EXPIRING: Final = timedelta(days=1)


class CartClosed(Exception):
    """The cart was checked out; what it holds can no longer change."""


class NoSuchCart(Exception):
    """The cart key opens no cart. The message is for the operator."""


class CartQuerySet(ScopedQuerySet["Cart"]):
    @transaction.atomic
    def open(
        self, *, store: Store, customer: str = "", offered: str | None = None
    ) -> tuple["Cart", str]:
        """Open a cart and return it with its cart key, of which only a digest is kept.

        ``offered`` is the key that we offered to this caller and that now opens the cart. Raises
        ``NoSuchCart`` when it has opened one before, and ``ValidationError``.
        """
        key = offered or cart_key.mint()
        cart = Cart(
            store=store,
            customer=customer,
            currency=store.currency,
            key_digest=cart_key.digest(key),
            offer_digest=cart_key.digest(key) if offered else None,
            expires_at=timezone.now() + LIFETIME,
        )
        cart.full_clean(validate_unique=False)
        try:
            with transaction.atomic():
                cart.save(force_insert=True)
        except IntegrityError as error:
            raise NoSuchCart("this cart key opened a cart before") from error
        return cart, key

    def alive(self) -> "CartQuerySet":
        return self.filter(expires_at__gt=timezone.now())

    def opened_by(self, key: str) -> "Cart | None":
        """The cart that this cart key opens, if any."""
        # The look-up goes by a keyed digest, so that its time tells nothing about the key.
        cart = self.alive().filter(key_digest__in=cart_key.digests(key)).first()
        return cart if cart is not None and cart_key.matches(key, stored=cart.key_digest) else None

    def has_used(self, offered: str) -> bool:
        """Whether an offered key has opened a cart, whatever became of both."""
        return self.filter(offer_digest__in=cart_key.digests(offered)).exists()

    def ended(self) -> "CartQuerySet":
        """Those that expired without becoming an invoice, which nobody can open any more."""
        return self.filter(expires_at__lte=timezone.now(), invoice=None)


class Cart(Fillable):
    """One customer's cart. Whoever calls needs a key of the store and the cart key."""

    change_kind = ChangeRecord.Kind.CART

    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    # Which cart key the cart has had, the first or a later one: a signed link may name it.
    key_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    # The key with which the caller began, if it was an offered one: it must never open a second
    # cart after it was ended.
    offer_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    customer = models.CharField(_("customer"), max_length=100, blank=True, validators=[plain_text])
    invoice = models.OneToOneField(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cart",
        verbose_name=_("invoice"),
    )
    expires_at = models.DateTimeField(_("expires at"), editable=False)

    objects = CartQuerySet.as_manager()

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering = ("-date_modified", "-pk")
        indexes = (
            models.Index(fields=["store", "-date_modified", "-id"], name="cart_newest_of_store"),
            models.Index(fields=["-date_modified", "-id"], name="cart_newest"),
            models.Index(fields=["customer", "-date_modified"], name="cart_of_customer"),
            models.Index(fields=["expires_at"], name="cart_open", condition=Q(invoice=None)),
        )

    def __str__(self) -> str:
        return self.public_id

    @classmethod
    def imagined(cls, store: Store) -> "Cart":
        """An empty cart that nobody has opened yet, to be looked at and not to be saved."""
        return cls(store=store, currency=store.currency, expires_at=timezone.now() + LIFETIME)

    @property
    def is_open(self) -> bool:
        return self.invoice_id is None

    @property
    def is_alive(self) -> bool:
        return self.expires_at > timezone.now()

    def total_of(self, items: list[CartItem]) -> Decimal:
        """What these items cost now, or what the invoice says that the cart became."""
        return super().total_of(items) if self.invoice is None else self.invoice.amount

    @transaction.atomic
    def bind(self, customer: str) -> str | None:
        """Say whose cart it is. Returns the new cart key, or None when it was theirs before.

        A guest's cart key may be in other hands by now (a shared link, a planted cookie): it ends
        here, and so does every link and every browser session that was made for the guest.
        """
        self.lock_open()
        if customer == self.customer:
            return None
        if self.customer:
            raise ValidationError(
                _("The cart belongs to another customer, who has to log out first."), code="bound"
            )
        if not customer:
            raise ValidationError({"customer": _("Name the customer.")}, code="required")
        self.customer = customer
        self.full_clean(validate_unique=False)
        return self._new_key("customer")

    @transaction.atomic
    def unbind(self) -> str:
        """The customer logs out: a guest's cart from now on, under a new cart key."""
        self.lock()
        self.customer = ""
        return self._new_key("customer")

    @transaction.atomic
    def check_out(self, *, payment_method: PaymentMethod | None = None, **fields: Any) -> Invoice:
        """Turn the cart into an invoice, once: whoever comes later gets the same invoice.

        ``fields`` are those of an invoice that a shopper may set. Raises ``ValidationError``.
        """
        self.lock()
        if self.invoice is not None:
            return self.invoice
        items = self.contents
        if not items:
            raise ValidationError(_("The cart is empty."), code="empty")
        for item in items:
            self.judge_currency(item.product)
            item.sold_minor = item.product.price_minor
        CartItem.objects.bulk_update(items, ["sold_minor"])
        metadata = {
            **fields.pop("metadata", {}),
            "cart": self.public_id,
            "items": [item.as_sold() for item in items],
        }
        if self.customer:
            metadata["customer"] = self.customer
        if payment_method is not None:
            metadata["payment_method"] = payment_method.code
            fields["payment_methods"] = [payment_method.code]
        self.invoice = Invoice.objects.create_for(
            self.store,
            amount=self.total_of(items),
            currency=self.currency,
            metadata=metadata,
            **fields,
        )
        self.modified("invoice")
        return self.invoice

    @transaction.atomic
    def delete(self, *, actor: Actor | None = None) -> tuple[int, dict[str, int]]:  # type: ignore[override]
        """Throw the cart away, unless it became an invoice. Raises ``CartClosed``."""
        self.lock_open()
        if actor is not None:
            self.note(actor, "deleted", before={"customer": self.customer})
        return super().delete()

    def lock_open(self) -> None:
        self.lock()
        if not self.is_open:
            raise CartClosed(self.public_id)

    def changed(self, *fields: str) -> None:
        """A cart that is in use does not expire."""
        self.expires_at = timezone.now() + LIFETIME
        self.modified("expires_at", *fields)

    def _new_key(self, *fields: str) -> str:
        key = cart_key.mint()
        self.key_digest = cart_key.digest(key)
        self.key_version += 1
        self.shopper_sessions.all().delete()
        self.transfers.filter(spent_at=None).update(expires_at=timezone.now())
        self.changed("key_digest", "key_version", *fields)
        return key
