"""Cut what is earned into calendar months, in whole cents that add up to the price.

Units: calendar months by their first day; exact fractions in, decimals in multiples of the currency's rounding out.
Two ways of rounding are in use. *spread*: the sum of all months so far is cut down to a cent, so that every month
is at most a cent from its share. *last*: each month is rounded by itself and the last one takes what remains.
Both leave the months before a change as they were.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from .delivery import RecognitionError, month_of, next_month
from .recognition import Curve, nearest, settle_totals

ROUNDINGS = ("spread", "last")
Earned = Callable[[date], Fraction]


def by_month(
    found: Curve, first: date, end: date, rounding: Decimal, mode: str = "last", until: date | None = None
) -> dict[Any, dict[date, Decimal]]:
    """Return for each promise the amount of each month that has one, from the month of `first` to before `end`.

    `end` has to lie after everything that is earned. With `until`, only what is earned before that day.
    """
    whole = {key: found.earned(key, end) for key in found.keys()}
    finished = {key: _finish(found, key, first, end) for key in whole}
    last = max(whole, key=lambda key: (finished[key], whole[key]), default=None)
    totals = settle_totals(whole, last, rounding)
    days = _boundaries(first, end, until)
    return {
        key: _settle([(day, found.earned(key, day)) for day in days], whole[key], totals[key], rounding, mode)
        for key in whole
    }


def cut_into_months(
    earned: Earned, first: date, end: date, rounding: Decimal, mode: str = "last", until: date | None = None
) -> dict[date, Decimal]:
    """Return the amounts by month of one thing that is earned, whose whole is a multiple of the rounding."""
    whole = earned(end)
    total = nearest(whole / Fraction(rounding)) * rounding
    marks = [(day, earned(day)) for day in _boundaries(first, end, until)]
    return _settle(marks, whole, total, rounding, mode)


def _finish(found: Curve, key: Any, first: date, end: date) -> date:
    """Return the beginning of the month in which nothing more is earned."""
    whole = found.earned(key, end)
    days = _boundaries(first, end, None)
    high = len(days) - 1
    # What is taken back later makes the amounts go down again: look from the end.
    while high > 0 and found.earned(key, days[high - 1]) == whole:
        high -= 1
    return days[high]


def _boundaries(first: date, end: date, until: date | None) -> list[date]:
    """Return the beginnings of the months, the last of them after the end, or the day up to which is asked for."""
    days = [month_of(first)]
    stop = end if until is None else min(end, until)
    while days[-1] < stop:
        days.append(next_month(days[-1]))
    if until is not None and days[-1] > until:
        days[-1] = until
    return days


def _settle(
    marks: list[tuple[date, Fraction]], whole: Fraction, total: Decimal, rounding: Decimal, mode: str
) -> dict[date, Decimal]:
    if mode not in ROUNDINGS:
        raise RecognitionError(f"The rounding {mode!r} is unknown; it must be one of {', '.join(ROUNDINGS)}.")
    unit = Fraction(rounding)
    result, before = {}, 0
    for (month, start), (_next, amount) in pairwise(marks):
        if amount == whole:
            count = int(Fraction(total) / unit)
        elif mode == "spread":
            count = _cut_down(amount / unit)
        else:
            count = before + nearest((amount - start) / unit)
        if count != before:
            result[month] = (count - before) * rounding
        before = count
    return result


def _cut_down(number: Fraction) -> int:
    count = abs(number.numerator) // number.denominator
    return count if number >= 0 else -count


def earned_by(months: Mapping[date, Decimal], day: date) -> Decimal:
    """Return the sum of the months that begin before a day."""
    return sum((amount for month, amount in months.items() if month < day), Decimal(0))


def bands(months: Mapping[date, Decimal], day: date, lengths: tuple[int, ...] = (12, 12)) -> list[Decimal]:
    """Return what remains from a month on by bands of so many months, and then the rest.

    Source: the disclosure of remaining performance obligations, ASC 606-10-50-13, IFRS 15.120.
    """
    result = [Decimal(0)] * (len(lengths) + 1)
    start = day.year * 12 + day.month
    for month, amount in months.items():
        ahead = month.year * 12 + month.month - start
        if ahead < 0:
            continue
        band = 0
        while band < len(lengths) and ahead >= lengths[band]:
            ahead -= lengths[band]
            band += 1
        result[band] += amount
    return result
