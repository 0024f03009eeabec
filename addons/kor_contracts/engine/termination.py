"""Say what ending a contract early costs: a share of the recurring fees that are left, or a fixed amount.

Units: amounts in the currency's main unit, unrounded until the fee; days half-open (start <= day < end); shares of
a month in integers, by the actual days of the contract's anchored month.
Errors: TerminationError, whose text is a sentence that says what is wrong and what would be right.
Source: the usual clause for early termination – so many percent of the fees from the day after the last one to the
end of the minimum term, or of the running term.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine.money import HUNDRED, ZERO, as_number, exact, prorate, round_money

from . import periods

FEE_KINDS = ("percent", "amount")


class TerminationError(ValueError):
    """Say in one sentence what is wrong with the fee and what would be right."""


@dataclass(frozen=True, slots=True)
class Part:
    """Describe the fees of some days: numerator / denominator of a month at so much a month, unrounded."""

    start: date
    end: date
    monthly: Decimal
    numerator: int
    denominator: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """Describe the fee and what it was taken of."""

    kind: str
    value: Decimal
    left: Decimal
    amount: Decimal
    parts: tuple[Part, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON with numbers and dates as texts; `end` is the day after."""
        parts = [
            {
                "start": part.start.isoformat(),
                "end": part.end.isoformat(),
                "monthly": as_number(part.monthly),
                "numerator": part.numerator,
                "denominator": part.denominator,
                "amount": as_number(part.amount),
            }
            for part in self.parts
        ]
        numbers = {name: as_number(getattr(self, name)) for name in ("value", "left", "amount")}
        return {"kind": self.kind, **numbers, "parts": parts}


def fees_left(
    first: date,
    until: date,
    anchor: date,
    anchor_day: int,
    revenue: Callable[[date], Decimal],
    changes: Iterable[date] = (),
) -> tuple[Part, ...]:
    """Return the recurring fees from `first` to before `until`, month by month.

    `revenue` tells what a month costs on a day; it may change at the boundaries of months and on the days `changes`.
    """
    cuts = sorted({day for day in changes if first < day < until})
    found = []
    for month in periods.portions(first, max(first, until), anchor, anchor_day, 1, "actual", until):
        days = [month.start, *(day for day in cuts if month.start < day < month.end), month.end]
        for start, end in zip(days, days[1:], strict=False):
            numerator, denominator = periods.share(month.period, start, end, "actual")
            monthly = revenue(start)
            found.append(Part(start, end, monthly, numerator, denominator, prorate(monthly, numerator, denominator)))
    return tuple(found)


def early_fee(kind: str, value: Decimal, parts: Iterable[Part], rounding: Decimal) -> Fee:
    """Return the fee: `value` percent of the parts, or `value` itself; nothing where no day is left."""
    if kind not in FEE_KINDS:
        raise TerminationError(f"The fee {kind!r} is unknown; it must be one of {', '.join(FEE_KINDS)}.")
    if value < ZERO:
        raise TerminationError(f"The fee of {value} is negative; it must be 0 or more.")
    whole = tuple(parts)
    with exact():
        left = sum((part.amount for part in whole), ZERO)
        amount = left * value / HUNDRED if kind == "percent" else value
    return Fee(kind, value, round_money(left, rounding), round_money(amount if whole else ZERO, rounding), whole)
