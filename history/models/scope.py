"""Who sees which calls: like the keys', but by copies of the Store IDs instead of references."""

from typing import Self, TypeVar

from django.db import models

from apikeys.models import Store
from apikeys.models.scope import Person, sees_every_store

Row = TypeVar("Row", bound=models.Model)


def store_ids_of(person: Person) -> set[str] | None:
    """The Store IDs of the stores whose staff this person is; None, for all, for a superuser.

    They are looked up by themselves: history may live in another database than the stores.
    """
    if sees_every_store(person):
        return None
    return set(Store.objects.visible_to(person).values_list("public_id", flat=True))


class OfStoresQuerySet(models.QuerySet[Row]):
    """Rows whose ``store_id`` is a Store ID."""

    def visible_to(self, person: Person) -> Self:
        """Those of the stores whose staff this person is; all of them for a superuser."""
        return self.of_stores(store_ids_of(person))

    def of_stores(self, store_ids: set[str] | None) -> Self:
        """Those of the stores with these Store IDs; all of them for None."""
        return self if store_ids is None else self.filter(store_id__in=store_ids)
