"""Products: the few facts about what a shop sells that a cart needs."""

from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import connections, models, router, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from apikeys.models.scope import ScopedQuerySet
from apikeys.models.search_word import Way, found_by, words_of
from apikeys.models.searchable import Searchable
from apikeys.text import plain_text
from storefront import money
from storefront.models.owned import Owned, saved_once
from storefront.models.search_word import ProductWord

SKU_TAKEN = _("There is a product with this SKU already.")


class ProductQuerySet(ScopedQuerySet["Product"]):
    @transaction.atomic
    def add(
        self,
        *,
        actor: Actor,
        store: Store,
        sku: str,
        name: str,
        price: Decimal,
        currency: str = "",
    ) -> "Product":
        """Create a product. Raises ``ValidationError`` when a value does not fit."""
        product = Product(store=store, sku=sku, name=name, currency=currency or store.currency)
        product.set_price(price)
        product.full_clean()
        with saved_once(SKU_TAKEN):
            product.save(force_insert=True)
        product.note(actor, "created", after=product.snapshot())
        return product

    def matching(self, text: str) -> Self:
        """Those with, for every word, one in SKU or name that begins so; or with this public id."""
        ways = [Way.by_words(ProductWord, text), Way.by_value(self.model, public_id=text)]
        return found_by(self, ways)


class Product(Owned, Searchable):
    """One thing on sale. Its price is that of one piece."""

    change_kind = ChangeRecord.Kind.PRODUCT

    sku = models.CharField(_("SKU"), max_length=100, validators=[plain_text])
    name = models.CharField(_("name"), max_length=200, validators=[plain_text])
    price_minor = models.BigIntegerField(
        _("price"), validators=[MinValueValidator(0)], editable=False
    )
    currency = models.CharField(_("currency"), max_length=4, validators=[money.validate_currency])

    searched = frozenset({"sku", "name"})

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["store", "sku"],
                name="product_sku_once_a_store",
                violation_error_message=SKU_TAKEN,
            ),
            models.CheckConstraint(
                name="product_price_is_not_negative", condition=Q(price_minor__gte=0)
            ),
        )
        indexes = (
            models.Index(fields=["store", "name", "id"], name="product_of_store"),
            models.Index(fields=["name", "id"], name="product_in_order"),
        )

    def __str__(self) -> str:
        return self.name

    def words(self) -> list[str]:
        return words_of(self.sku, self.name)

    @property
    def price(self) -> Decimal:
        return money.from_minor(self.price_minor, self.currency)

    def set_price(self, price: Decimal) -> None:
        """Raises ``ValidationError`` when the currency has no such amount, or it is negative."""
        with money.named("price"):
            self.price_minor = money.to_minor(price, self.currency)
            if self.price_minor < 0:
                raise ValidationError(_("A price is not negative."), code="min_value")

    def snapshot(self) -> dict[str, Any]:
        return {
            "sku": self.sku,
            "name": self.name,
            "price": f"{self.price:f}",
            "currency": self.currency,
        }

    def hold(self) -> bool:
        """Keep the row from being deleted until the transaction ends; False when it is gone.

        Without it the row that refers to a product deleted meanwhile would fail at the commit.
        Any number may hold it at once, by a lock for which Django has no word; on SQLite every
        transaction that writes has the one write lock.
        """
        connection = connections[router.db_for_write(Product)]
        query = "SELECT 1 FROM storefront_product WHERE id = %s"
        if connection.vendor == "postgresql":
            query += " FOR KEY SHARE"
        with connection.cursor() as cursor:
            cursor.execute(query, [self.pk])
            return cursor.fetchone() is not None

    @transaction.atomic
    def change(self, *, actor: Actor, **fields: Any) -> bool:
        """Set sku, name, price or currency. Returns whether anything changed."""
        self.lock()
        before, price = self.snapshot(), fields.pop("price", self.price)
        if unknown := fields.keys() - before.keys():
            raise TypeError(f"A product has no changeable {', '.join(sorted(unknown))}.")
        for name, value in fields.items():
            setattr(self, name, value)
        self.set_price(price)
        self.full_clean()
        old, new = self._changes_since(before)
        if not new:
            return False
        with saved_once(SKU_TAKEN):
            self.modified("sku", "name", "price_minor", "currency")
        self.note(actor, "changed", before=old, after=new)
        return True

    def delete(  # type: ignore[override]
        self, *, actor: Actor, reason: str = ""
    ) -> tuple[int, dict[str, int]]:
        """Take it off sale. Invoices that were made with it stay as they are."""
        with transaction.atomic():
            self.lock()
            self.note(actor, "deleted", before=self.snapshot(), reason=reason)
            return super().delete()
