"""Tell what the recurring fees of contracts come to in each month of a period.

Units: fees are decimals in the report's currency, rounded to it by contract and month; a month stands under its first
day in the period. `by_end` is the MRR at the end of the month (or of the period), times the part of the month that is
in the period; `by_day` is the MRR of each day, divided by the days of its month. They differ where a contract begins,
ends or changes within a month.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact

from .figures import round_ratio
from .mrr import Fact, months
from .rates import Rates

DAY = timedelta(days=1)


class Fee(NamedTuple):
    """State the fees of a month."""

    month: date
    by_end: Decimal
    by_day: Decimal


def fees(lives: Iterable[list[Fact]], rates: Rates, start: date, end: date, by_month: bool = True) -> Iterator[Fee]:
    """Yield what the fees of contracts come to in each month of a period, without months of nothing.

    :param lives: the facts of each contract in the order of their days, those of a day in their order
    :param by_month: else all months stand together, under the first one
    """
    spans = _spans(start, end)
    # What a month has more than the one before: in most of them most contracts bring the same.
    ends, days = [ZERO] * (len(spans) + 1), [ZERO] * (len(spans) + 1)
    whole_by_end = whole_by_day = ZERO
    for life in lives:
        for number, count, by_end, by_day in _runs(life, rates, spans):
            if by_month:
                ends[number] += by_end
                days[number] += by_day
                ends[number + count] -= by_end
                days[number + count] -= by_day
            else:
                whole_by_end += by_end * count
                whole_by_day += by_day * count
    if not by_month:
        spans, ends, days = spans[:1], [whole_by_end], [whole_by_day]
    by_end = by_day = ZERO
    for (_month, first, _after, _length), more, more_by_day in zip(spans, ends, days, strict=False):
        by_end, by_day = by_end + more, by_day + more_by_day
        if by_end or by_day:
            yield Fee(first, by_end, by_day)


def _runs(life: list[Fact], rates: Rates, spans) -> Iterator[tuple[int, int, Decimal, Decimal]]:
    """Yield the fees of a contract as (the number of their first month, how many months, by end, by day).

    With most months of most contracts nothing changes: they are told together. It is one walk, though long: all of it
    moves the same place in the life.
    """
    at, held, number = 0, ZERO, 0
    currency, is_home = life[0].currency, rates.is_home(life[0].currency)
    while number < len(spans):
        month, first, after, length = spans[number]
        upcoming = life[at].day if at < len(life) else None
        if upcoming is None or upcoming >= after:
            # Not begun yet, or going on, or over.
            until = len(spans) if upcoming is None else _find(spans, upcoming)
            if held:
                yield from _runs_of_same(held, currency, rates, spans, number, until, is_home)
            number = until
            continue
        since, parts = first, []
        while at < len(life) and life[at].day < after:
            fact = life[at]
            if fact.day > since:
                parts.append((held, (fact.day - since).days))
                since = fact.day
            held, at = fact.amount, at + 1
        full = rates.value(held, currency, month)
        by_end = by_day = _share(full, (after - first).days, length, rates)
        if parts:
            parts.append((held, (after - since).days))
            by_day = _add_days(parts, length, rates.rate(currency, month), rates.rounding)
        if by_end or by_day:
            yield number, 1, by_end, by_day
        number += 1


def _runs_of_same(held, currency, rates, spans, number, until, is_home) -> Iterator[tuple[int, int, Decimal, Decimal]]:
    """Yield the months in which one amount holds: at one rate, whole ones together."""
    while number < until:
        month, first, after, length = spans[number]
        value, count = rates.value(held, currency, month), 1
        if (after - first).days != length:
            value = _share(value, (after - first).days, length, rates)
        elif is_home:
            # Only the first and the last month of a period can be cut.
            last = spans[until - 1]
            count = until - number - ((last[2] - last[1]).days != last[3])
        if value:
            yield number, count, value, value
        number += count


def _find(spans, day: date) -> int:
    """Return the number of the month that holds a day, or how many there are where it is later."""
    return bisect_right(spans, day, key=lambda span: span[1]) - 1 if day < spans[-1][2] else len(spans)


@lru_cache(maxsize=64)
def _spans(start: date, end: date) -> tuple[tuple[date, date, date, int], ...]:
    """Return the months of a period: its first day, what of it is in the period, and how many days it has."""
    found = []
    for month in months(start, end):
        following = (month + 31 * DAY).replace(day=1)
        found.append((month, max(month, start), min(following, end), (following - month).days))
    return tuple(found)


def _add_days(parts: list[tuple[Decimal, int]], length: int, rate: Decimal, rounding: Decimal) -> Decimal:
    """Return what amounts a month come to by their days, valued, and rounded once."""
    with exact():
        whole = sum(amount * days for amount, days in parts)
    (over, under), (by, part) = whole.as_integer_ratio(), rate.as_integer_ratio()
    return round_ratio(over * by, under * part * length, rounding)


def _share(amount: Decimal, days: int, length: int, rates: Rates) -> Decimal:
    if days == length or not amount:
        return amount
    over, under = amount.as_integer_ratio()
    return round_ratio(over * days, under * length, rates.rounding)
