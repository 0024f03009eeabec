"""Tell what the recurring fees of contracts come to in each month of a period.

Units: fees are decimals in the report's currency, rounded to it by contract and month; a month stands under its first
day in the period. `by_end` is the MRR at the end of the month (or of the period), times the part of the month that is
in the period; `by_day` is the MRR of each day, divided by the days of its month. They differ where a contract begins,
ends or changes within a month.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from .figures import round_exact
from .mrr import Fact, months
from .rates import Rates

DAY = timedelta(days=1)


class Fee(NamedTuple):
    """State the fees of a contract in a month."""

    month: date
    by_end: Decimal
    by_day: Decimal


def fees(life: list[Fact], rates: Rates, start: date, end: date) -> Iterator[Fee]:
    """Yield the fees of a contract in each month of a period, without months of nothing.

    :param life: the facts of one contract in the order of their days, those of a day in their order
    """
    at, held, currency = 0, ZERO, life[0].currency
    for month in months(start, end):
        following = (month + 31 * DAY).replace(day=1)
        first, after = max(month, start), min(following, end)
        length, earned, since = (following - month).days, Fraction(0), first
        while at < len(life) and life[at].day < after:
            fact = life[at]
            if fact.day > since:
                earned += Fraction(held) * (fact.day - since).days
                since = fact.day
            held, at = fact.amount, at + 1
        if since == first and not earned:
            # Nothing changes within it, as with most months of most contracts.
            by_end = _share(rates.value(held, currency, month), (after - first).days, length, rates)
            by_day = by_end
        else:
            earned += Fraction(held) * (after - since).days
            worth = Fraction(rates.rate(currency, month)) * earned / length
            by_end = _share(rates.value(held, currency, month), (after - first).days, length, rates)
            by_day = round_exact(worth, rates.rounding)
        if by_end or by_day:
            yield Fee(first, by_end, by_day)


def _share(amount: Decimal, days: int, length: int, rates: Rates) -> Decimal:
    if days == length or not amount:
        return amount
    return round_exact(Fraction(amount) * days / length, rates.rounding)
