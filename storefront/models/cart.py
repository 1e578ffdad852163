"""Carts: what a customer is about to buy, opened by a public id and a secret cart key."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from apikeys.text import plain_text
from storefront import cart_key, money
from storefront.models.invoice import Invoice
from storefront.models.owned import Owned, OwnedQuerySet
from storefront.models.payment_method import PaymentMethod
from storefront.models.product import Product

LIFETIME: Final = timedelta(days=7)
EXPIRING: Final = timedelta(days=1)
MOST_ITEMS: Final = 100
MOST_PIECES: Final = 9999


class CartClosed(Exception):
    """The cart was checked out; what it holds can no longer change."""


class NoSuchCart(Exception):
    """The cart key opens no cart. The message is for the operator."""


class CartQuerySet(OwnedQuerySet["Cart"]):
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

    def alive(self, now: datetime | None = None) -> "CartQuerySet":
        return self.filter(expires_at__gt=now or timezone.now())

    def opened_by(self, key: str) -> "Cart | None":
        """The cart that this cart key opens, if any."""
        # The look-up goes by a keyed digest, so that its time tells nothing about the key.
        cart = self.alive().filter(key_digest__in=cart_key.digests(key)).first()
        return cart if cart is not None and cart_key.matches(key, cart.key_digest) else None

    def has_used(self, offered: str) -> bool:
        """Whether an offered key has opened a cart, whatever became of both."""
        return self.filter(offer_digest__in=cart_key.digests(offered)).exists()

    def ended(self, now: datetime | None = None) -> "CartQuerySet":
        """Those that expired without becoming an invoice, which nobody can open any more."""
        return self.filter(expires_at__lte=now or timezone.now(), invoice=None)


class Cart(Owned):
    """One customer's cart. Whoever calls needs a key of the store and the cart key."""

    change_kind = ChangeRecord.Kind.CART

    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    # The key with which the caller began, if it was an offered one: it must never open a second
    # cart after it was ended.
    offer_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    customer = models.CharField(_("customer"), max_length=100, blank=True, validators=[plain_text])
    currency = models.CharField(
        _("currency"), max_length=4, editable=False, validators=[money.validate_currency]
    )
    invoice = models.OneToOneField(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="cart"
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

    @property
    def contents(self) -> "list[CartItem]":
        """The items with their products, oldest first."""
        return list(self.items.select_related("product").order_by("pk"))

    def total_of(self, items: "list[CartItem]") -> Decimal:
        """What these items of the cart cost now."""
        return money.from_minor(sum(item.total_minor for item in items), self.currency)

    @property
    def listed_total(self) -> Decimal:
        """The same of prefetched items, for lists."""
        return self.total_of(list(self.items.all()))

    @transaction.atomic
    def add(self, product: Product, quantity: int = 1) -> "CartItem":
        """Put in more of a product. Raises ``ValidationError`` and ``CartClosed``."""
        self._lock_open()
        if product.store_id != self.store_id:
            raise ValueError("A cart holds products of its own store only.")
        self._judge_currency(product)
        item = self.items.filter(product=product).first()
        if item is None:
            if self.items.count() >= MOST_ITEMS:
                raise ValidationError(
                    _("A cart holds at most %(most)d different products."),
                    code="too_many",
                    params={"most": MOST_ITEMS},
                )
            item = CartItem(cart=self, product=product, quantity=0, key=self._item_key(product))
        item.quantity += quantity
        item.full_clean(exclude=["cart", "product"], validate_unique=False)
        item.save()
        self._changed()
        return item

    @transaction.atomic
    def set_quantity(self, item: "CartItem", quantity: int) -> None:
        """Say how many of an item there are; none takes it out."""
        self._lock_open()
        if quantity == 0:
            item.delete()
        else:
            item.quantity = quantity
            item.full_clean(exclude=["cart", "product"], validate_unique=False)
            item.save(update_fields=["quantity"])
        self._changed()

    @transaction.atomic
    def clear(self) -> None:
        self._lock_open()
        self.items.all().delete()
        self._changed()

    @transaction.atomic
    def bind(self, customer: str) -> str | None:
        """Say whose cart it is. Returns the new cart key, or None when it was theirs before.

        A guest's cart key may be in other hands by now (a shared link, a planted cookie): it ends
        here, and so does every browser session that was made for the guest.
        """
        self._lock_open()
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
            self._judge_currency(item.product)
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
        self._lock_open()
        if actor is not None:
            self.note(actor, "deleted", before={"customer": self.customer})
        return super().delete()

    def _judge_currency(self, product: Product) -> None:
        if product.currency != self.currency:
            raise ValidationError(
                _("%(product)s is sold in %(other)s, and the cart is in %(currency)s."),
                code="currency",
                params={
                    "product": product.name,
                    "other": product.currency,
                    "currency": self.currency,
                },
            )

    def _item_key(self, product: Product) -> str:
        spelling = f"{self.public_id} {product.public_id}"
        return hashlib.sha256(spelling.encode()).hexdigest()[:32]

    def _lock_open(self) -> None:
        self.lock()
        if not self.is_open:
            raise CartClosed(self.public_id)

    def _changed(self, *fields: str) -> None:
        """A cart that is in use does not expire."""
        self.expires_at = timezone.now() + LIFETIME
        self.modified("expires_at", *fields)

    def _new_key(self, *fields: str) -> str:
        key = cart_key.mint()
        self.key_digest = cart_key.digest(key)
        self.shopper_sessions.all().delete()
        self._changed("key_digest", *fields)
        return key


class CartItem(models.Model):
    """So many pieces of one product. The price is the product's until the checkout fixes it."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    # A product that is taken off sale leaves the carts that are still open.
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="cart_items")
    key = models.CharField(_("item key"), max_length=32, editable=False)
    quantity = models.PositiveIntegerField(
        _("quantity"), validators=[MinValueValidator(1), MaxValueValidator(MOST_PIECES)]
    )

    class Meta:
        verbose_name = _("cart item")
        verbose_name_plural = _("cart items")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["cart", "product"], name="cartitem_once_a_cart"),
            models.UniqueConstraint(fields=["cart", "key"], name="cartitem_key_once_a_cart"),
            models.CheckConstraint(
                name="cartitem_has_pieces", condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES)
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product}"

    @property
    def total_minor(self) -> int:
        return self.quantity * self.product.price_minor

    @property
    def total(self) -> Decimal:
        return money.from_minor(self.total_minor, self.product.currency)

    def as_sold(self) -> dict[str, Any]:
        """What the invoice keeps of it: names and prices of this moment."""
        return {
            "product": self.product.public_id,
            "sku": self.product.sku,
            "name": self.product.name,
            "price": f"{self.product.price:f}",
            "quantity": self.quantity,
            "total": f"{self.total:f}",
        }
