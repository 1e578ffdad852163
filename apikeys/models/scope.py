"""Who sees which rows: people at the console see what is of the stores whose staff they are."""

from typing import Self, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import models

Person = User | AnonymousUser
Row = TypeVar("Row", bound=models.Model)


def sees_every_store(person: Person) -> bool:
    """Whether nothing is left out for this person: an active superuser."""
    return person.is_superuser and person.is_active


class ScopedQuerySet(models.QuerySet[Row]):
    """Rows that are each of one store; ``path_to_staff`` leads from a row to its store's staff."""

    path_to_staff = "store__staff"

    def visible_to(self, person: Person) -> Self:
        """Those of the stores whose staff this person is; all of them for a superuser."""
        if sees_every_store(person):
            return self
        return self.filter(**{self.path_to_staff: person.pk}) if person.pk else self.none()
