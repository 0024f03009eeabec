"""Say what a contract should have been billed: the target, of which the books are brought to by difference.

A *slice* is what one line charges for one anchored period (or, once, for its day). Its key is the line and
the start of that period, so that the same facts give the same slices whatever was asked before.

Units: dates in the contract's time zone, spans half-open; money as decimals in the contract's currency,
rounded once, in the slice's amount. Errors: those of the engines for periods, prices and discounts.
Order of the rules: price of the quantity of a full period, its share of the period (use is never prorated,
it was measured), the minimum with the same share, discounts on the line, discounts on the whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import money, pricing
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount, DiscountStep, applies, apply_discounts

DAY = timedelta(days=1)
RECURRING = ("fixed", "per_unit")


class Reading(Protocol):
    """What a meter has counted; `reported` is false where nothing was heard, which is not the same as zero."""

    quantity: Decimal
    events: Decimal
    reported: bool


class Meter(Protocol):
    def read(self, start: date, end: date) -> Reading:  # pylint: disable=method-required-super
        """Return the use of start <= day < end."""


@dataclass(frozen=True)
class Line:
    """A line's terms; `end` is the first day after it (None: open); `months` is 0 for what is charged once.

    With a meter, each period's quantity and events are what it reads; without one, those of the line.
    """

    key: Any
    charge_type: str
    timing: str
    months: int
    day_count: str
    start: date
    end: date | None
    price: pricing.Price
    quantity: Decimal = Decimal(1)
    events: Decimal = Decimal(0)
    discounts: tuple[Discount, ...] = ()
    meter: Meter | None = None


@dataclass(frozen=True)
class Terms:
    """A contract's terms; `end` is the first day after it (None: open)."""

    start: date
    end: date | None
    anchor_day: int
    rounding: Decimal
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...] = ()

    @property
    def anchor(self) -> date:
        return periods.anchor_of(self.start, self.anchor_day)


@dataclass(frozen=True)
class Window:
    """The days asked for, both inclusive. What is due in advance and in arrears may reach to different days."""

    first: date
    last: date
    last_arrears: date | None = None

    @classmethod
    def as_of(cls, first: date, today: date) -> "Window":
        """Return what is due today: in arrears, only periods whose last day is over."""
        return cls(first, today, today - DAY)

    def holds(self, one: "Slice") -> bool:
        last = self.last if one.line.timing == "advance" or self.last_arrears is None else self.last_arrears
        return self.first <= one.billing_day <= last


@dataclass(frozen=True)
class Booked:
    """What the books hold of a slice: the sum, and the first number that no booking of it has."""

    amount: Decimal
    free_revision: int = 1


@dataclass(frozen=True)
class Slice:
    """What a line charges for the part start <= day < end of its anchored period; `amount` is rounded.

    Where an earlier booking turned out too low or too high, `booked` is its sum and `revision` is above 0.
    """

    line: Line
    period_start: date
    period_end: date
    start: date
    end: date
    number: int
    numerator: int
    denominator: int
    rated: pricing.Rated
    gross: Decimal
    minimum_added: Decimal
    net: Decimal
    steps: tuple[DiscountStep, ...]
    amount: Decimal = Decimal(0)
    reported: bool = True
    booked: Decimal = Decimal(0)
    revision: int = 0

    @property
    def difference(self) -> Decimal:
        """Return what is still to be booked."""
        return self.amount - self.booked

    @property
    def key(self) -> tuple[Any, date]:
        return self.line.key, self.period_start

    @property
    def billing_day(self) -> date:
        """Return the day whose invoice the slice belongs to: its first in advance, its last in arrears."""
        return self.start if self.line.timing == "advance" else self.end - DAY

    @property
    def due(self) -> date:
        """Return the day from which the slice can be billed: in arrears, the day after its last."""
        return self.start if self.line.timing == "advance" else self.end

    def explain(self) -> dict[str, Any]:
        """Return as plain JSON how the amount came about, from the quantity to the rounding."""
        line = self.line
        return {
            "charge_type": line.charge_type,
            "timing": line.timing,
            "period": {
                "date_start": self.start.isoformat(),
                "date_end": (self.end - DAY).isoformat(),
                "full_start": self.period_start.isoformat(),
                "full_end": (self.period_end - DAY).isoformat(),
                "months": line.months,
            },
            "share": {
                "days": (self.end - self.start).days,
                "numerator": self.numerator,
                "denominator": self.denominator,
                "day_count": line.day_count,
            },
            "price": {
                "model": line.price.model,
                "unit_price": money.as_number(line.price.unit_price),
                "included_quantity": money.as_number(self.rated.quantity - self.rated.billable_quantity),
                **self.rated.as_dict(),
            },
            "prorated": money.as_number(self.gross - self.minimum_added),
            "minimum_added": money.as_number(self.minimum_added),
            "gross": money.as_number(self.gross),
            "discounts": [step.as_dict() for step in self.steps],
            "net": money.as_number(self.net),
            "amount": money.as_number(self.amount),
            "reported": self.reported,
            "booked_before": money.as_number(self.booked),
            "difference": money.as_number(self.difference),
        }


def target(terms: Terms, window: Window) -> list[Slice]:
    """Return the slices that are due in the window, by billing day and then in the order of the lines."""
    found = [one for line in terms.lines for one in _slices(terms, line, window)]
    settled = _settle(terms, found)
    return sorted((one for one in settled if window.holds(one)), key=lambda one: one.billing_day)


def difference(slices: Iterable[Slice], booked: Mapping[tuple[Any, date], Booked]) -> list[Slice]:
    """Return what the books lack: slices not booked, and what late use adds to or takes from booked ones."""
    lacking = []
    for one in slices:
        before = booked.get(one.key)
        if before is None:
            lacking.append(one)
        elif one.line.meter is not None and one.amount != before.amount:
            lacking.append(replace(one, booked=before.amount, revision=before.free_revision))
    return lacking


def next_due(terms: Terms, is_booked: Callable[[tuple[Any, date]], bool]) -> date | None:
    """Return the first day on which something not yet booked can be billed, None where nothing will be."""
    days = (_next_due_of_line(terms, line, is_booked) for line in terms.lines)
    return min((day for day in days if day), default=None)


def _next_due_of_line(terms: Terms, line: Line, is_booked: Callable[[tuple[Any, date]], bool]) -> date | None:
    for portion in _portions(terms, line, None, date.max):
        if not is_booked((line.key, portion.period.start)):
            return portion.start if line.timing == "advance" else portion.end
    return None


def _span(terms: Terms, line: Line) -> tuple[date, date | None]:
    """Return where the line runs: never outside the contract."""
    ends = [end for end in (terms.end, line.end) if end]
    return max(terms.start, line.start), min(ends, default=None)


def _portions(terms: Terms, line: Line, since: date | None, until: date) -> Iterator[periods.Portion]:
    start, end = _span(terms, line)
    if end is not None and end <= start:
        return
    if line.charge_type == "one_time":
        if start < until:
            yield periods.Portion(periods.Period(0, start, start + DAY), start, start + DAY, 1, 1, 1)
        return
    yield from periods.portions(
        start, end, terms.anchor, terms.anchor_day, line.months, line.day_count, until, since=since
    )


def _slices(terms: Terms, line: Line, window: Window) -> Iterator[Slice]:
    """Yield the line's slices of every period that the window touches, whole periods also at its end.

    An amount off the whole is spread over all slices of a period: they must be known together.
    """
    until = window.last + DAY
    if line.months:
        until = periods.period_at(terms.anchor, terms.anchor_day, line.months, window.last).end
    start, _end = _span(terms, line)
    for portion in _portions(terms, line, window.first, until):
        first = periods.period_at(terms.anchor, terms.anchor_day, line.months, start).index if line.months else 0
        yield _rate(line, portion, portion.period.index - first)


def _rate(line: Line, portion: periods.Portion, number: int) -> Slice:
    """Price one portion and take the line's own discounts off."""
    measured = line.charge_type == "usage"
    numerator, denominator = (1, 1) if measured else (portion.numerator, portion.denominator)
    quantity, events, reported = _measure(line, portion)
    rated = pricing.rate(_price_of(line, portion), quantity, events)
    share = money.prorate(rated.amount, numerator, denominator)
    gross, added = pricing.apply_minimum(share, line.price.minimum_amount, portion.numerator, portion.denominator)
    own = [one for one in line.discounts if applies(one, portion.start, number)]
    net, steps = apply_discounts(gross, own, numerator, denominator)
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
        gross=gross,
        minimum_added=added,
        net=net,
        steps=steps,
        reported=reported,
    )


def _measure(line: Line, portion: periods.Portion) -> tuple[Decimal, Decimal, bool]:
    if line.meter is None:
        return line.quantity, line.events, True
    reading = line.meter.read(portion.start, portion.end)
    return reading.quantity, reading.events, reading.reported


def _price_of(line: Line, portion: periods.Portion) -> pricing.Price:
    """Return the price of a portion: what is included in a full period shrinks with a part of one."""
    price = line.price
    if line.charge_type != "usage" or portion.numerator == portion.denominator or not price.included_quantity:
        return price
    included = money.prorate(price.included_quantity, portion.numerator, portion.denominator)
    return replace(price, included_quantity=included)


def _settle(terms: Terms, slices: list[Slice]) -> list[Slice]:
    """Take the discounts on the whole off, in their order, and round each slice."""
    for discount in sorted(terms.discounts, key=lambda one: one.sequence):
        off = _take_percent if discount.kind == "percent" else _take_amount
        slices = off(terms, discount, slices)
    return [replace(one, amount=money.round_money(one.net, terms.rounding)) for one in slices]


def _holds_on_whole(terms: Terms, discount: Discount, one: Slice) -> bool:
    """Tell whether a discount on the whole holds for a slice; its periods count from the contract's start."""
    number = 0
    if one.line.months:
        cycle = (terms.anchor, terms.anchor_day, one.line.months)
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
    end = one.period_end if terms.end is None else min(terms.end, one.period_end)
    period = periods.period_at(terms.anchor, terms.anchor_day, one.line.months, one.period_start)
    share = periods.share(period, max(terms.start, one.period_start), end, one.line.day_count)
    return money.prorate(discount.value, *share)


def _less(one: Slice, discount: Discount, off: Decimal) -> Slice:
    off = max(off, money.ZERO)
    step = DiscountStep(discount.key, discount.name, discount.kind, discount.value, one.net, off, one.net - off)
    return replace(one, net=one.net - off, steps=(*one.steps, step))
