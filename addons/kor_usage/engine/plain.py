"""Read a whole batch of plain events at once, column by column, which takes half as long as one by one.

This is for what is usual: a batch with anything else in it (a CloudEvent, a reversal, a mistake, an id that repeats)
is no plain one, and goes through `intake`. Both make the same entries of the same events.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from .intake import (
    SHAPES,
    TEXT_LIMIT,
    TOLERANCE,
    Agreement,
    Entry,
    Measure,
    dimension_of,
    read_properties,
    read_quantity,
)

NEEDED = ("id", "contract", "metric", "time", "quantity")
_ALLOWED = {*NEEDED, "properties"}
_read_needed = itemgetter(*NEEDED)


class Columns(NamedTuple):
    """Hold the parts of the events of a batch, each checked by itself."""

    keys: tuple[str, ...]
    contracts: tuple[int | str, ...]
    metrics: tuple[str, ...]
    moments: list[datetime]
    quantities: list[Decimal]
    properties: list[tuple[dict, str | None]]


class NotPlain(ValueError):
    """Say that a batch has to be read one by one."""


def read_columns(events: Collection) -> Columns | None:
    """Return the parts of plain events, or None where they are to be read one by one."""
    try:
        return _read_columns(events)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def place_columns(
    columns: Columns, agreements: dict[int | str, Agreement], measures: dict[str, Measure], now: datetime
) -> list[Entry] | None:
    """Return what is counted of plain events, or None where they are to be read one by one."""
    try:
        return _place_columns(columns, agreements, measures, now)
    except (KeyError, ValueError):
        return None


def _read_columns(events: Collection) -> Columns:
    _need(set(map(type, events)) == {dict})
    names = set().union(*events)
    _need(names <= _ALLOWED)
    keys, contracts, metrics, times, quantities = zip(*map(_read_needed, events), strict=True)
    _need_texts(keys)
    _need(set(map(type, contracts)) <= {int, str} and set(map(type, metrics)) == {str})
    known = {}
    properties = [({}, None)] * len(keys)
    if "properties" in names:
        properties = [read_properties(event.get("properties"), known) for event in events]
    return Columns(keys, contracts, metrics, _read_times(times), list(map(read_quantity, quantities)), properties)


def _need(condition: bool) -> None:
    if not condition:
        raise NotPlain


def _need_texts(texts: tuple) -> None:
    # Not a text is a TypeError.
    _need("".join(texts).isprintable() and max(map(len, texts)) <= TEXT_LIMIT)
    _need(all(texts) and not any(map(str.isspace, texts)))


def _read_times(times: tuple) -> list[datetime]:
    moments = list(map(datetime.fromisoformat, times))
    zones = {moment.tzinfo for moment in moments}
    _need(None not in zones)
    return moments if zones == {UTC} else [moment.astimezone(UTC) for moment in moments]


def _place_columns(columns: Columns, agreements: dict, measures: dict, now: datetime) -> list[Entry]:
    found, metrics = (_look_up(*pair) for pair in ((columns.contracts, agreements), (columns.metrics, measures)))
    _need(max(columns.moments) <= now + TOLERANCE)
    _need(min(columns.quantities) >= 0)
    _need(not any(measures[code].aggregation == "unique_count" for code in set(columns.metrics)))
    _need(len(set(zip((agreement.partner_id for agreement in found), columns.keys, strict=True))) == len(found))
    rows = zip(range(len(found)), found, metrics, *columns, strict=True)
    return [
        _place(position, agreement, measure, key, moment, quantity, properties)
        for position, agreement, measure, key, _contract, _metric, moment, quantity, properties in rows
    ]


def _look_up(names: tuple, objects: dict) -> list:
    return [objects[name] for name in names]


def _place(position, agreement, measure, key, moment, quantity, properties) -> Entry:
    _need(agreement.start <= moment and (agreement.end is None or moment < agreement.end))
    day, second = agreement.days.place(moment)
    values, text = properties
    return Entry(
        position,
        agreement.partner_id,
        agreement.id,
        agreement.company_id,
        measure.id,
        SHAPES[measure.aggregation],
        1,
        key,
        # Takes a fifth of what `replace` does.
        datetime.combine(moment.date(), moment.time()),
        day,
        second,
        quantity,
        None,
        text,
        dimension_of(values, measure.dimension_keys) if measure.dimension_keys else "",
        None,
    )
