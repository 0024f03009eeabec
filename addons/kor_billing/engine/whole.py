"""Take the discounts on the whole off the slices of a contract, in their order, and round each slice once."""

from dataclasses import replace
from decimal import Decimal

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import money
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount, DiscountStep, applies

from .slices import Slice
from .terms import RECURRING, Terms


def settle(terms: Terms, slices: list[Slice]) -> list[Slice]:
    """Return the slices with their final amounts.

    An amount off the whole is spread over all slices of a period: they must be known together.
    """
    for discount in sorted(terms.discounts, key=lambda one: one.sequence):
        off = _take_percent if discount.kind == "percent" else _take_amount
        slices = off(terms, discount, slices)
    return _round(terms, slices)


def _round(terms: Terms, slices: list[Slice]) -> list[Slice]:
    """Round each slice so that the parts of a period, of a line and those that it goes on with, add up to it.

    The running sum is rounded, and each part is what it adds: a period that is cut costs no cent more or less.
    """
    sums: dict[tuple, Decimal] = {}
    result = list(slices)
    for position in sorted(range(len(slices)), key=lambda position: slices[position].start):
        one = slices[position]
        chain = (one.line.key if one.line.root is None else one.line.root, one.period_start)
        before = sums.get(chain, money.ZERO)
        with money.exact():
            sums[chain] = before + one.net
        amount = money.round_money(sums[chain], terms.rounding) - money.round_money(before, terms.rounding)
        result[position] = replace(one, amount=amount)
    return result


def _holds_on_whole(terms: Terms, discount: Discount, one: Slice) -> bool:
    """Tell whether a discount on the whole holds for a slice; its periods count from the contract's start."""
    number = 0
    if one.line.months:
        cycle = terms.cycle_of(one.line)
        number = periods.period_at(*cycle, one.start).index - periods.period_at(*cycle, terms.start).index
    return applies(discount, max(one.period_start, terms.start), number)


def _take_percent(terms: Terms, discount: Discount, slices: list[Slice]) -> list[Slice]:
    return [
        _less(one, discount, one.net * discount.value / 100) if _holds_on_whole(terms, discount, one) else one
        for one in slices
    ]


def _take_amount(terms: Terms, discount: Discount, slices: list[Slice]) -> list[Slice]:
    """Spread an amount over the recurring slices of each period by what is left of them, to the cent."""
    groups: dict[tuple, list[int]] = {}
    for position, one in enumerate(slices):
        if one.line.charge_type in RECURRING and _holds_on_whole(terms, discount, one):
            group = (one.line.months, one.period_start)
            groups.setdefault(group, []).append(position)
    result = list(slices)
    for positions in groups.values():
        weights = [max(slices[position].net, money.ZERO) for position in positions]
        whole = min(_amount_off(terms, discount, slices[positions[0]]), sum(weights, money.ZERO))
        offs = money.allocate(money.round_money(whole, terms.rounding), weights, terms.rounding) if whole else ()
        for position, off in zip(positions, offs, strict=False):
            result[position] = _less(slices[position], discount, min(off, slices[position].net))
    return result


def _amount_off(terms: Terms, discount: Discount, one: Slice) -> Decimal:
    """Return the discount's amount for the part of the period in which the contract runs."""
    share = terms.share_of(one.line, one.period_start, one.line.day_count)
    return money.prorate(discount.value, *share)


def _less(one: Slice, discount: Discount, off: Decimal) -> Slice:
    off = max(off, money.ZERO)
    step = DiscountStep(discount.key, discount.name, discount.kind, discount.value, one.net, off, one.net - off)
    return replace(one, net=one.net - off, steps=(*one.steps, step))
