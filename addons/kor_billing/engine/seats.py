"""Charge a quantity held by the highest count of each period, as seats are sold that are paid ahead.

What was paid of a period is not given back when fewer are held; more is due only above the highest count before,
then for all that the contract covers of the period. Source of the cases: Lago, charges paid in advance without
proration (10 seats, then 15: 5 more; then 5: nothing; then 15 again: nothing).
"""

from dataclasses import replace
from datetime import date

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import money, pricing

from .slices import Highest, Slice
from .terms import Line, Terms


def rate_highest(terms: Terms, one: Slice) -> Slice:
    """Return the slice charged for what lies above the highest quantity held before in its period."""
    line = one.line
    earlier = [other for other in terms.lines if _ran_before(terms, other, line, one.period_start)]
    start = min([one.start, *(max(terms.span_of(other)[0], one.period_start) for other in earlier)])
    share = _share(terms, one, start)
    before = max((other.quantity for other in earlier), default=money.ZERO)
    charged = one.rated.amount
    highest = None
    if earlier:
        paid = pricing.rate(line.price, before, line.events).amount
        charged, highest = max(charged - paid, money.ZERO), Highest(before, paid)
    prorated = money.prorate(charged, *share)
    return replace(
        one,
        numerator=share[0],
        denominator=share[1],
        prorated=prorated,
        minimum_added=money.ZERO,
        gross=prorated,
        highest=highest,
    )


def _ran_before(terms: Terms, other: Line, line: Line, period_start: date) -> bool:
    start, end = terms.span_of(other)
    same = other.root is not None and other.root == line.root and other.start < line.start
    return same and (end is None or (end > start and end > period_start))


def _share(terms: Terms, one: Slice, start: date) -> tuple[int, int]:
    period = periods.period_at(*terms.cycle_of(one.line), one.period_start)
    end = period.end if terms.end is None else min(terms.end, period.end)
    return periods.share(period, start, end, one.line.day_count)
