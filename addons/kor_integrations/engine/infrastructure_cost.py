"""What infrastructure costs, by month, from what was allocated and what a unit of it cost at the time.

A unit has a price for each calendar month; a day of a month costs the price over the days of that month:

    amount = quantity × unit cost × days / days of the month

Quantities and prices are steps: each holds from its day on, until the next one. Of several of one day the last given
counts. Days are half-open here: `start <= day < end`. Money is Decimal, and rounded once: what a part of a month costs
is the rounded sum of the month up to its end less that up to its start, in each currency. So the costs of adjacent
periods add up to those of the whole, to the cent, wherever they are cut.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Quantity(NamedTuple):
    """State how many units are held from a day on."""

    start: date
    quantity: Decimal


class Price(NamedTuple):
    """State what a unit costs in a month, from a day on; `places` are the decimals of the currency."""

    start: date
    unit_cost: Decimal
    currency: int | str
    places: int = 2


class Cost(NamedTuple):
    """State what some days of a month cost, in which neither quantity nor price changes.

    `month` is its first day, `end` the day after the last one that is counted.
    """

    month: date
    start: date
    end: date
    quantity: Decimal
    unit_cost: Decimal
    currency: int | str
    amount: Decimal

    @property
    def days(self) -> int:
        """Return how many days these are."""
        return (self.end - self.start).days


def measure_costs(
    quantities: Iterable[Quantity], prices: Iterable[Price], start: date, end: date, until: date | None = None
) -> list[Cost]:
    """Return the costs of the days from `start` until before `end`, in order.

    :param until: the day from which on nothing is held any more, whatever the steps say
    """
    quantities, prices = _by_day(quantities), _by_day(prices)
    end = end if until is None else min(end, until)
    costs = []
    for month, following in _months(start, end):
        sums: dict[int | str, Fraction] = {}
        # From the first of the month, also where less is asked for: what was rounded before is taken off.
        for first, after in _cut(month, min(following, end), quantities, prices, start):
            quantity, price = _at(quantities, first), _at(prices, first)
            if quantity is None or price is None or not quantity.quantity:
                continue
            before = sums.get(price.currency, Fraction(0))
            share = Fraction((after - first).days, monthrange(month.year, month.month)[1])
            total = before + Fraction(quantity.quantity) * Fraction(price.unit_cost) * share
            sums[price.currency] = total
            if first >= start:
                amount = _round(total, price.places) - _round(before, price.places)
                costs.append(Cost(month, first, after, quantity.quantity, price.unit_cost, price.currency, amount))
    return costs


def _by_day(steps):
    """Return steps in the order of their days, of each day the last given."""
    return sorted({step.start: step for step in steps}.values(), key=lambda step: step.start)


def _at(steps, day):
    position = bisect_right(steps, day, key=lambda step: step.start)
    return steps[position - 1] if position else None


def _months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Yield the first day of each month that has days of the span, and that of the month after it."""
    month = start.replace(day=1)
    while month < end:
        following = (month + timedelta(days=32)).replace(day=1)
        yield month, following
        month = following


def _cut(month, end, quantities, prices, start):
    """Return the spans of a month between changes of quantity or price, cut at `start` too."""
    changes = {step.start for steps in (quantities, prices) for step in steps if month < step.start < end}
    if month < start < end:
        changes.add(start)
    days = [month, *sorted(changes), end]
    return [(first, after) for first, after in zip(days, days[1:], strict=False) if first < after]


def _round(amount: Fraction, places: int) -> Decimal:
    unit = 10**places
    scaled = abs(amount) * unit
    # To the nearest, halves away from zero.
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-places)
