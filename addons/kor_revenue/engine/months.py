"""Cut what is earned into calendar months, in whole cents that add up to the price.

Units: calendar months by their first day; exact fractions in, decimals in multiples of the currency's rounding out.
Two ways of rounding are in use. *spread*: the sum of all months so far is cut down to a cent, so that every month
is at most a cent from its share. *last*: each month is rounded by itself and the last one takes what remains.
What a promise comes to is rounded by itself, and the promise that ends last takes what remains of the price: as it
was agreed at signature (`recognition.allocated`), whatever is known of progress. A promise is settled in the month
in which it is kept. Months before a modification stay as they were, as it goes on from what they came to; and so
does what a promise comes to that is not touched by it, as where something is added that stands alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from .delivery import RecognitionError, month_of, next_month
from .recognition import Curve, to_units
from .series import Series, cut_down, nearest

ROUNDINGS = ("spread", "last")
Earned = Callable[[date], Fraction]


@dataclass(slots=True)
class _Track:
    """Follow one promise in units of the currency's rounding; `counts` is what it came to up to each mark."""

    series: Series
    whole: Fraction
    end: date
    counts: list[int]
    before: InitVar["_Track | None"] = None
    total: int = field(init=False)
    is_changed: bool = field(init=False)
    # The position of the mark by which it is kept; behind all of them where that is not known yet.
    kept_at: int = field(init=False)

    def __post_init__(self, before: "_Track | None") -> None:
        is_kept = self.series.last == self.whole
        self.kept_at = self.series.settled_at() if is_kept else len(self.series.numerators)
        self.is_changed = before is None or before.whole != self.whole
        if not self.kept_at:
            self.total = self.counts[-1]
        else:
            self.total = to_units(self.whole, Fraction(1)) if self.is_changed else before.total

    def go_on(self, steps: int, mode: str) -> list[int]:
        """Return the counts up to so many marks more."""
        numbers, denominator, counts = self.series.numerators, self.series.denominator, self.counts
        for position in range(1, steps + 1):
            if position >= self.kept_at:
                counts.append(self.total)
            elif mode == "spread":
                counts.append(cut_down(numbers[position], denominator))
            else:
                counts.append(counts[-1] + nearest(numbers[position] - numbers[position - 1], denominator))
        return counts


def by_month(
    found: Curve, first: date, end: date, rounding: Decimal, mode: str = "last", until: date | None = None
) -> dict[Any, dict[date, Decimal]]:
    """Return for each promise the amount of each month that has one, from the month of `first` to before `end`.

    All that is earned has to lie between them (`first_day`, `last_day`). With `until`, only what is earned before it.
    """
    _check_mode(mode)
    marks, shown = _marks(first, end, until)
    counts = _count(found, marks, 1 / Fraction(rounding), mode)
    return {key: _amounts(marks, row[: shown + 1], rounding) for key, row in counts.items()}


def cut_into_months(
    earned: Earned, first: date, end: date, rounding: Decimal, mode: str = "last", until: date | None = None
) -> dict[date, Decimal]:
    """Return the amounts by month of one thing that is earned, whose whole is a multiple of the rounding."""
    _check_mode(mode)
    marks, shown = _marks(first, end, until)
    series = Series.of(earned(day) for day in marks).times(1 / Fraction(rounding))
    row = _Track(series, series.last, end, [0]).go_on(shown, mode)
    return _amounts(marks, row, rounding)


def _check_mode(mode: str) -> None:
    if mode not in ROUNDINGS:
        raise RecognitionError(f"The rounding {mode!r} is unknown; it must be one of {', '.join(ROUNDINGS)}.")


@lru_cache(maxsize=256)
def _marks(first: date, end: date, until: date | None) -> tuple[tuple[date, ...], int]:
    """Return the beginnings of the months, `until` and the end of all, and how many of the spans are asked for."""
    days = [month_of(first)]
    while days[-1] < end:
        days.append(next_month(days[-1]))
    if until is None or until >= days[-1]:
        return tuple(days), len(days) - 1
    shown = bisect_left(days, until)
    return (*days[:shown], until, *days[shown:]), shown


def _count(found: Curve, marks: tuple[date, ...], scale: Fraction, mode: str) -> dict[Any, list[int]]:
    """Return what each promise came to up to each mark, under the curve that held last for that day."""
    history = found.history()
    starts = [max(bisect_right(marks, one.changed) - 1, 0) for one in history]
    tracks: dict[Any, _Track] = {}
    for one, start, stop in zip(history, starts, [*starts[1:], len(marks) - 1], strict=True):
        tracks = _take_up(one, tracks, marks, start, scale)
        _share_remainder(tracks)
        for track in tracks.values():
            track.go_on(stop - start, mode)
    return {key: track.counts for key, track in tracks.items()}


def _take_up(
    found: Curve, tracks: Mapping[Any, _Track], marks: tuple[date, ...], start: int, scale: Fraction
) -> dict[Any, _Track]:
    """Follow promises from where they stand at a mark."""
    result = {}
    for key in dict.fromkeys([*tracks, *found.keys()]):
        before = tracks.get(key)
        counts = before.counts[: start + 1] if before else [0] * (start + 1)
        series, whole = found.earned_on(key, marks[start:]).times(scale), found.whole(key) * scale
        result[key] = _Track(series, whole, found.promised_end(key), counts, before)
    return result


def _share_remainder(tracks: Mapping[Any, _Track]) -> None:
    """Let the promise that ends last take what remains of the price, of those that a modification changed."""
    if not tracks:
        return
    last = max(tracks.values(), key=lambda one: (bool(one.kept_at), one.is_changed, one.end, one.whole))
    price = sum(one.whole for one in tracks.values())
    last.total += to_units(price, Fraction(1)) - sum(one.total for one in tracks.values())
    last.kept_at = max(last.kept_at, 1)


def _amounts(marks: tuple[date, ...], counts: list[int], rounding: Decimal) -> dict[date, Decimal]:
    spans = zip(marks, pairwise(counts), strict=False)
    return {month: (after - before) * rounding for month, (before, after) in spans if after != before}
