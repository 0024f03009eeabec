"""Tell on which days what a contract brings each month changed, by how much, and what made it so.

Units: amounts are decimals in the currency of the contract; a line costs `amount` for each full period of `months`
months, before discounts. Lines run from `start` to before `end` (None: open). MRR on a day = Σ over lines of the same
months (Σ (amount − own discounts) − discounts on the whole) ÷ months, rounded to the currency, as contracts state it.

The facts of a day are in the order of their causes: discounts that begin or run out by time first, then each
amendment with the lines that it ends and begins, so that every cause keeps its own part of the change. A line that was
planned for later and carried along by another amendment stays with the one that planned it.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount, applies, apply_discounts
from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, round_money

from .mrr import Fact


class Cause(NamedTuple):
    """Name an amendment: `key` leads back to it, `hint` says what kind it is, `day` since when it holds."""

    key: Hashable
    day: date
    hint: str = ""


class Line(NamedTuple):
    """Hold a recurring charge as agreed; `origin` is the first day of the chain of lines that it goes on from."""

    key: Hashable
    root: Hashable
    start: date
    end: date | None
    origin: date
    months: int
    amount: Decimal
    discounts: tuple[Discount, ...] = ()
    made_by: Cause | None = None
    ended_by: Cause | None = None

    @property
    def is_void(self) -> bool:
        """Tell whether the line ended when it began."""
        return self.end is not None and self.end <= self.start


class Agreement(NamedTuple):
    """Hold what decides the MRR of a contract; `over` is the first day after it, None where it has no end."""

    key: Hashable
    customer: Hashable
    currency: Hashable
    rounding: Decimal
    start: date
    over: date | None
    anchor_day: int
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...] = ()
    ended_by: Cause | None = None
    discounted_by: tuple[Cause, ...] = ()


def facts(agreement: Agreement) -> list[Fact]:
    """Return the changes of a contract's MRR, in the order of their days and causes, those of nothing left out."""
    if agreement.over is not None and agreement.over <= agreement.start:
        return []
    events = _events(agreement)
    days = sorted({*events, *_discount_days(agreement)})
    running: dict[Hashable, Line] = {}
    found, held = [], ZERO
    for day in days:
        if agreement.over is not None and day >= agreement.over:
            break
        for cause, hint in _steps(agreement, running, day, events.get(day, ())):
            now = monthly(agreement, running.values(), day)
            if now != held:
                found.append(_fact(agreement, day, now, cause, hint))
            held = now
    if agreement.over is not None and held:
        cause = agreement.ended_by
        found.append(_fact(agreement, agreement.over, ZERO, cause, cause.hint if cause else "end"))
    return found


def monthly(agreement: Agreement, lines: Iterable[Line], day: date) -> Decimal:
    """Return what lines come to per month at the rules of a day."""
    by_months: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        by_months[line.months] += _net(agreement, line, day) if line.discounts else line.amount
    revenue = ZERO
    for months, full in by_months.items():
        if full and agreement.discounts:
            full = apply_discounts(full, _running(agreement, agreement.discounts, months, day, agreement.start))[0]
        revenue += full / months
    return _round(revenue, agreement.rounding)


@lru_cache(maxsize=20000)
def _round(amount: Decimal, rounding: Decimal) -> Decimal:
    """Round the fees of a month: many contracts of a plan come to the same."""
    return round_money(amount, rounding)


def _fact(agreement: Agreement, day: date, amount: Decimal, cause: Cause | None, hint: str) -> Fact:
    return Fact(agreement.key, agreement.customer, day, amount, cause.key if cause else None, hint, agreement.currency)


def _net(agreement: Agreement, line: Line, day: date) -> Decimal:
    own = _running(agreement, line.discounts, line.months, day, line.origin, line.start)
    return apply_discounts(line.amount, own)[0]


def _running(agreement, discounts, months, day, origin, since=None):
    """Return the discounts that hold for the period around a day, counted from an origin."""
    anchor = periods.anchor_of(agreement.start, agreement.anchor_day)
    period = periods.period_at(anchor, agreement.anchor_day, months, day)
    number = period.index - periods.period_at(anchor, agreement.anchor_day, months, origin).index
    start = max(period.start, origin, since or origin)
    return [one for one in discounts if applies(one, start, number)]


def _events(agreement: Agreement) -> dict[date, list[tuple[Cause | None, str, Line]]]:
    """Return by day which lines begin and end on it, each with its cause."""
    begun: dict[tuple, list[Line]] = defaultdict(list)
    for line in agreement.lines:
        begun[line.root, line.start].append(line)
    events: dict[date, list[tuple[Cause | None, str, Line]]] = defaultdict(list)
    for line in agreement.lines:
        # One that was taken away before its day never ran; one that was changed on its very day did, for no time.
        if line.is_void and not (line.ended_by and line.ended_by.day == line.start):
            continue
        events[line.start].append((_cause_of_start(line, begun), "start", line))
        if line.end is not None:
            end = max(line.end, line.start)
            events[end].append((_cause_of_end(line, end, begun), "end", line))
    return events


def _cause_of_start(line: Line, begun: dict[tuple, list[Line]]) -> Cause | None:
    made_by = line.made_by
    if made_by and made_by.day != line.start:
        # Carried along: what was there in its place before tells who planned it.
        planned = (one.made_by for one in begun[line.root, line.start] if one.is_void and one.made_by)
        return next((cause for cause in planned if cause.day == line.start), made_by)
    return made_by


def _cause_of_end(line: Line, end: date, begun: dict[tuple, list[Line]]) -> Cause | None:
    if line.ended_by and line.ended_by.day == end:
        return line.ended_by
    following = [one for one in begun.get((line.root, end), ()) if not one.is_void and one is not line]
    return _cause_of_start(following[0], begun) if following else line.ended_by


def _steps(agreement, running, day, events) -> Iterator[tuple[Cause | None, str]]:
    """Change what runs on a day, cause by cause, and yield each once it is done."""
    if running:
        discounted = [cause for cause in agreement.discounted_by if cause.day <= day]
        yield (discounted[-1] if discounted else None), "discount"
    groups: dict[Hashable, list] = defaultdict(list)
    causes = {}
    for cause, what, line in events:
        key = cause.key if cause else None
        causes[key] = cause
        groups[key].append((what, line))
    for key in sorted(groups, key=lambda key: (key is not None, causes[key].day if key is not None else day, key or 0)):
        for what, line in groups[key]:
            if what == "end":
                running.pop(line.key, None)
        ended = {line.key for what, line in groups[key] if what == "end"}
        for what, line in groups[key]:
            if what == "start" and not (line.is_void and line.key in ended):
                running[line.key] = line
        cause = causes[key]
        yield cause, cause.hint if cause else ""


def _discount_days(agreement: Agreement) -> Iterator[date]:
    """Yield the days on which discounts may begin or run out: boundaries of the periods that they hold for."""
    every = {line.months for line in agreement.lines}
    timed = [(one, months, agreement.start) for one in agreement.discounts for months in every]
    timed += [(one, line.months, line.origin) for line in agreement.lines for one in line.discounts]
    if not timed:
        return
    anchor = periods.anchor_of(agreement.start, agreement.anchor_day)
    for discount, months, origin in timed:
        cycle = (anchor, agreement.anchor_day, months)
        for day in (discount.date_start, discount.date_end):
            if day:
                period = periods.period_at(*cycle, day)
                # Where it begins within the first period of its line, the line's own start counts.
                yield from (one for one in (period.start, day, period.end) if one >= agreement.start)
        if discount.periods:
            first = periods.period_at(*cycle, origin).index
            yield max(periods.boundary(*cycle, first + discount.periods), agreement.start)
