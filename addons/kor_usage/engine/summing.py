"""Sum up the events of a batch by day, as the rollups take them up.

Entries are those of `intake`. Quantities are decimals in the metric's unit and are never rounded, seconds count
from local midnight, areas are quantity times seconds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, localcontext
from operator import attrgetter, itemgetter
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from .intake import AREA, Entry

# Quantities have 24 digits before the point and 30 behind it, seconds 5 and 6, a batch 10,000 of them.
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[Inexact])
_in_time = attrgetter("second", "quantity")


class Day(NamedTuple):
    """Name the day of one metric of one contract."""

    contract_id: int
    metric_id: int
    day: date
    partner_id: int
    company_id: int
    shape: int


class Addition(NamedTuple):
    """State what a batch adds to one rollup; the levels of a batch of sums are zero."""

    day: Day
    dimension: str
    total: Decimal | int
    events: int
    highest: Decimal
    latest: Decimal
    first_second: Decimal
    latest_second: Decimal
    area: Decimal
    values: Counter


# By position, as entries are tuples: half as long as by name.
_place = itemgetter(*map(Entry._fields.index, Day._fields))


def group_by_day(entries: Iterable[Entry]) -> dict[Day, list[Entry]]:
    """Return the entries of each day, the days in the order in which rollups are locked."""
    groups = defaultdict(list)
    for entry in entries:
        groups[_place(entry)].append(entry)
    return {Day(*place): groups[place] for place in sorted(groups)}


def sum_up(groups: dict[Day, list[Entry]]) -> list[Addition]:
    """Return what the entries add to the rollup of each day and to those of its dimensions."""
    with localcontext(_EXACT):
        return [
            _sum_up_series(day, dimension, series)
            for day, entries in groups.items()
            for dimension, series in _split(entries)
            if series
        ]


def _split(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return all entries together, and those of each dimension."""
    # The reversal of a level is no level: its day is counted anew.
    entries = [entry for entry in entries if not entry.shape or entry.weight > 0]
    parts = {}
    for entry in entries:
        if entry.dimension:
            parts.setdefault(entry.dimension, []).append(entry)
    return [("", entries), *sorted(parts.items())]


def _sum_up_series(day: Day, dimension: str, entries: list[Entry]) -> Addition:
    total = sum([entry.quantity for entry in entries])
    events = sum([entry.weight for entry in entries])
    levels = _read_levels(entries, day.shape) if day.shape else (ZERO,) * 5
    return Addition(day, dimension, total, events, *levels, _count_values(entries))


def _count_values(entries: list[Entry]) -> Counter:
    values = Counter()
    for entry in entries:
        if entry.value is not None:
            values[entry.value] += entry.weight
    return values


def _read_levels(entries: Sequence[Entry], shape: int) -> tuple[Decimal, ...]:
    """Return highest and latest level, first and latest second, and the area between these.

    Of several levels at the same moment the highest counts, in whatever order they come.
    """
    points = sorted(map(_in_time, entries))
    (first_second, _quantity), (latest_second, latest) = points[0], points[-1]
    highest = max(quantity for _second, quantity in points)
    area = ZERO
    if shape == AREA:
        for (second, quantity), (until, _quantity) in zip(points, points[1:], strict=False):
            area += quantity * (until - second)
    return highest, latest, first_second, latest_second, area
