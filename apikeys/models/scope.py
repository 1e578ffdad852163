"""Who sees which rows: console users see what belongs to the stores whose staff they are."""

from collections.abc import Iterable
from typing import Self, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import models

Person = User | AnonymousUser
Row = TypeVar("Row", bound=models.Model)


def is_console_user(person: Person) -> bool:
    """Whether the console is open to this person: active, and staff or superuser."""
    return person.is_active and (person.is_staff or person.is_superuser)


def sees_every_store(person: Person) -> bool:
    """Whether nothing is left out for this person: an active superuser."""
    return person.is_superuser and person.is_active


class ScopedQuerySet(models.QuerySet[Row]):
    """Rows that each belong to one store; ``path_to_store`` leads from a row to it."""

    path_to_store = "store"

    def visible_to(self, person: Person) -> Self:
        """Those of the stores whose staff this person is; all of them for a superuser.

        The stores are looked up before: a planner who knows which they are knows, too, how few
        rows a small one has, and does not look for them among all there are.
        """
        if sees_every_store(person):
            return self
        if person.pk is None:
            return self.none()
        return self.of_stores(person.stores.values_list("pk", flat=True))

    def of_stores(self, stores: Iterable[int]) -> Self:
        """Those of the stores with these ids.

        A row that knows its store by another one is asked whether that is among the store's own:
        from a join SQLite would begin with the store, and try every row of it.
        """
        between, _last, name = self.path_to_store.rpartition("__")
        chosen = {f"{name}__in": list(stores)}
        if not between:
            return self.filter(**chosen)
        related = self.model._meta.get_field(between).related_model
        return self.filter(**{f"{between}__in": related._default_manager.filter(**chosen)})  # type: ignore[union-attr]
