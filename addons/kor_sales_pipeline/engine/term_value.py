"""What a proposal is worth: per month at the start, and over its term. Decimals in the proposal's currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.kor_contracts.engine.periods import boundary
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount, applies, apply_discounts
from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact, to_decimal


@dataclass(frozen=True)
class Part:
    """One line of a proposal: what a full period, or the one time, costs before discounts."""

    amount: Decimal
    months: int  # 0: once
    discounts: tuple[Discount, ...] = ()
    cost: Decimal = ZERO  # own cost of a full period


@dataclass(frozen=True)
class Worth:
    """What the parts come to together."""

    monthly: Decimal  # recurring, in the first period
    one_time: Decimal
    total: Decimal  # over the term
    cost: Decimal  # over the term


def net(part: Part, start: date, number: int) -> Decimal:
    """Return what the period with a number (0: the first) costs, less the discounts that hold for it."""
    begin = boundary(start, start.day, part.months, number) if part.months else start
    running = [one for one in part.discounts if applies(one, begin, number)]
    return apply_discounts(part.amount, running)[0]


def lasting_net(part: Part) -> Decimal:
    """Return what a period costs once everything that is limited in time has run out."""
    lasting = [one for one in part.discounts if is_lasting(one)]
    return apply_discounts(part.amount, lasting)[0]


def is_lasting(discount: Discount) -> bool:
    return not (discount.periods or discount.date_start or discount.date_end)


def weigh(parts: Iterable[Part], start: date, term_months: int) -> Worth:
    """Return what the parts are worth; a period that the term cuts counts by its months."""
    monthly = one_time = total = cost = ZERO
    with exact():
        for part in parts:
            first = net(part, start, 0)
            if not part.months:
                one_time, total, cost = one_time + first, total + first, cost + part.cost
                continue
            monthly += first / part.months
            for number in range(-(-term_months // part.months)):
                months = min(part.months, term_months - number * part.months)
                total += net(part, start, number) * months / part.months
                cost += part.cost * months / part.months
    return Worth(monthly, one_time, total, cost)


def percent_off(full: Decimal, paid: Decimal) -> Decimal:
    """Return by how many percent less is paid; 0 where nothing was asked for. Negative: more is paid."""
    full = to_decimal(full)
    with exact():
        return (full - to_decimal(paid)) * 100 / full if full else ZERO


def combine_percents(percents: Iterable[Decimal]) -> Decimal:
    """Return the one percentage that takes off as much as several that are taken one after the other."""
    left = Decimal(1)
    with exact():
        for percent in percents:
            left *= 1 - to_decimal(percent) / 100
        return (1 - left) * 100
