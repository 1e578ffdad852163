"""Rows whose search words follow them whenever they are saved."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models, transaction


class Searchable(models.Model):
    """A row whose ``search_words`` follow it whenever it is saved.

    ``searched`` are the fields whose change changes them.
    """

    searched: ClassVar[frozenset[str]]
    search_words: Any

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        fields = options.get("update_fields")
        if fields is not None and not self.searched.intersection(fields):
            super().save(*args, **options)
            return
        with transaction.atomic():
            super().save(*args, **options)
            self._keep_words()

    def words(self) -> Sequence[str]:
        """All that the row is to be found by, each once."""
        raise NotImplementedError

    def _keep_words(self) -> None:
        wanted = self.words()
        known = set(self.search_words.values_list("word", flat=True))
        self.search_words.filter(word__in=known.difference(wanted)).delete()
        kind = self.search_words.model
        kind.objects.bulk_create(
            kind(word=word, **{kind.of: self}) for word in wanted if word not in known
        )
