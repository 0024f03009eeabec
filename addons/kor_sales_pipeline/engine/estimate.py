"""Estimate what an expected contract is worth: MRR, ARR, TCV and the use on top.

Amounts are unrounded decimals of one currency; an item's amount is that of one full billing period, minimum
included, before discounts. Periods are counted from the start of the contract, the last one is prorated by its
months. Discounts hold as `kor_enterprise_tiers/engine/discounts.py` says: an item's own first, then those on the
whole – percentages off everything, an amount off the recurring fees of one billing period together.

MRR are the recurring fees of the first period by the month, ARR is twelve times that; TCV adds what is owed over the
term for certain: fees, one-time charges and minimum commitments. Use counts beyond that, as far as it is more than
the commitments and less than the spend cap.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_contracts.engine.periods import boundary
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount, DiscountStep, applies, apply_discounts
from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact, prorate, to_decimal

KINDS = ("recurring", "usage", "one_time", "commitment")


class EstimateError(ValueError):
    """Say in a sentence what is wrong with the expected contract, and what would be right."""


@dataclass(frozen=True)
class Item:
    """Hold one charge; a commitment counts the use of its metric (None: all use), and fees with the scope recurring."""

    key: Any
    kind: str
    amount: Decimal
    months: int = 0
    discounts: tuple[Discount, ...] = ()
    metric: Any = None
    scope: str = "usage"

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", to_decimal(self.amount))
        if self.kind not in KINDS:
            raise EstimateError(f"“{self.kind}” is no kind of charge: choose one of {', '.join(KINDS)}.")
        if self.kind != "one_time" and self.months < 1:
            raise EstimateError(f"Charge {self.key} recurs: give a billing period of 1 month or more.")


@dataclass(frozen=True)
class Line:
    """Explain one item: a full first period before and after its own discounts, and the whole term after them."""

    key: Any
    kind: str
    months: int
    amount: Decimal
    steps: tuple[DiscountStep, ...]
    net: Decimal
    monthly: Decimal
    total: Decimal


@dataclass(frozen=True)
class Estimate:
    """Hold the figures and what they come from; the lines' totals less `discount` are `tcv` + `usage`."""

    lines: tuple[Line, ...]
    mrr: Decimal
    tcv: Decimal
    one_time: Decimal
    usage: Decimal
    discount: Decimal
    steps: tuple[DiscountStep, ...] = field(default=())

    @property
    def arr(self) -> Decimal:
        return self.mrr * 12


def estimate(
    items: Iterable[Item],
    start: date,
    term_months: int,
    discounts: Iterable[Discount] = (),
    spend_cap: Decimal = ZERO,
    cap_months: int = 1,
) -> Estimate:
    """Return the worth of the items over a term of so many months from the start."""
    if term_months < 1:
        raise EstimateError(f"A term of {term_months} months is none: give 1 month or more.")
    whole = tuple(discounts)
    with exact():
        items = tuple(items)
        items = _count_commitments((*items, *_cap_use(items, to_decimal(spend_cap), cap_months)))
        lines = tuple(_explain(item, start, term_months) for item in items)
        sums = {kind: _total(items, kind, start, term_months, whole) for kind in KINDS}
        tcv = sums["recurring"] + sums["one_time"] + sums["commitment"]
        mrr, steps = _monthly(items, start, whole)
        gross = sum((line.total for line in lines), ZERO)
        return Estimate(lines, mrr, tcv, sums["one_time"], sums["usage"], gross - tcv - sums["usage"], steps)


def _count_commitments(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the items with each commitment less the fees it counts, and the use that it covers taken off."""
    found = [item for item in items if item.kind != "commitment"]
    for item in (one for one in items if one.kind == "commitment"):
        same = [one for one in found if one.months == item.months]
        fees = sum((one.amount for one in same if one.kind == "recurring"), ZERO) if item.scope == "recurring" else ZERO
        owed = max(item.amount - fees, ZERO)
        use = sum((one.amount for one in same if one.kind == "usage" and item.metric in (None, one.metric)), ZERO)
        found.append(replace(item, amount=owed))
        if covered := min(owed, max(use, ZERO)):
            found.append(Item((item.key, "covered"), "usage", -covered, item.months, metric=item.metric))
    return tuple(found)


def _cap_use(items: tuple[Item, ...], cap: Decimal, months: int) -> list[Item]:
    use = sum((item.amount for item in items if item.kind == "usage" and item.months == months), ZERO)
    return [Item("spend_cap", "usage", cap - use, months)] if 0 < cap < use else []


def _net(item: Item, start: date, number: int, numerator: int) -> tuple[Decimal, tuple[DiscountStep, ...]]:
    """Return a period's amount less the item's own discounts."""
    months = item.months or 1
    first = _get_first_day(start, months, number)
    own = [discount for discount in item.discounts if applies(discount, first, number)]
    return apply_discounts(prorate(item.amount, numerator, months), own, numerator, months)


def _get_first_day(start: date, months: int, number: int) -> date:
    return boundary(start, start.day, months, number) if number else start


def _explain(item: Item, start: date, term_months: int) -> Line:
    net, steps = _net(item, start, 0, item.months or 1)
    total = sum((_net(item, start, *share)[0] for share in _get_shares(item.months, term_months)), ZERO)
    return Line(
        item.key, item.kind, item.months, item.amount, steps, net, net / item.months if item.months else ZERO, total
    )


def _get_shares(months: int, term_months: int) -> list[tuple[int, int]]:
    """Return number and months of every period of the term, of which the last may be shorter; one of what is once."""
    if not months:
        return [(0, 1)]
    return [(number, min(months, term_months - number * months)) for number in range(-(-term_months // months))]


def _total(items: tuple[Item, ...], kind: str, start: date, term_months: int, whole: tuple[Discount, ...]) -> Decimal:
    """Return what the items of a kind come to over the term, less the discounts on the whole."""
    total = ZERO
    chosen = [item for item in items if item.kind == kind]
    for months in {item.months for item in chosen}:
        group = [item for item in chosen if item.months == months]
        for number, numerator in _get_shares(months, term_months):
            amount = sum((_net(item, start, number, numerator)[0] for item in group), ZERO)
            holding = _get_holding(whole, kind, start, months, number)
            total += apply_discounts(amount, holding, numerator, months or 1)[0]
    return total


def _get_holding(whole: tuple[Discount, ...], kind: str, start: date, months: int, number: int) -> list[Discount]:
    first = _get_first_day(start, months, number)
    return [
        discount
        for discount in whole
        if applies(discount, first, number) and (discount.kind == "percent" or kind == "recurring")
    ]


def _monthly(
    items: tuple[Item, ...], start: date, whole: tuple[Discount, ...]
) -> tuple[Decimal, tuple[DiscountStep, ...]]:
    """Return the recurring fees by the month, and the steps of the discounts on the whole in the first period."""
    fees, mrr, steps = [item for item in items if item.kind == "recurring"], ZERO, []
    for months in sorted({item.months for item in fees}):
        amount = sum((_net(item, start, 0, months)[0] for item in fees if item.months == months), ZERO)
        left, taken = apply_discounts(amount, _get_holding(whole, "recurring", start, months, 0), months, months)
        mrr += left / months
        steps += taken
    return mrr, tuple(steps)
