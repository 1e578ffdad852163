"""Look through history newest first, in portions of known size.

A condition that no index answers, such as a part of a path, could otherwise read millions of
calls to fill one page. So one look goes through ``REACH`` candidates at most, and where it stops
the next one can go on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from apikeys.total import Total
from history.filters import CallFilter
from history.models import CallRecord
from history.models.call import CallRecordQuerySet
from history.position import Position

REACH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """One page of calls, and where to go on: ``older`` and ``newer`` are None at the ends.

    ``searched_to`` is set when the look stopped short of both a full page and the oldest call.
    """

    records: list[CallRecord]
    older: Position | None = None
    newer: Position | None = None
    searched_to: datetime | None = None


class Search:
    """The calls that fit a filter, as pages, as a number, or all of them one by one."""

    def __init__(self, wanted: CallFilter) -> None:
        self.wanted = wanted
        self._candidates = wanted.candidates().order_by("-date_added", "-pk")
        # Said now: a day begins where the operator is, and a download is still written when the
        # request, with its time zone, is over.
        self._earliest, self._latest = wanted.earliest, wanted.latest

    def page(
        self, size: int, *, before: Position | None = None, after: Position | None = None
    ) -> Found:
        """The newest calls, or those next to a position on its older or newer side."""
        if after is not None:
            found = self._newer(after, size)
            if found is not None:
                return found
        fitting, edge = self._within_reach(self._below(before))
        records = list(fitting[: size + 1])
        newer = records[0].position if before is not None and records else None
        if len(records) > size:
            return Found(records[:size], records[size - 1].position, newer)
        return Found(records, edge, newer, edge.date_added if edge else None)

    @cached_property
    def total(self) -> Total:
        """How many there are among the newest candidates."""
        if not self.wanted.sifts:
            return Total.of(self._to_earliest(self._below(None)), REACH)
        fitting, edge = self._within_reach(self._below(None))
        return Total(fitting.order_by().count(), is_least=edge is not None)

    def walk(self) -> Iterator[CallRecord]:
        """All of them, newest first, in short statements."""
        if not self.wanted.sifts:
            yield from self._to_earliest(self._candidates).walk(until=self._latest)
            return
        edge: Position | None = None
        while True:
            fitting, edge = self._within_reach(self._below(edge))
            yield from list(fitting)
            if edge is None:
                return

    def _newer(self, after: Position, size: int) -> Found | None:
        """The page that ends above a position; None when the newest page is nearer."""
        upwards = self._above(after).order_by("date_added", "pk")
        fitting, _edge = self._within_reach(upwards, upwards=True)
        records = list(fitting[: size + 1])
        if len(records) <= size:
            return None
        records = records[size - 1 :: -1]
        return Found(records, records[-1].position, records[0].position)

    # A span of time has one condition at each end, the closer one: of two, a planner may well
    # walk the index from the farther.

    def _below(self, position: Position | None) -> CallRecordQuerySet:
        if position is not None and (self._latest is None or position.date_added < self._latest):
            return self._candidates.below(position)
        return self._to_latest(self._candidates)

    def _above(self, position: Position) -> CallRecordQuerySet:
        if self._earliest is None or position.date_added >= self._earliest:
            return self._candidates.above(position)
        return self._to_earliest(self._candidates)

    def _to_latest(self, calls: CallRecordQuerySet) -> CallRecordQuerySet:
        return calls if self._latest is None else calls.filter(date_added__lt=self._latest)

    def _to_earliest(self, calls: CallRecordQuerySet) -> CallRecordQuerySet:
        return calls if self._earliest is None else calls.filter(date_added__gte=self._earliest)

    def _within_reach(
        self, calls: CallRecordQuerySet, *, upwards: bool = False
    ) -> tuple[CallRecordQuerySet, Position | None]:
        """Those of the next candidates that fit, and the last candidate if more follow."""
        limited = self._to_latest(calls) if upwards else self._to_earliest(calls)
        if not self.wanted.sifts:
            return limited, None
        edges = list(limited.values_list("date_added", "pk")[REACH - 1 : REACH + 1])
        if len(edges) < 2:
            return self.wanted.sift(limited), None
        edge = Position(*edges[0])
        near = calls.up_to(edge) if upwards else calls.down_to(edge)
        return self.wanted.sift(near), edge
