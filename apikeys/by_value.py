"""Find rows by a whole value that may be in one of several columns."""

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


def having_any(rows: Rows, **values: str) -> Rows:
    """Those that have one of these values in its column; each column has an index.

    An OR over columns makes databases read every row. What somebody looks for is mostly in
    one column, which is found out first: its index answers the one condition that is left.
    """
    everything = rows.model._default_manager.using(rows.db)
    conditions = [Q(**{name: value}) for name, value in values.items()]
    found = [condition for condition in conditions if everything.filter(condition).exists()]
    return rows.filter(reduce(or_, found)) if found else rows.none()
