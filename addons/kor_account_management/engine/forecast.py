"""What renewals will bring: probabilities from health, categories from probabilities, sums by month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CATEGORIES = ("commit", "best_case", "at_risk", "lost")
# Where nothing is known of an account, as most renew.
UNKNOWN = Decimal(80)
LEAST, MOST = Decimal(5), Decimal(98)


@dataclass(frozen=True)
class Renewal:
    """The end of a term: the day, what is at stake in a year, the probability in percent, the category."""

    day: date
    amount: Decimal
    probability: Decimal
    category: str


@dataclass(frozen=True)
class Month:
    """The sums of the renewals of a month, which begins on the day."""

    start: date
    count: int
    total: Decimal
    weighted: Decimal
    by_category: dict[str, Decimal]


def probability(score: Decimal | None) -> Decimal:
    """Return the probability of renewal in percent by the score: straight from 5 at 0 to 98 at 100."""
    if score is None:
        return UNKNOWN
    return LEAST + (MOST - LEAST) * max(Decimal(0), min(Decimal(100), score)) / 100


def category(chance: Decimal) -> str:
    """Return what a probability in percent is called."""
    if chance >= 85:
        return "commit"
    if chance >= 60:
        return "best_case"
    return "at_risk" if chance > 0 else "lost"


def by_month(renewals: Iterable[Renewal]) -> tuple[Month, ...]:
    """Return the sums by month, in their order; months without a renewal are left out."""
    groups: dict[date, list[Renewal]] = {}
    for one in renewals:
        groups.setdefault(one.day.replace(day=1), []).append(one)
    return tuple(_sum_month(start, groups[start]) for start in sorted(groups))


def _sum_month(start: date, renewals: list[Renewal]) -> Month:
    amounts = {name: sum((one.amount for one in renewals if one.category == name), Decimal(0)) for name in CATEGORIES}
    weighted = sum((one.amount * one.probability / 100 for one in renewals), Decimal(0))
    return Month(start, len(renewals), sum(amounts.values(), Decimal(0)), weighted, amounts)
