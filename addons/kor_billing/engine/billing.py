"""Say what a contract should have been billed: the target, of which the books are brought to by difference.

A *slice* is what one line charges for one anchored period (or, once, for its day). Its key is the line and
the start of that period, so that the same facts give the same slices whatever was asked before.

Units: dates in the contract's time zone, spans half-open; money as decimals in the contract's currency,
rounded once, in the slice's amount. Errors: those of the engines for periods, prices and discounts.
Order of the rules: price of the quantity of a full period, its share of the period (use is never prorated,
it was measured), the minimum with the same share, the spend cap over all use of the period, then what lacks
to a commitment; discounts on the line, discounts on the whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import money, pricing
from odoo.addons.kor_enterprise_tiers.engine.discounts import applies, apply_discounts

from .commitments import cap_use, true_up
from .seats import rate_highest
from .slices import Booked, Slice
from .terms import DAY, Cap, Line, Meter, Reading, Terms, Window
from .whole import settle

__all__ = [
    "DAY", "Booked", "Cap", "Line", "Meter", "Reading", "Slice", "Terms", "Window", "difference", "next_due", "target"
]  # fmt: skip


def target(terms: Terms, window: Window) -> list[Slice]:
    """Return the slices that are due in the window, by billing day and then in the order of the lines."""
    owed = list(_commitments(terms, window))
    wide = _widen(window, [portion for _line, portion in owed])
    charges = [line for line in terms.lines if line.charge_type != "commitment"]
    found = cap_use(terms, [one for line in charges for one in _slices(terms, line, wide)])
    found += [true_up(line, portion, _number(terms, line, portion), found) for line, portion in owed]
    settled = settle(terms, [_less_own_discounts(one) for one in found])
    due = (one for one in settled if window.holds(one.line.timing, one.billing_day))
    return sorted(due, key=lambda one: one.billing_day)


def difference(
    terms: Terms, window: Window, slices: Iterable[Slice], booked: Mapping[tuple[Any, date], Booked]
) -> list[Slice]:
    """Return what the books lack or have too much: slices not booked, others than booked, and no longer owed."""
    lacking, wanted = [], set()
    for one in slices:
        wanted.add(one.key)
        before = booked.get(one.key)
        if before is None:
            lacking.append(one)
        elif one.amount != before.amount:
            lacking.append(replace(one, booked=before.amount, revision=before.free_revision))
    return [*_withdrawn(terms, window, booked, wanted), *lacking]


def _withdrawn(
    terms: Terms, window: Window, booked: Mapping[tuple[Any, date], Booked], wanted: set[tuple[Any, date]]
) -> Iterator[Slice]:
    """Yield a slice of nothing for each booked period in which its line no longer runs."""
    lines = {line.key: line for line in terms.lines}
    for (key, period_start), before in booked.items():
        line = lines.get(key)
        if line is None or not before.amount or (key, period_start) in wanted:
            continue
        # What lies beyond the contract's end will be owed on no day: nobody has to wait for its own.
        is_beyond = terms.end is not None and before.start >= max(terms.end, window.first)
        day = before.start if line.timing == "advance" else before.end - DAY
        if not is_beyond and not window.holds(line.timing, day):
            continue
        if not any(one.period.start == period_start for one in _portions(terms, line, period_start, before.end)):
            yield _nothing(line, period_start, before)


def _nothing(line: Line, period_start: date, before: Booked) -> Slice:
    return Slice(
        line=line,
        period_start=period_start,
        period_end=before.end,
        start=before.start,
        end=before.end,
        number=0,
        numerator=0,
        denominator=1,
        rated=pricing.rate(line.price, line.quantity, line.events),
        prorated=money.ZERO,
        minimum_added=money.ZERO,
        gross=money.ZERO,
        booked=before.amount,
        revision=before.free_revision,
    )


def next_due(terms: Terms, is_booked: Callable[[tuple[Any, date]], bool]) -> date | None:
    """Return the first day on which something not yet booked can be billed, None where nothing will be."""
    days = (_next_due_of_line(terms, line, is_booked) for line in terms.lines)
    return min((day for day in days if day), default=None)


def _next_due_of_line(terms: Terms, line: Line, is_booked: Callable[[tuple[Any, date]], bool]) -> date | None:
    for portion in _portions(terms, line, None, date.max):
        if not is_booked((line.key, portion.period.start)):
            return portion.start if line.timing == "advance" else portion.end
    return None


def _portions(terms: Terms, line: Line, since: date | None, until: date) -> Iterator[periods.Portion]:
    start, end = terms.span_of(line)
    if end is not None and end <= start:
        return
    if line.charge_type == "one_time":
        if start < until:
            yield periods.Portion(periods.Period(0, start, start + DAY), start, start + DAY, 1, 1, 1)
        return
    cycle = terms.cycle_of(line)
    yield from periods.portions(start, end, *cycle, line.day_count, until, since=since)


def _touched(terms: Terms, line: Line, window: Window) -> Iterator[periods.Portion]:
    """Yield the line's portions of every period that the window touches, whole periods also at its end.

    What is compared or spread over a period needs all its slices.
    """
    until = window.last + DAY
    if line.months:
        until = periods.period_at(*terms.cycle_of(line), window.last).end
    return _portions(terms, line, window.first, until)


def _commitments(terms: Terms, window: Window) -> Iterator[tuple[Line, periods.Portion]]:
    """Yield the commitments that are settled in the window, each with its portion."""
    for line in terms.lines:
        if line.charge_type == "commitment":
            for portion in _touched(terms, line, window):
                if window.holds(line.timing, portion.end - DAY):
                    yield line, portion


def _widen(window: Window, owed: list[periods.Portion]) -> Window:
    """Return the window with all days whose charges count towards the commitments."""
    first = min((portion.start for portion in owed), default=window.first)
    last = max((portion.end - DAY for portion in owed), default=window.last)
    return Window(min(window.first, first), max(window.last, last))


def _slices(terms: Terms, line: Line, window: Window) -> Iterator[Slice]:
    for portion in _touched(terms, line, window):
        one = _rate(line, portion, _number(terms, line, portion))
        yield rate_highest(terms, one) if line.quantity_basis == "highest" else one


def _number(terms: Terms, line: Line, portion: periods.Portion) -> int:
    """Return how many periods of the line, and of those that it goes on with, came before the portion's."""
    if not line.months:
        return portion.period.index
    start = max(terms.start, line.origin or line.start)
    return portion.period.index - periods.period_at(*terms.cycle_of(line), start).index


def _rate(line: Line, portion: periods.Portion, number: int) -> Slice:
    """Price one portion, before discounts."""
    measured = line.charge_type == "usage"
    numerator, denominator = (1, 1) if measured else (portion.numerator, portion.denominator)
    quantity, events, reported = _measure(line, portion)
    rated = pricing.rate(_price_of(line, portion), quantity, events)
    prorated = money.prorate(rated.amount, numerator, denominator)
    gross, added = pricing.apply_minimum(prorated, line.price.minimum_amount, portion.numerator, portion.denominator)
    return Slice(
        line=line,
        period_start=portion.period.start,
        period_end=portion.period.end,
        start=portion.start,
        end=portion.end,
        number=number,
        numerator=numerator,
        denominator=denominator,
        rated=rated,
        prorated=prorated,
        minimum_added=added,
        gross=gross,
        reported=reported,
    )


def _measure(line: Line, portion: periods.Portion) -> tuple[Decimal, Decimal, bool]:
    if line.meter is None:
        return line.quantity, line.events, True
    reading = line.meter.read(portion.start, portion.end)
    if not reading.reported and not reading.touched:
        return line.quantity, line.events, False
    return reading.quantity, reading.events, reading.reported


def _price_of(line: Line, portion: periods.Portion) -> pricing.Price:
    """Return the price of a portion: what is included in a full period shrinks with a part of one."""
    price = line.price
    if line.charge_type != "usage" or portion.numerator == portion.denominator or not price.included_quantity:
        return price
    included = money.prorate(price.included_quantity, portion.numerator, portion.denominator)
    return replace(price, included_quantity=included)


def _less_own_discounts(one: Slice) -> Slice:
    own = [discount for discount in one.line.discounts if applies(discount, one.start, one.number)]
    net, steps = apply_discounts(one.gross, own, one.numerator, one.denominator)
    return replace(one, net=net, steps=steps)
