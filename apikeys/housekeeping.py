"""Deleting many rows without keeping anybody waiting."""

from contextlib import nullcontext
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from apikeys.worker_tasks import stopping

AT_ONCE: Final = 1000


def delete_in_steps(rows: QuerySet[Any], *, at_once: int = AT_ONCE, skip_held: bool = False) -> int:
    """Delete these rows, the first ones first; returns how many rows of their kind went.

    Each step is a transaction of its own: one large one would hold SQLite's only write lock for
    seconds, and no call can be answered without it. When the worker has to end, what is left goes
    the next time.

    ``skip_held`` is for rows that deeds lock before what refers to them. Django deletes what
    refers to a row before the row, so the two could wait for each other for ever; now the rows are
    locked first here too, and those that somebody holds are left for the next time.
    """
    gone = 0
    while not stopping():
        with transaction.atomic() if skip_held else nullcontext():
            to_find = rows.select_for_update(skip_locked=True) if skip_held else rows
            found = list(to_find.values_list("pk", flat=True)[:at_once])
            # What has changed since it was found and fits no more stays, and what another process
            # has deleted meanwhile is not counted twice.
            _all, by_model = rows.filter(pk__in=found).delete()
        gone += by_model.get(rows.model._meta.label, 0)
        if not found:
            break
    return gone
