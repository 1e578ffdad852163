"""Stores: the shops whose API the keys open."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import RegexValidator, URLValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.actor import Actor
from apikeys.models.change import ChangeRecord
from apikeys.models.scope import ScopedQuerySet
from apikeys.models.status import Switchable
from apikeys.text import plain_text


def new_store_id() -> str:
    """A public id of 22 base62 characters (130 bits): no one can guess that a store exists."""
    return tokens.random_base62(22)


class StoreQuerySet(ScopedQuerySet["Store"]):
    path_to_store = "pk"

    @transaction.atomic
    def open(
        self,
        *,
        actor: Actor,
        name: str,
        currency: str = "EUR",
        website: str = "",
        public_id: str = "",
    ) -> "Store":
        """Create a store. Raises ``ValidationError`` when a value does not fit."""
        store = Store(name=name, currency=currency, website=website)
        if public_id:
            store.public_id = public_id
        store.full_clean()
        store.save(force_insert=True)
        store.note(actor, "created", after=store.snapshot())
        return store


class Store(Switchable):
    """A shop. Its public id is in URLs; its staff are the console users who see its keys."""

    public_id = models.CharField(
        _("Store ID"), max_length=44, unique=True, default=new_store_id, editable=False
    )
    name = models.CharField(_("name"), max_length=200, validators=[plain_text])
    website = models.URLField(
        _("website"), blank=True, validators=[URLValidator(schemes=["https", "http"])]
    )
    currency = models.CharField(
        _("currency"),
        max_length=4,
        default="EUR",
        validators=[RegexValidator(r"\A[A-Z]{3,4}\Z", _("Three or four capital letters: EUR."))],
    )
    staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="stores",
        verbose_name=_("staff"),
        help_text=_("Console users who may see this store. Superusers see all stores."),
    )

    objects = StoreQuerySet.as_manager()

    class Meta(Switchable.Meta):
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ("name", "pk")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            *Switchable.Meta.constraints,
            models.CheckConstraint(name="store_has_public_id", condition=~Q(public_id="")),
            models.CheckConstraint(name="store_has_name", condition=~Q(name="")),
        )
        indexes = (models.Index(fields=["name", "id"], name="store_in_order"),)

    def __str__(self) -> str:
        return self.name

    def snapshot(self) -> dict[str, Any]:
        return {"name": self.name, "website": self.website, "currency": self.currency}

    def change_references(self) -> dict[str, Any]:
        return {
            "kind": ChangeRecord.Kind.STORE,
            "name": self.name,
            "store": self,
            "store_public_id": self.public_id,
        }

    @transaction.atomic
    def change(self, *, actor: Actor, **fields: Any) -> bool:
        """Set name, website or currency. Returns whether anything changed."""
        self.lock()
        return self._set(fields, actor=actor)

    @transaction.atomic
    def set_staff(self, people: Iterable[User], *, actor: Actor) -> bool:
        """Say which console users may see this store. Returns whether anything changed."""
        self.lock()
        before = self._staff_names()
        self.staff.set(people)
        after = self._staff_names()
        if before == after:
            return False
        self.modified()
        self.note(actor, "staff changed", before={"staff": before}, after={"staff": after})
        return True

    def _staff_names(self) -> list[str]:
        return sorted(person.get_username() for person in self.staff.all())
