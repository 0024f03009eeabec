"""Read the quantity of a period from the daily rollups of one metric of one contract.

Units: days are calendar dates in the contract's time zone, a period is half-open (start <= day < end); every
day counts 86,400 seconds, `first_second` and `latest_second` count from its midnight. Quantities are decimals
in the metric's unit and are never rounded. Errors: MeteringError with a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, exact

AGGREGATIONS = ("sum", "max", "latest", "unique_count", "time_weighted")
DAY_SECONDS = 86400


class MeteringError(ValueError):
    """Say in one sentence what is wrong with the reading and what would be right."""


@dataclass(frozen=True, slots=True)
class Day:
    """Sum up the events of one metric of one contract on one day.

    `area` is value times seconds between the first and the latest event of the day. A day whose events were
    all reversed has no events, and nothing else of it counts. `readings` are hours that came summed up already.
    """

    day: date
    total: Decimal
    events: int
    highest: Decimal
    latest: Decimal
    first_second: Decimal
    latest_second: Decimal
    area: Decimal
    values: frozenset[str] = field(default=frozenset())
    readings: int = 0

    @property
    def is_reported(self) -> bool:
        """Tell whether something was reported of the day; a reading of an hour without events reports zero."""
        return self.events > 0 or self.readings > 0


@dataclass(frozen=True, slots=True)
class Reading:
    """State the quantity of a period, the number of its events, and whether anything was reported at all.

    `touched` is true also where all that was reported has been taken back.
    """

    quantity: Decimal
    events: Decimal
    reported: bool
    touched: bool


@dataclass(frozen=True, slots=True)
class Meter:
    """Hold the days of one metric of one contract in order; `opening` is the level held before the first."""

    aggregation: str
    days: tuple[Day, ...]
    opening: Decimal | None = None

    def read(self, start: date, end: date) -> Reading:  # pylint: disable=method-required-super
        """Return the reading of start <= day < end.

        A level (latest, time_weighted) holds until the next event, so that it carries into later periods.
        """
        if end <= start:
            raise MeteringError(f"The period from {start} to {end} has no day; its end must lie after {start}.")
        if self.aggregation not in AGGREGATIONS:
            raise MeteringError(f"“{self.aggregation}” is no aggregation; use one of: {', '.join(AGGREGATIONS)}.")
        days = [day for day in self._counted() if start <= day.day < end]
        with exact():
            quantity = getattr(self, f"_read_{self.aggregation}")(days, start, end)
        carried = self.aggregation in ("latest", "time_weighted") and self._level_before(start) is not None
        reported = bool(days) or carried
        touched = reported or any(start <= day.day < end for day in self.days)
        return Reading(quantity, Decimal(sum(day.events for day in days)), reported, touched)

    def _counted(self) -> Iterator[Day]:
        """Yield the days on which something counts."""
        return (day for day in self.days if day.is_reported)

    def _level_before(self, start: date) -> Decimal | None:
        level = self.opening
        for day in self._counted():
            if day.day >= start:
                break
            level = day.latest
        return level

    def _read_sum(self, days: list[Day], start: date, end: date) -> Decimal:
        return sum((day.total for day in days), ZERO)

    def _read_max(self, days: list[Day], start: date, end: date) -> Decimal:
        return max((day.highest for day in days), default=ZERO)

    def _read_latest(self, days: list[Day], start: date, end: date) -> Decimal:
        return days[-1].latest if days else self._level_before(start) or ZERO

    def _read_unique_count(self, days: list[Day], start: date, end: date) -> Decimal:
        return Decimal(len(frozenset().union(*(day.values for day in days))))

    def _read_time_weighted(self, days: list[Day], start: date, end: date) -> Decimal:
        """Average the step function of the levels over the seconds of the period."""
        level, reached, area = self._level_before(start) or ZERO, ZERO, ZERO
        for day in days:
            midnight = (day.day - start).days * DAY_SECONDS
            area += level * (midnight + day.first_second - reached) + day.area
            level, reached = day.latest, midnight + day.latest_second
        whole = Decimal((end - start).days * DAY_SECONDS)
        return (area + level * (whole - reached)) / whole
