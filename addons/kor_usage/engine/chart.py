"""Lay out a bar chart of days: shares of its width and height, for any renderer.

Units: values in any unit; positions and lengths in percent of the drawing, counted from its top left corner.
A day without a value has no bar, which is not the same as a bar of zero. Errors: none, an empty chart has no bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

MAX_TICKS = 5
# Steps that people count in, as parts of a power of ten.
NICE_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Bar:
    """Place the value of a day."""

    day: date
    value: Decimal
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Place a value on the vertical axis."""

    value: Decimal
    y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Place a day on the horizontal axis: the middle of its bar."""

    day: date
    x: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Hold the bars, both axes, the height of zero, and that of the limit where there is one."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    zero_y: float
    limit_y: float | None = None


def lay_out(days: Sequence[tuple[date, Decimal | None]], limit: Decimal | None = None, every: int = 7) -> Chart:
    """Return the chart of the days in order; a limit is always inside it, every so many days one is marked."""
    values = [value for _day, value in days if value is not None]
    ticks = _count_ticks(min([ZERO, *values]), max([ZERO, *values, *([limit] if limit else [])]))
    lowest, highest = ticks[0], ticks[-1]

    def place(value: Decimal) -> float:
        return round(float((highest - value) * 100 / (highest - lowest)), 3)

    slot = 100 / max(len(days), 1)

    def draw(position: int, day: date, value: Decimal) -> Bar:
        height = round(abs(place(value) - place(ZERO)), 3)
        left, width = round(position * slot + slot * 0.12, 3), round(slot * 0.76, 3)
        return Bar(day, value, left, place(max(value, ZERO)), width, height)

    return Chart(
        bars=tuple(draw(position, day, value) for position, (day, value) in enumerate(days) if value is not None),
        ticks=tuple(Tick(tick, place(tick)) for tick in ticks),
        marks=tuple(
            Mark(day, round((position + 0.5) * slot, 3))
            for position, (day, _value) in enumerate(days)
            if position % every == 0
        ),
        zero_y=place(ZERO),
        limit_y=place(limit) if limit else None,
    )


def _count_ticks(lowest: Decimal, highest: Decimal) -> list[Decimal]:
    """Return round numbers at equal distances that enclose both values."""
    span = highest - lowest or Decimal(1)
    power = Decimal(10) ** ((span / (MAX_TICKS - 1)).adjusted())
    step = next(part * power for part in NICE_STEPS if part * power * (MAX_TICKS - 1) >= span)
    first = (lowest / step).to_integral_value("ROUND_FLOOR")
    last = max((highest / step).to_integral_value("ROUND_CEILING"), first + 1)
    return [step * number for number in range(int(first), int(last) + 1)]
