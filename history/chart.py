"""Calls and denials by day as a chart: calls above the line, denials below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import formats
from django.utils.translation import ngettext

from history.daily import Day

PERIODS: Final = (7, 30, 90)
HEIGHT: Final = 100
STEP: Final = 10
# A single denial among thousands of calls must not vanish.
LEAST: Final = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: where its two bars begin and how long they are, in the units of the picture."""

    x: int
    top: float
    rise: float
    fall: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The numbers of a chart, which the template draws."""

    days: Sequence[Day]
    bars: Sequence[Bar]
    width: int
    baseline: float
    calls: int
    denials: int
    peak: int

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def newest_first(self) -> list[Day]:
        return list(reversed(self.days))


def draw(days: Sequence[Day]) -> Chart:
    """A chart in which the highest and the deepest bar together fill the height."""
    highest = max((day.allowed for day in days), default=0)
    deepest = max((day.denied for day in days), default=0)
    unit = (HEIGHT - 2 * LEAST) / max(1, highest + deepest)
    baseline = round(max(LEAST, highest * unit) if highest else LEAST, 2)
    bars = []
    for number, day in enumerate(days):
        rise, fall = _length(day.allowed, unit), _length(day.denied, unit)
        top = round(max(0.0, baseline - rise), 2)
        bars.append(Bar(number * STEP, top, rise, fall, _title(day)))
    return Chart(
        days=days,
        bars=bars,
        width=len(days) * STEP,
        baseline=baseline,
        calls=sum(day.allowed for day in days),
        denials=sum(day.denied for day in days),
        peak=highest,
    )


def _length(count: int, unit: float) -> float:
    return round(max(LEAST, count * unit), 2) if count else 0.0


def _title(day: Day) -> str:
    calls = ngettext("%(count)s call", "%(count)s calls", day.allowed)
    denials = ngettext("%(count)s denial", "%(count)s denials", day.denied)
    date_text = formats.date_format(day.day, "j M Y")
    parts = (calls % {"count": f"{day.allowed:,}"}, denials % {"count": f"{day.denied:,}"})
    return f"{date_text}: {', '.join(parts)}"
