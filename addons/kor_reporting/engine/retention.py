"""Measure who and what stays: retention and churn of a fixed cohort, the cohort table, the quick ratio.

Units: MRR is a decimal in one currency; ratios hold numerator and denominator and have no value, but a reason, where
the denominator is zero. The cohort of a period is everyone with MRR at its beginning; who comes later is no part of it,
who leaves and is back at the end has stayed. Feed it with a ledger at fixed rates (`mrr.Rates.fixed`), so that no
currency keeps or loses a customer.

- net revenue retention = Σ closing of the cohort ÷ Σ opening
- gross revenue retention = Σ min(opening, closing) of each customer ÷ Σ opening: growth of one hides no loss of another
- revenue churn = Σ opening less closing of those who bring less ÷ Σ opening = 1 − gross retention; `left` is the part
  of it that customers who are gone took with them
- customer (logo) churn = customers of the cohort without closing ÷ customers of the cohort
- quick ratio = (new + reactivation + expansion + escalator) ÷ (contraction + churn); an escalator below zero is a loss
Errors: RetentionError, whose text is a sentence that says what is wrong and what would be right.
Source: the usual definitions of recurring-revenue metrics, gross retention capped at 100 % customer by customer.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, as_text

from .figures import Ratio, add_up, divide
from .mrr import Row

NOBODY = "No customer had recurring revenue at the beginning, so there is nobody to keep."


class RetentionError(ValueError):
    """Say in one sentence what is wrong with MRR of customers and what would be right."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Say what a customer brought at the beginning and brings at the end; `escalator` is the part of prices alone."""

    customer: Hashable
    opening: Decimal
    closing: Decimal
    escalator: Decimal = ZERO

    def __post_init__(self):
        low = min(self.opening, self.closing)
        if low < 0:
            raise RetentionError(f"MRR of {self.customer} is {as_text(low)}: it must be zero or more.")


@dataclass(frozen=True, slots=True)
class Retention:
    """Hold the sums of a cohort; the measures are read from them.

    :param kept: what of the opening is still there, customer by customer
    :param left: opening of the customers who are gone
    :param escalator: what prices alone have added for those who stayed
    """

    opening: Decimal
    closing: Decimal
    kept: Decimal
    left: Decimal
    escalator: Decimal
    customers: int
    lost: int

    @property
    def net(self) -> Ratio:
        return divide(self.closing, self.opening, NOBODY)

    @property
    def net_without_escalators(self) -> Ratio:
        return divide(self.closing - self.escalator, self.opening, NOBODY)

    @property
    def gross(self) -> Ratio:
        return divide(self.kept, self.opening, NOBODY)

    @property
    def revenue_churn(self) -> Ratio:
        return divide(self.opening - self.kept, self.opening, NOBODY)

    @property
    def left_churn(self) -> Ratio:
        return divide(self.left, self.opening, NOBODY)

    @property
    def customer_churn(self) -> Ratio:
        return divide(Decimal(self.lost), Decimal(self.customers), NOBODY)


def stand(row: Row) -> Standing:
    """Return what a ledger's row by customer says; prices count for those who were there before, and stayed."""
    return Standing(row.key, row.opening, row.closing, row.moved["escalator"] if row.opening and row.closing else ZERO)


def retention(standings: Iterable[Standing]) -> Retention:
    """Return the sums of the cohort; who had nothing at the beginning is left out."""
    cohort = [one for one in standings if one.opening]
    gone = [one for one in cohort if not one.closing]
    return Retention(
        opening=add_up(one.opening for one in cohort),
        closing=add_up(one.closing for one in cohort),
        kept=add_up(min(one.opening, one.closing) for one in cohort),
        left=add_up(one.opening for one in gone),
        escalator=add_up(one.escalator for one in cohort if one.closing),
        customers=len(cohort),
        lost=len(gone),
    )


def quick_ratio(moved: Mapping[str, Decimal]) -> Ratio:
    """Return what was gained for each unit that was lost, of movements by kind; currency effects are neither."""
    up = add_up(moved.get(kind, ZERO) for kind in ("new", "reactivation", "expansion"))
    down = -add_up(moved.get(kind, ZERO) for kind in ("contraction", "churn"))
    prices = moved.get("escalator", ZERO)
    gained, lost = up + max(prices, ZERO), down + max(-prices, ZERO)
    return divide(gained, lost, "Nothing was lost in the period, so there is nothing to compare growth with.")


@dataclass(frozen=True, slots=True)
class Cell:
    """State what a cohort still is at the end of a month: `age` 0 is the month in which it began."""

    age: int
    month: date
    customers: int
    mrr: Decimal
    customer_share: Ratio
    revenue_share: Ratio


@dataclass(frozen=True, slots=True)
class Cohort:
    """Hold the customers whose first MRR was in a month, and what they are at the end of each month since."""

    month: date
    customers: int
    mrr: Decimal
    cells: tuple[Cell, ...]


def cohort_table(history: Mapping[Hashable, Mapping[date, Decimal]]) -> tuple[Cohort, ...]:
    """Return the cohorts by month of first MRR, the oldest first.

    Shares are of all customers that began in the month, and of what they brought at its end.

    :param history: MRR by customer and month (first day) at the month's end, without gaps from the first month on,
        as `mrr.month_ends` returns it from the beginning of all contracts
    """
    groups: dict[date, list[Mapping[date, Decimal]]] = defaultdict(list)
    for customer, held in history.items():
        if held:
            _check_gaps(customer, held)
            groups[min(held)].append(held)
    return tuple(_cohort(month, groups[month]) for month in sorted(groups))


def _check_gaps(customer: Hashable, held: Mapping[date, Decimal]) -> None:
    known = {_number(month) for month in held}
    if max(known) - min(known) + 1 != len(held):
        raise RetentionError(f"Months of {customer} are missing between the first and the last: give zero for them.")


def _number(month: date) -> int:
    return month.year * 12 + month.month


def _cohort(first: date, members: list[Mapping[date, Decimal]]) -> Cohort:
    size, base = Decimal(len(members)), add_up(held[first] for held in members)
    cells = []
    for month in sorted({month for held in members for month in held}):
        there = [held[month] for held in members if held.get(month)]
        brought = add_up(there)
        cells.append(
            Cell(
                _number(month) - _number(first),
                month,
                len(there),
                brought,
                divide(Decimal(len(there)), size, NOBODY),
                divide(brought, base, "All of the cohort had left by the end of its first month."),
            )
        )
    return Cohort(first, len(members), base, tuple(cells))
