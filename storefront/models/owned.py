"""What every record of a shop has: its store, a public id, and who changed it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.models import Store
from apikeys.models.changeable import Changeable

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

PUBLIC_ID_LENGTH = 22


def new_public_id() -> str:
    """22 base62 characters (130 bits): no one can guess what another store has."""
    return tokens.random_base62(PUBLIC_ID_LENGTH)


@contextmanager
def saved_once(taken: "StrPromise") -> Iterator[None]:
    """When two are saved at the same moment, the second gets the usual complaint."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError(taken, code="unique") from error


class Owned(Changeable):
    """A record of one store. It belongs to the store, not to the key that made it."""

    change_kind: str

    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name=_("store")
    )
    public_id = models.CharField(
        _("id"), max_length=PUBLIC_ID_LENGTH, unique=True, default=new_public_id, editable=False
    )

    class Meta:
        abstract = True

    def change_references(self) -> dict[str, Any]:
        return {
            "kind": self.change_kind,
            "name": tokens.redact(str(self))[:200],
            "store": self.store,
            "store_public_id": self.store.public_id,
        }
