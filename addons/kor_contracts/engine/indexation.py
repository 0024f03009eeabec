"""Say by how many percent prices follow an index at a renewal, within a floor and a cap.

Units: months are the first day of the month; percents are decimals (3.2 is 3.2 %), rounded to hundredths with
ties away from zero, so that what is printed is what is billed.
Errors: IndexationError, whose text is a sentence that says what is missing and what would be right.
Source: the usual indexation clause – value of the latest month published before the day, divided by the value of
twelve months earlier (or of the month that was agreed as base), less 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.addons.kor_enterprise_tiers.engine.money import HUNDRED, ZERO, as_number, exact, round_money

HUNDREDTH = Decimal("0.01")


class IndexationError(ValueError):
    """Say in one sentence what the index lacks and what would be right."""


@dataclass(frozen=True, slots=True)
class IndexValue:
    """Hold the value of a month and the day on which it was published."""

    month: date
    value: Decimal
    published: date


@dataclass(frozen=True, slots=True)
class IndexChange:
    """Describe the change from the base month to the latest one in percent, rounded to hundredths."""

    base: IndexValue
    latest: IndexValue
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Uplift:
    """Describe what is agreed of a change: `bound` names what holds it, `floor` or `cap`, empty where nothing does."""

    percent: Decimal
    change: Decimal
    floor: Decimal | None
    cap: Decimal | None
    bound: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON with numbers; None where there is no floor or cap."""
        names = ("percent", "change", "floor", "cap")
        numbers = {name: None if (value := getattr(self, name)) is None else as_number(value) for name in names}
        return {**numbers, "bound": self.bound}


def index_change(values: Iterable[IndexValue], day: date, base_month: date | None = None) -> IndexChange:
    """Return the change up to the latest month that was published before the day.

    The base is `base_month`, or else the month a year before the latest one.
    """
    known = {one.month: one for one in values if one.published < day}
    if not known:
        raise IndexationError(f"Nothing of the index was published before {day}; enter its values.")
    latest = known[max(known)]
    month = base_month or latest.month.replace(year=latest.month.year - 1)
    base = known.get(month.replace(day=1))
    if base is None:
        raise IndexationError(f"The index has no value for {month:%Y-%m}, from which the change is counted; enter it.")
    if base.value <= ZERO or latest.value <= ZERO:
        raise IndexationError("A value of the index is not above 0; correct it.")
    with exact():
        percent = round_money((latest.value / base.value - 1) * HUNDRED, HUNDREDTH)
    return IndexChange(base, latest, percent)


def limit(change: Decimal, floor: Decimal | None = None, cap: Decimal | None = None) -> Uplift:
    """Return min(max(change, floor), cap) in percent; None is no floor, or no cap."""
    if floor is not None and cap is not None and floor > cap:
        raise IndexationError(f"The floor of {floor} % lies above the cap of {cap} %; it must be {cap} % or less.")
    percent, bound = change, ""
    if floor is not None and percent < floor:
        percent, bound = floor, "floor"
    if cap is not None and percent > cap:
        percent, bound = cap, "cap"
    return Uplift(percent, change, floor, cap, bound)
