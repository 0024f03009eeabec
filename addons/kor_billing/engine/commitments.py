"""Bound what is charged: at most the spend cap for use, at least the commitment for what counts towards it.

Both are agreed for a full period and shrink with a part of one; both are compared before discounts and taxes.
Source of the true-up: a minimum commitment as Lago bills it, in arrears, the difference to what was charged.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.addons.kor_contracts.engine.periods import Portion
from odoo.addons.kor_enterprise_tiers.engine import money, pricing

from .slices import Capped, Commitment, Counted, Slice
from .terms import Line, Terms


def cap_use(terms: Terms, slices: list[Slice]) -> list[Slice]:
    """Return the slices with use lowered to the cap in each period, by what each costs, to the cent.

    Each slice is lowered itself, and no credit stands beside it: its discounts and its taxes then follow.
    """
    if terms.cap is None:
        return slices
    result, groups = list(slices), {}
    for position, one in enumerate(slices):
        if one.line.charge_type == "usage" and one.line.months == terms.cap.months and one.gross > 0:
            groups.setdefault(one.period_start, []).append(position)
    for positions in groups.values():
        group = [slices[position] for position in positions]
        for position, one in zip(positions, _cap_period(terms, group), strict=True):
            result[position] = one
    return result


def _cap_period(terms: Terms, group: list[Slice]) -> list[Slice]:
    share = terms.share_of(group[0].line, group[0].period_start, "actual")
    due = money.round_money(money.prorate(terms.cap.amount, *share), terms.rounding)
    counted = sum((one.gross for one in group), money.ZERO)
    if counted <= due:
        return group
    lowered = money.allocate(due, [one.gross for one in group], terms.rounding)
    return [
        replace(one, gross=gross, cap=Capped(due, counted, one.gross - gross))
        for one, gross in zip(group, lowered, strict=True)
    ]


def true_up(line: Line, portion: Portion, number: int, slices: Iterable[Slice]) -> Slice:
    """Return what lacks to the commitment in a portion of its periods; nothing where enough was charged."""
    rated = pricing.rate(line.price, line.quantity)
    due = money.prorate(rated.amount, portion.numerator, portion.denominator)
    counted = (_count(one, portion.start, portion.end) for one in slices if one.line.key in line.counts)
    commitment = Commitment(due, tuple(one for one in counted if one))
    with money.exact():
        missing = max(due - commitment.counted, money.ZERO)
    return Slice(
        line=line,
        period_start=portion.period.start,
        period_end=portion.period.end,
        start=portion.start,
        end=portion.end,
        number=number,
        numerator=portion.numerator,
        denominator=portion.denominator,
        rated=rated,
        prorated=due,
        minimum_added=money.ZERO,
        gross=missing,
        commitment=commitment,
    )


def _count(one: Slice, start: date, end: date) -> Counted | None:
    """Return the part of a charge that lies in start <= day < end: by days, where its own period is longer."""
    first, after = max(one.start, start), min(one.end, end)
    if after <= first:
        return None
    amount: Decimal = money.prorate(one.gross, (after - first).days, (one.end - one.start).days)
    return Counted(one.line.key, first, after, amount)
