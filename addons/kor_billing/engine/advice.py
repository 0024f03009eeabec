"""Say what the same use and the same holdings cost under one set of terms or another.

Units: as in `billing.py`: dates in the contract's time zone, spans half-open, money as decimals rounded by the
currency. A price for a period that is longer than the span counts with the months of it that lie in the span,
whole months each alike. Errors: those of the engines for periods, prices and discounts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import money

from .billing import DAY, Slice, Terms, Window, target

Holding = tuple[date, date | None, Decimal]


def last_periods(start: date, anchor_day: int, months: int, today: date, count: int) -> tuple[date, date] | None:
    """Return the span of the last full anchored periods before the running one: so many, or as many as there are.

    None where the contract, which runs from `start` on, has not seen a full one.
    """
    anchor = periods.anchor_of(start, anchor_day)
    running = periods.period_at(anchor, anchor_day, months, today)
    count = min(count, running.index)
    if count < 1:
        return None
    return periods.boundary(anchor, anchor_day, months, running.index - count), running.start


def cost(terms: Terms, start: date, end: date) -> dict[Any, Decimal]:
    """Return by line what start <= day < end costs, whenever it is billed; what is charged once is left out."""
    lines = tuple(line for line in terms.lines if line.charge_type != "one_time")
    if not lines:
        return {}
    terms = replace(terms, lines=lines)
    longest = (terms.anchor, terms.anchor_day, max(line.months for line in lines))
    # Whatever touches the span is billed at most one longest period before or after it.
    first = periods.period_at(*longest, periods.period_at(*longest, start).start - DAY).start
    last = periods.period_at(*longest, periods.period_at(*longest, end).end).end
    totals: dict[Any, Decimal] = {}
    for one in target(terms, Window(first, last)):
        totals[one.line.key] = totals.get(one.line.key, money.ZERO) + _within(terms, one, start, end)
    return {key: money.round_money(total, terms.rounding) for key, total in totals.items()}


def sum_holdings(holdings: Iterable[Holding]) -> Iterator[Holding]:
    """Yield in order how many are held together, from one change to the next; spans without any are left out."""
    holdings = list(holdings)
    days = sorted({day for start, end, _quantity in holdings for day in (start, end) if day})
    for first, last in zip(days, [*days, None][1:], strict=True):
        running = [quantity for start, end, quantity in holdings if start <= first and (end is None or first < end)]
        if running:
            yield first, last, sum(running, money.ZERO)


def _within(terms: Terms, one: Slice, start: date, end: date) -> Decimal:
    """Return the part of a slice that lies in the span."""
    first, last = max(one.start, start), min(one.end, end)
    if first >= last:
        return money.ZERO
    if (first, last) == (one.start, one.end):
        return one.amount
    period = periods.Period(0, one.period_start, one.period_end, terms.anchor_day)
    part, _whole = periods.share(period, first, last, "thirty_day")
    whole, _whole = periods.share(period, one.start, one.end, "thirty_day")
    return money.prorate(one.amount, part, whole)
