"""Search words: how a list finds rows by what is written about them, without reading them all.

Each row has the words of its texts beside it. What somebody types finds the rows that have, for
every word of it, a word that begins so. One indexed table does the same on every database, where
PostgreSQL's and SQLite's own searches would be two engines that answer differently.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Final, Self, TypeVar

from django.contrib.auth.models import User
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, Lookup, OuterRef, Q
from django.db.models.sql.compiler import SQLCompiler

WORD: Final = re.compile(r"[^\W_]+")
LONGEST: Final = 40
# Of more words in one search the rest is left out of account.
MOST_WORDS: Final = 10
# So many ids are looked up before; with more the planner has to know how they are found.
FEW: Final = 5000
# Of words that so many rows have, none is rarer than the other.
COMMON: Final = 20_000
LAST_CHARACTER: Final = chr(0x10FFFF)

Ids = models.QuerySet[Any, Any]
Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def words_of(*texts: str) -> list[str]:
    """Their words, each once and without regard to case: "ERP-north_2" has erp, north and 2."""
    folded = unicodedata.normalize("NFKC", " ".join(texts)).casefold()
    return list(dict.fromkeys(word[:LONGEST] for word in WORD.findall(folded)))


def ending_of(text: str) -> str:
    """What ends with this text, as a word that begins with it: backwards, and unlike any word."""
    return f"…{text[::-1].casefold()}"[:LONGEST]


@models.CharField.register_lookup
class Begins(Lookup):
    """The look-up ``word__begins``, which an index answers on both databases.

    PostgreSQL reads LIKE from an index with pattern operators, whatever its collation. SQLite's
    LIKE passes over case and so over indexes; it compares by code points, so a range does it.
    """

    lookup_name = "begins"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        pattern = connection.ops.prep_for_like_query(self.rhs) + "%"
        return f"{column} LIKE %s", [*params, pattern]

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        limits = [*params, self.rhs, *params, self.rhs + LAST_CHARACTER]
        return f"({column} >= %s AND {column} < %s)", limits


class SearchWord(models.Model):
    """One word of one row; ``of`` names the reference to it."""

    of: ClassVar[str]

    word = models.CharField(max_length=LONGEST)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.word


def once_a_row(of: str, *, name: str) -> models.UniqueConstraint:
    """No row has a word twice."""
    return models.UniqueConstraint(fields=[of, "word"], name=name)


def by_beginning(of: str, *, name: str) -> models.Index:
    """What answers ``word__begins`` on both databases."""
    classes = ["varchar_pattern_ops", "int8_ops"]
    return models.Index(fields=["word", of], name=name, opclasses=classes)


class KeyWord(SearchWord):
    """One word of a key's description or of its API user's name; or how its consumer key ends."""

    of = "api_key"

    api_key = models.ForeignKey(
        "apikeys.APIKey", on_delete=models.CASCADE, related_name="search_words", db_index=False
    )

    class Meta:
        constraints = (once_a_row("api_key", name="keyword_once_per_key"),)
        indexes = (by_beginning("api_key", name="keyword_begins"),)


class UserWord(SearchWord):
    """One word of an API user's name."""

    of = "api_user"

    api_user = models.ForeignKey(
        "apikeys.APIUser", on_delete=models.CASCADE, related_name="search_words", db_index=False
    )

    class Meta:
        constraints = (once_a_row("api_user", name="userword_once_per_user"),)
        indexes = (by_beginning("api_user", name="userword_begins"),)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find rows: their ids by an index of its own, and the same asked of one row."""

    ids: Ids
    fits: Q

    @classmethod
    def by_words(cls, kind: type[SearchWord], text: str) -> Self:
        """The rows that have every word of the text, looked up by its rarest one."""
        every = [
            kind._default_manager.filter(word__begins=word) for word in words_of(text)[:MOST_WORDS]
        ]
        if not every:
            return cls(kind._default_manager.none(), Q(pk=None))
        rarest = found = min(every, key=lambda words: words[:COMMON].count())
        for words in every:
            if words is not rarest:
                found = found.filter(Exists(words.filter(**{kind.of: OuterRef(kind.of)})))
        fits = (Exists(words.filter(**{kind.of: OuterRef("pk")})) for words in every)
        return cls(found.values_list(kind.of, flat=True), Q(*fits))

    @classmethod
    def by_value(cls, model: type[models.Model], **values: Any) -> Self:
        """The rows with these values, for which there is an index."""
        fits = Q(**values)
        return cls(model._default_manager.filter(fits).values_list("pk", flat=True), fits)

    @classmethod
    def by_owner(cls, model: type[models.Model], path: str, name: str) -> Self:
        """The rows of the console user of this name, to whom the path leads."""
        owners = User.objects.filter(username__iexact=name).values_list("pk", flat=True)
        return cls.by_value(model, **{f"{path}__in": list(owners)})

    def as_condition(self) -> Q:
        """Of rows that are everywhere it is quicker to ask one after the other."""
        is_common = self.ids[:COMMON].count() == COMMON
        return self.fits if is_common else Q(pk__in=self.ids)


def found_by(rows: Rows, ways: Iterable[Way]) -> Rows:
    """The rows that any of the ways finds.

    One OR over all conditions would make the database read every row; so may a subquery whose
    result its planner takes for larger than it is. So if they are few, their ids are looked up
    before.
    """
    few: set[int] = set()
    leading = []
    for way in ways:
        if ids := list(way.ids[: FEW + 1]):
            few.update(ids)
            leading.append(way)
    if len(few) <= FEW:
        return rows.filter(pk__in=few)
    return rows.filter(reduce(or_, (way.as_condition() for way in leading)))
