"""Calculate with stretches of time.

Units: intervals are half-open (start <= moment < end), of datetimes or of numbers. Datetimes are naive in UTC or
aware, alike: results are naive in UTC, so that an hour is an hour on the days when clocks change, too.
Errors: IntervalError, whose text is a sentence that says what is wrong and what would be right.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

_SECOND = timedelta(seconds=1)
# The last moment of a day in calendars that know no hour 24.
_LAST_MICROSECOND = 999_999


class IntervalError(ValueError):
    """Say in one sentence what is wrong with an interval and what would be right."""


class Interval(NamedTuple):
    """A stretch from its start (inclusive) to its end (exclusive)."""

    start: Any
    end: Any


class Spans(tuple):
    """Hold intervals that are sorted, apart from each other and not empty: what `normalise` returns as it is."""

    __slots__ = ()


_START, _END = itemgetter(0), itemgetter(1)
NOTHING = Spans()


def moment(value: Any) -> Any:
    """Return an aware datetime as a naive one in UTC, anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def normalise(intervals: Iterable[Sequence[Any]]) -> Spans:
    """Return the same time sorted, with what overlaps or touches as one and without what is empty."""
    if isinstance(intervals, Spans):
        return intervals
    merged: list[Interval] = []
    for start, end in _sorted(intervals):
        if start == end:
            continue
        if merged and start <= merged[-1].end:
            if end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, end)
        else:
            merged.append(Interval(start, end))
    return Spans(merged)


def _sorted(intervals: Iterable[Sequence[Any]]) -> list[tuple[Any, Any]]:
    pairs = [(moment(one[0]), moment(one[1])) for one in intervals]
    try:
        for start, end in pairs:
            if start > end:
                raise IntervalError(f"An interval ends at {end}, before its start {start}; it must not.")
        return sorted(pairs)
    except TypeError:
        raise IntervalError("Intervals need both ends, all of them moments or all of them numbers.") from None


def from_calendar(intervals: Iterable[Sequence[Any]]) -> Spans:
    """Return a calendar's hours in whole seconds: what ends in a day's last microsecond ends at midnight."""
    return normalise((_whole(moment(one[0])), _whole(moment(one[1]))) for one in intervals)


def _whole(value: datetime) -> datetime:
    whole = value.replace(microsecond=0)
    return whole + _SECOND if value.microsecond == _LAST_MICROSECOND else whole


def union(*groups: Iterable[Sequence[Any]]) -> Spans:
    """Return the time that is in any of the groups."""
    return normalise(chain.from_iterable(groups))


def intersect(one: Iterable[Sequence[Any]], other: Iterable[Sequence[Any]]) -> Spans:
    """Return the time that is in both."""
    one, other = normalise(one), normalise(other)
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        start, end = max(one[i].start, other[j].start), min(one[i].end, other[j].end)
        if start < end:
            found.append(Interval(start, end))
        if one[i].end <= other[j].end:
            i += 1
        else:
            j += 1
    return Spans(found)


def difference(one: Iterable[Sequence[Any]], other: Iterable[Sequence[Any]]) -> Spans:
    """Return the time that is in the first and not in the second."""
    one, other = normalise(one), normalise(other)
    left, j = [], 0
    for start, end in one:
        while j < len(other) and other[j].end <= start:
            j += 1
        k = j
        while k < len(other) and other[k].start < end:
            if start < other[k].start:
                left.append(Interval(start, other[k].start))
            start = max(start, other[k].end)
            k += 1
        if start < end:
            left.append(Interval(start, end))
        # What reaches beyond this interval may reach into the next one.
        j = max(j, k - 1)
    return Spans(left)


def clip(intervals: Iterable[Sequence[Any]], start: Any = None, end: Any = None) -> Spans:
    """Return the time between two moments; None leaves that side open. Cheap on what is normalised."""
    spans, start, end = normalise(intervals), moment(start), moment(end)
    first = 0 if start is None else bisect_right(spans, start, key=_END)
    last = len(spans) if end is None else bisect_left(spans, end, key=_START)
    if first >= last:
        return NOTHING
    found = list(spans[first:last])
    if start is not None and found[0].start < start:
        found[0] = Interval(start, found[0].end)
    if end is not None and found[-1].end > end:
        found[-1] = Interval(found[-1].start, end)
    # Both moments within one interval, the later one first.
    return Spans(found) if found[0].start < found[0].end else NOTHING


def length(intervals: Iterable[Sequence[Any]], nothing: Any = timedelta(0)) -> Any:
    """Return how much time it is in all; `nothing` is what no time is: give 0 for intervals of numbers."""
    spans = normalise(intervals)
    return sum((end - start for start, end in spans[1:]), spans[0].end - spans[0].start) if spans else nothing
