"""Who sees which calls: like the keys', but by copies of the Store IDs instead of references."""

from typing import Self, TypeVar

from django.db import models

from apikeys.models import Store
from apikeys.models.scope import Person, sees_every_store

Row = TypeVar("Row", bound=models.Model)


class OfStoresQuerySet(models.QuerySet[Row]):
    """Rows whose ``store_id`` is a Store ID."""

    def visible_to(self, person: Person) -> Self:
        """Those of the stores whose staff this person is; all of them for a superuser.

        The ids are fetched first: history may live in another database than the stores.
        """
        if sees_every_store(person):
            return self
        stores = Store.objects.visible_to(person).values_list("public_id", flat=True)
        return self.filter(store_id__in=list(stores))
