"""State what was agreed, as the billing engine reads it: the contract, its lines, and the days asked for.

Units: dates in the contract's time zone, spans half-open; money as decimals in the contract's currency.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from odoo.addons.kor_contracts.engine import periods
from odoo.addons.kor_enterprise_tiers.engine import pricing
from odoo.addons.kor_enterprise_tiers.engine.discounts import Discount

DAY = timedelta(days=1)
RECURRING = ("fixed", "per_unit")


class Reading(Protocol):
    """What a meter has counted; `reported` is false where nothing was heard, which is not the same as zero.

    `touched` is true where something was heard, even if all of it was taken back since.
    """

    quantity: Decimal
    events: Decimal
    reported: bool
    touched: bool


class Meter(Protocol):
    def read(self, start: date, end: date) -> Reading:  # pylint: disable=method-required-super
        """Return the use of start <= day < end."""


@dataclass(frozen=True)
class Line:
    """A line's terms; `end` is the first day after it (None: open); `months` is 0 for what is charged once.

    With a meter, each period's quantity and events are what it reads; without one, and in periods of which
    nothing was ever heard, those of the line. A commitment counts the charges of the lines whose keys are in
    `counts`; its price is what is due at least for a full period.

    A line that goes on with another one from a day on, with other terms, has the `root` and the `origin` of the
    first: its periods are counted from there. `anchor_day` is its own where the billing day was moved. With the
    `quantity_basis` "highest", what was paid of a period is not given back, and more is due only above it. An end
    that `is_final` also holds where the contract ends earlier: a paid period that is not given back.
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
    counts: frozenset[Any] = frozenset()
    origin: date | None = None
    root: Any = None
    anchor_day: int | None = None
    quantity_basis: str = "held"
    is_final: bool = False


@dataclass(frozen=True)
class Cap:
    """The most that use may cost in a full period of so many months, before discounts and taxes."""

    amount: Decimal
    months: int


@dataclass(frozen=True)
class Terms:
    """A contract's terms; `end` is the first day after it (None: open)."""

    start: date
    end: date | None
    anchor_day: int
    rounding: Decimal
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...] = ()
    cap: Cap | None = None

    @property
    def anchor(self) -> date:
        return periods.anchor_of(self.start, self.anchor_day)

    def cycle_of(self, line: Line) -> tuple[date, int, int]:
        """Return anchor, anchor day and months of the line's periods."""
        day = line.anchor_day or self.anchor_day
        return periods.anchor_of(self.start, day), day, line.months

    def span_of(self, line: Line) -> tuple[date, date | None]:
        """Return where the line runs: never outside the contract."""
        ends = [end for end in (None if line.is_final else self.end, line.end) if end]
        return max(self.start, line.start), min(ends, default=None)

    def share_of(self, line: Line, day: date, day_count: str) -> tuple[int, int]:
        """Return the share of the line's period around a day in which the contract runs."""
        period = periods.period_at(*self.cycle_of(line), day)
        end = period.end if self.end is None else min(self.end, period.end)
        return periods.share(period, max(self.start, period.start), end, day_count)


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

    def holds(self, timing: str, billing_day: date) -> bool:
        """Tell whether what belongs to the invoice of that day is asked for."""
        last = self.last if timing == "advance" or self.last_arrears is None else self.last_arrears
        return self.first <= billing_day <= last
