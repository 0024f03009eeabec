"""Say which part of a billed period lies in a month, so that credits have a base.

Spans are half-open dates. A period of whole months gives each of its months the same part, whatever their days are;
within such a month, and in a period that is no whole number of months, days count. The parts of all days of a
period add up to one.
"""

from datetime import date
from fractions import Fraction

from dateutil.relativedelta import relativedelta


def whole_months(start: date, end: date) -> int:
    """Return how many months lie between the days where they are a whole number, else 0."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if months > 0 and start + relativedelta(months=months) == end else 0


def share(start: date, end: date, first: date, after: date) -> Fraction:
    """Return which part of the period start <= day < end lies in first <= day < after."""
    if end <= start:
        return Fraction(0)
    months = whole_months(start, end)
    if not months:
        return _days(start, end, first, after)
    parts = Fraction(0)
    for number in range(months):
        month = start + relativedelta(months=number)
        following = start + relativedelta(months=number + 1)
        if month < after and first < following:
            parts += _days(month, following, first, after)
    return parts / months


def _days(start: date, end: date, first: date, after: date) -> Fraction:
    inside = (min(end, after) - max(start, first)).days
    return Fraction(max(inside, 0), (end - start).days)
