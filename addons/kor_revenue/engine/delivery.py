"""Say how much of a promise has been delivered by a day, at standalone selling prices.

Units: calendar dates; a stretch is half-open (start <= day < end); values in the contract's currency, exact
fractions, never rounded here; "by a day" means at its beginning, so that `delivered(x, end)` is all of it.
Errors: RecognitionError, whose text is a sentence that says what is wrong and what would be right.
Sources: ASC 606-10-25-31 to 37 and IFRS 15.39 to 45 (measures of progress); the methods by time are those that
accountants choose between: exact days, months with their days, months with halves, equal months.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Any

from .series import Series

DAY = timedelta(days=1)
NOTHING = Fraction(0)
ALL = Fraction(1)

BY_TIME = ("day", "month", "half_month", "equal")
METHODS = (*BY_TIME, "point", "progress")


class RecognitionError(ValueError):
    """Say in one sentence what is wrong with a promise or its price, and what would be right."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Describe the days in which a promise is kept at one rate, worth `value` at standalone prices in all."""

    start: date
    end: date
    value: Fraction


@dataclass(frozen=True, slots=True)
class Progress:
    """Note that from a day on (inclusive) so much of the promise is kept, as a share of 1: a fact."""

    day: date
    share: Fraction


@dataclass(frozen=True, slots=True)
class Obligation:
    """Describe a promise. `is_residual`: its price is what the others leave, as its own is not known."""

    key: Any
    method: str
    stretches: tuple[Stretch, ...]
    progress: tuple[Progress, ...] = ()
    is_residual: bool = False

    @property
    def standalone(self) -> Fraction:
        return sum((one.value for one in self.stretches), NOTHING)

    @property
    def start(self) -> date:
        """Return the first day of the promise as it was made."""
        return min(one.start for one in self.stretches)

    @property
    def end(self) -> date:
        """Return the first day after the promise as it was made; what is kept at once is over after its day."""
        # Days that are worth nothing at the end earn nothing.
        valued = [one for one in self.stretches if one.value] or self.stretches
        return max(one.start + DAY if self.method == "point" else one.end for one in valued)


def check_obligation(obligation: Obligation) -> None:
    """Raise RecognitionError where the promise cannot be measured."""
    if obligation.method not in METHODS:
        raise RecognitionError(f"The method {obligation.method!r} is unknown; it must be one of {', '.join(METHODS)}.")
    if not obligation.stretches:
        raise RecognitionError("A promise needs the days in which it is kept; give at least one stretch.")
    for one in obligation.stretches:
        if one.end <= one.start:
            raise RecognitionError(f"A stretch ends on {one.end}, not after its start {one.start}; it needs a day.")
        if one.value < 0:
            raise RecognitionError(f"A standalone price of {one.value} is negative; it must be 0 or more.")
    for fact in obligation.progress:
        if not 0 <= fact.share <= 1:
            raise RecognitionError(f"A progress of {fact.share} is impossible; it must lie between 0 and 1.")


def delivered(obligation: Obligation, day: date) -> Fraction:
    """Return what has been delivered before a day, at standalone prices."""
    return delivered_on(obligation, (day,)).last


def delivered_on(obligation: Obligation, days: tuple[date, ...]) -> Series:
    """Return what has been delivered before each of some days, at standalone prices."""
    if obligation.method == "progress":
        shares = Series.of(_share_reached(obligation.progress, day) for day in days)
        return shares.times(obligation.standalone)
    first, *others = (
        _elapsed_on(obligation.method, one.start, one.end, days).times(one.value) for one in obligation.stretches
    )
    return sum(others, first)


# Most promises of a company begin and end on the same days, and are asked for on the same ones.
@lru_cache(maxsize=2048)
def _elapsed_on(method: str, start: date, end: date, days: tuple[date, ...]) -> Series:
    elapsed = _ELAPSED[method]
    return Series.of(elapsed(start, end, day) for day in days)


def _share_reached(progress: tuple[Progress, ...], day: date) -> Fraction:
    """Return the last share that was noted before a day; of several on one day, the last in their order."""
    reached = sorted((fact for fact in progress if fact.day < day), key=lambda fact: fact.day)
    return reached[-1].share if reached else NOTHING


def _elapsed_days(start: date, end: date, day: date) -> Fraction:
    if day <= start:
        return NOTHING
    return ALL if day >= end else Fraction((day - start).days, (end - start).days)


def _elapsed_at_once(start: date, _end: date, day: date) -> Fraction:
    return ALL if day > start else NOTHING


def _elapsed_months(method: str) -> Callable[[date, date, date], Fraction]:
    """Return a count of calendar months, of which each weighs what the method makes of its covered days."""

    def elapsed(start: date, end: date, day: date) -> Fraction:
        if day <= start:
            return NOTHING
        if day >= end:
            return ALL
        firsts, marks = _profile(method, start, end)
        month = bisect_right(firsts, day) - 1
        first, last = firsts[month], firsts[month + 1]
        if day == first:
            return marks[month]
        # Within a month, by its days.
        return marks[month] + (marks[month + 1] - marks[month]) * Fraction((day - first).days, (last - first).days)

    return elapsed


@lru_cache(maxsize=4096)
def _profile(method: str, start: date, end: date) -> tuple[list[date], list[Fraction]]:
    """Return the days on which covered months begin, then the end, and the share that is over on each of them."""
    firsts, weights = [start], []
    while firsts[-1] < end:
        first, after = firsts[-1], next_month(firsts[-1])
        last, length = min(after, end), (after - first.replace(day=1)).days
        weights.append(_WEIGHTS[method](Fraction((last - first).days, length)))
        firsts.append(last)
    whole = sum(weights)
    return firsts, [weight / whole for weight in accumulate(weights, initial=NOTHING)]


def month_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the next month."""
    return (day.replace(day=28) + 4 * DAY).replace(day=1)


_WEIGHTS: dict[str, Callable[[Fraction], Fraction]] = {
    "month": lambda covered: covered,
    "half_month": lambda covered: ALL if covered == 1 else ALL / 2,
    "equal": lambda covered: ALL,
}
_ELAPSED: dict[str, Callable[[date, date, date], Fraction]] = {
    "day": _elapsed_days,
    "point": _elapsed_at_once,
    **{method: _elapsed_months(method) for method in _WEIGHTS},
}
