"""Measure how much of the promised time a service was available.

Each moment counts once, as the worst that any outage says of it: accepted maintenance covers all else, then the
greatest weight, then the outage that began first; what is unknown counts only where nothing is known. Maintenance is
accepted where it was announced in time, the earliest first, as long as the allowance lasts; what goes beyond is
downtime. Unknown time is no part of what is measured.

Units: moments as in `intervals`; durations as timedelta; seconds and percentages as exact fractions, never rounded.
Errors: AvailabilityError, whose text is a sentence that says what is wrong and what would be right.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from heapq import heappop, heappush
from itertools import accumulate
from typing import Any

from .intervals import NOTHING, Interval, Spans, clip, intersect, length, moment, union

STATES = ("down", "degraded", "maintenance", "unknown")
NO_TIME = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)
_MILLION = 1_000_000
_HUNDRED = Fraction(100)


class AvailabilityError(ValueError):
    """Say in one sentence what is wrong with an outage or a target and what would be right."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Describe when a service was not as it should be; `weight` is the share of degraded time that counts as down.

    Without an end it goes on. `announced` is when customers were told of maintenance.
    """

    key: Hashable
    state: str
    start: datetime
    end: datetime | None = None
    weight: Fraction = Fraction(1)
    announced: datetime | None = None

    def __post_init__(self):
        if self.state not in STATES:
            raise AvailabilityError(f"The state “{self.state}” is unknown; it must be one of {', '.join(STATES)}.")
        if not 0 <= self.weight <= 1:
            raise AvailabilityError(f"A weight of {self.weight} is impossible; it must lie between 0 and 1.")
        for name in ("start", "end", "announced"):
            object.__setattr__(self, name, moment(getattr(self, name)))
        if self.end and self.end < self.start:
            raise AvailabilityError(f"An outage ends at {self.end}, before its start {self.start}; it must not.")

    @property
    def share(self) -> Fraction:
        """Return the share of its time that counts as down."""
        if self.state == "unknown":
            return Fraction(0)
        return Fraction(self.weight) if self.state == "degraded" else Fraction(1)


class Timeline:
    """Hold the outages of a service in order, for contracts that each ask for a part of them."""

    def __init__(self, outages: Iterable[Outage]):
        self._outages = sorted(outages, key=lambda one: one.start)
        self._starts = [one.start for one in self._outages]
        # The latest end so far only grows, so that it can be searched.
        self._ends = list(accumulate((one.end or datetime.max for one in self._outages), max))

    def between(self, start: datetime, end: datetime) -> list[Outage]:
        """Return the outages that touch the time between two moments."""
        start = moment(start)
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, moment(end))
        return [one for one in self._outages[first:last] if not one.end or one.end > start]


@dataclass(frozen=True, slots=True)
class Rules:
    """State what maintenance a month allows, None where there is no limit, and how long ahead it is announced.

    Without a notice, maintenance needs no announcement.
    """

    maintenance: timedelta | None = None
    notice: timedelta = NO_TIME

    def accept(self, outage: Outage) -> bool:
        """Tell whether an outage is maintenance that was announced in time."""
        if outage.state != "maintenance":
            return False
        return not self.notice or bool(outage.announced and outage.start - outage.announced >= self.notice)


@dataclass(frozen=True, slots=True)
class Counted:
    """Say what became of an outage: its time in the windows, the seconds for which it answers, and what is left out.

    `seconds` count as down by `weight`; what another outage answers for is not among them. `excluded_seconds` are
    under accepted maintenance or, of what is unknown, not measured.
    """

    key: Hashable
    state: str
    intervals: Spans
    seconds: Fraction
    weight: Fraction
    excluded_seconds: Fraction


@dataclass(frozen=True, slots=True)
class Budget:
    """State the seconds of downtime that a target allows, how many are used, and how many are left."""

    allowed: Fraction
    used: Fraction
    left: Fraction


@dataclass(frozen=True, slots=True)
class Availability:
    """Say how available a service was; `down` in weighted seconds."""

    total: timedelta = NO_TIME
    unknown: timedelta = NO_TIME
    maintenance: timedelta = NO_TIME
    down: Fraction = Fraction(0)
    counted: tuple[Counted, ...] = ()

    @property
    def measured(self) -> timedelta:
        return self.total - self.unknown

    @property
    def availability(self) -> Fraction | None:
        """Return the exact percentage, None where nothing is measured."""
        base = seconds_of(self.measured)
        return _HUNDRED * (base - self.down) / base if base else None

    def budget(self, target: Fraction | Decimal, base: timedelta | None = None) -> Budget:
        """Return the error budget: of what is measured so far, or of a base such as the whole month."""
        allowed = seconds_of(self.measured if base is None else base) * _room(target)
        return Budget(allowed, self.down, allowed - self.down)


def measure(windows: Iterable[Sequence[Any]], outages: Iterable[Outage], rules: Rules, now: datetime) -> Availability:
    """Return the availability in the windows of one month, up to `now`.

    Cheap where `windows` are normalised already and `outages` are those of the month.
    """
    now = moment(now)
    spans = clip(windows, end=now)
    parts = [(one, _part(spans, one, now)) for one in outages]
    parts = sorted(((one, part) for one, part in parts if part), key=lambda pair: pair[0].start)
    accepted = _take(union(*(part for one, part in parts if rules.accept(one))), rules.maintenance)
    counts = _attribute(parts, accepted)
    counted = tuple(_count(one, part, counts[index], accepted) for index, (one, part) in enumerate(parts))
    unknown = sum((counts[index] for index, (one, _part) in enumerate(parts) if one.state == "unknown"), 0)
    return Availability(
        length(spans),
        unknown * _MICROSECOND,
        length(accepted),
        sum((one.seconds * one.weight for one in counted if one.seconds), Fraction(0)),
        counted,
    )


def _part(spans: Spans, outage: Outage, now: datetime) -> Spans:
    """Return the part of an outage that lies in the windows."""
    end = now if outage.end is None else min(outage.end, now)
    return clip(spans, outage.start, end) if outage.start < end else NOTHING


def _take(spans: Spans, allowance: timedelta | None) -> Spans:
    """Return the earliest of the time, no more of it than the allowance."""
    if allowance is None:
        return spans
    taken, left = [], allowance
    for start, end in spans:
        if left <= NO_TIME:
            break
        taken.append(Interval(start, min(end, start + left)))
        left -= end - start
    return Spans(taken)


def _attribute(parts: list[tuple[Outage, Spans]], accepted: Spans) -> dict[int, int]:
    """Return the microseconds for which each outage answers, by its position: those in which it is the worst."""
    entries = [(span.start, span.end, (0, 0, -1)) for span in accepted]
    for index, (outage, part) in enumerate(parts):
        rank = (2, 0, index) if outage.state == "unknown" else (1, -outage.share, index)
        entries += [(span.start, span.end, rank) for span in part]
    entries.sort()
    counts: dict[int, int] = defaultdict(int)
    active: list[tuple[tuple[int, Fraction | int, int], datetime]] = []
    for position, (start, end, rank) in enumerate(entries):
        heappush(active, (rank, end))
        following = entries[position + 1][0] if position + 1 < len(entries) else None
        # The worst of those that have begun answers until it ends or the next one begins.
        while active and start != following:
            (_kind, _weight, index), until = active[0]
            if until <= start:
                heappop(active)
                continue
            stop = until if following is None else min(until, following)
            counts[index] += (stop - start) // _MICROSECOND
            start = stop
    return counts


def _count(outage: Outage, part: Spans, count: int, accepted: Spans) -> Counted:
    seconds = Fraction(count, _MILLION)
    if outage.state == "unknown":
        return Counted(outage.key, outage.state, part, Fraction(0), Fraction(0), seconds)
    excluded = seconds_of(length(_common(part, accepted))) if accepted else Fraction(0)
    return Counted(outage.key, outage.state, part, seconds, outage.share, excluded)


def _common(part: Spans, accepted: Spans) -> Spans:
    return intersect(part, clip(accepted, part[0].start, part[-1].end))


def combine(parts: Iterable[Availability]) -> Availability:
    """Return the availability of several times that do not overlap, such as the months of a year, as one."""
    parts = tuple(parts)
    found: dict[Hashable, list[Counted]] = {}
    for part in parts:
        for one in part.counted:
            found.setdefault((one.key, one.state, one.weight), []).append(one)
    return Availability(
        sum((part.total for part in parts), NO_TIME),
        sum((part.unknown for part in parts), NO_TIME),
        sum((part.maintenance for part in parts), NO_TIME),
        sum((part.down for part in parts), Fraction(0)),
        tuple(_merge(group) for group in found.values()),
    )


def _merge(group: list[Counted]) -> Counted:
    if len(group) == 1:
        return group[0]
    return replace(
        group[0],
        intervals=union(*(one.intervals for one in group)),
        seconds=sum((one.seconds for one in group), Fraction(0)),
        excluded_seconds=sum((one.excluded_seconds for one in group), Fraction(0)),
    )


def burn_rate(down_seconds: Fraction | int, elapsed: timedelta, target: Fraction | Decimal) -> Fraction | None:
    """Return how many times faster than allowed the error budget is used; None where there is none to use."""
    allowed = seconds_of(elapsed) * _room(target)
    return Fraction(down_seconds) / allowed if allowed else None


def seconds_of(duration: timedelta) -> Fraction:
    """Return a duration in exact seconds."""
    return Fraction(duration // _MICROSECOND, _MILLION)


def plain_seconds(time: timedelta | Fraction) -> int | float:
    """Return a duration, or exact seconds, as a JSON number: a whole one where it is whole."""
    seconds = seconds_of(time) if isinstance(time, timedelta) else time
    return int(seconds) if seconds.denominator == 1 else float(seconds)


def _room(target: Fraction | Decimal) -> Fraction:
    """Return the share of the time that may be down."""
    exact = Fraction(target)
    if not 0 <= exact <= _HUNDRED:
        raise AvailabilityError(f"A target of {target} % is impossible; it must lie between 0 and 100.")
    return 1 - exact / _HUNDRED
