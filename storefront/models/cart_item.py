"""Cart items: what is in a cart, and the deeds that fill and empty it."""

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from storefront import money
from storefront.models.owned import Owned
from storefront.models.product import Product

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

MOST_ITEMS: Final = 100
MOST_PIECES: Final = 9999


class CartItem(models.Model):
    """So many pieces of one product, at its price, and after the checkout at what it was then."""

    cart = models.ForeignKey("storefront.Cart", on_delete=models.CASCADE, related_name="items")
    # A product that is taken off sale leaves the carts that are still open.
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="cart_items", verbose_name=_("product")
    )
    key = models.CharField(_("item key"), max_length=32, editable=False)
    quantity = models.PositiveIntegerField(
        _("quantity"), validators=[MinValueValidator(1), MaxValueValidator(MOST_PIECES)]
    )
    # Of one piece, at the checkout; until then the product knows.
    sold_minor = models.PositiveBigIntegerField(_("sold at"), null=True, editable=False)

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
        return f"{self.quantity} {self.product}"

    @property
    def currency(self) -> str:
        """The cart's, unless the product was given another one since it was put in."""
        return self.product.currency if self.sold_minor is None else self.cart.currency

    @property
    def price_minor(self) -> int:
        return self.product.price_minor if self.sold_minor is None else self.sold_minor

    @property
    def price(self) -> Decimal:
        return money.from_minor(self.price_minor, self.currency)

    @property
    def total_minor(self) -> int:
        return self.quantity * self.price_minor

    @property
    def total(self) -> Decimal:
        return money.from_minor(self.total_minor, self.currency)

    def as_sold(self) -> dict[str, Any]:
        """What the invoice keeps of it: names and prices of this moment."""
        return {
            "product": self.product.public_id,
            "sku": self.product.sku,
            "name": self.product.name,
            "price": f"{self.price:f}",
            "quantity": self.quantity,
            "total": f"{self.total:f}",
        }


class Fillable(Owned):
    """What a cart holds, in one currency."""

    currency = models.CharField(
        _("currency"), max_length=4, editable=False, validators=[money.validate_currency]
    )

    if TYPE_CHECKING:
        items: RelatedManager["CartItem"]

    class Meta:
        abstract = True

    def lock_open(self) -> None:
        """Lock the cart; raise ``CartClosed`` when it was checked out."""
        raise NotImplementedError

    def changed(self, *fields: str) -> None:
        """Save the named fields; a cart that is in use does not expire."""
        raise NotImplementedError

    @property
    def contents(self) -> "list[CartItem]":
        """The items with their products, oldest first."""
        return list(self.items.select_related("product").order_by("pk"))

    def total_of(self, items: "list[CartItem]") -> Decimal:
        """What these items of the cart cost now.

        One that came to have another currency cannot be added up, nor checked out.
        """
        minor = sum(item.total_minor for item in items if item.currency == self.currency)
        return money.from_minor(minor, self.currency)

    @property
    def listed_total(self) -> Decimal:
        """The same of prefetched items, for lists."""
        return self.total_of(list(self.items.all()))

    @transaction.atomic
    def add(self, product: Product, quantity: int = 1) -> "CartItem":
        """Put in more of a product. Raises ``ValidationError`` and ``CartClosed``."""
        self.lock_open()
        if product.store_id != self.store_id:
            raise ValueError("A cart holds products of its own store only.")
        self.judge_currency(product)
        item: CartItem | None = self.items.filter(product=product).first()
        if item is None:
            if self.items.count() >= MOST_ITEMS:
                raise ValidationError(
                    _("A cart holds at most %(most)d different products."),
                    code="too_many",
                    params={"most": MOST_ITEMS},
                )
            item = CartItem(cart_id=self.pk, product=product, key=self._item_key(product))
            item.quantity = 0
        item.quantity += quantity
        item.full_clean(exclude=["cart", "product"], validate_unique=False)
        item.save()
        self.changed()
        return item

    @transaction.atomic
    def set_quantity(self, item: "CartItem", quantity: int) -> None:
        """Say how many of an item there are; none takes it out."""
        self.lock_open()
        if quantity == 0:
            item.delete()
        else:
            item.quantity = quantity
            item.full_clean(exclude=["cart", "product"], validate_unique=False)
            # Not a save, which would complain when somebody else just took the item out.
            self.items.filter(pk=item.pk).update(quantity=quantity)
        self.changed()

    @transaction.atomic
    def clear(self) -> None:
        self.lock_open()
        self.items.all().delete()
        self.changed()

    def judge_currency(self, product: Product) -> None:
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
