"""Choose the use that a price is for, by the properties by which its metric keeps use apart.

A filter is written as `region=eu, model=large`; a dimension is the canonical JSON of an event's properties.
Values are compared as texts, as people write them: 1, true and eu. Errors: DimensionError with a sentence.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from .metering import Meter, Reading


class DimensionError(ValueError):
    """Say in one sentence what is wrong with a filter and what would be right."""


@dataclass(frozen=True, slots=True)
class Combined:
    """Add up meters of one metric: each combination of properties is measured by itself."""

    parts: tuple[Meter, ...]

    def read(self, start: date, end: date) -> Reading:  # pylint: disable=method-required-super
        """Return the reading of start <= day < end."""
        readings = [part.read(start, end) for part in self.parts]
        return Reading(
            sum((one.quantity for one in readings), ZERO),
            sum((one.events for one in readings), ZERO),
            any(one.reported for one in readings),
            any(one.touched for one in readings),
        )


def parse_filter(text: str, known: Iterable[str]) -> dict[str, str]:
    """Return the properties that a filter asks for; all of them must be known to the metric."""
    names, found = list(known), {}
    for part in filter(None, (part.strip() for part in (text or "").split(","))):
        name, separator, value = (piece.strip() for piece in part.partition("="))
        if not separator or not name or not value:
            raise DimensionError(f"“{part}” is no property with its value: write it as region=eu, model=large.")
        if name not in names:
            listed = ", ".join(names) or "none"
            raise DimensionError(f"The metric does not keep use apart by “{name}”; its dimensions are: {listed}.")
        found[name] = value
    if not found:
        raise DimensionError("The properties are missing: write them as region=eu, model=large.")
    return found


def matches(wanted: Mapping[str, str], dimension: str) -> bool:
    """Tell whether use with this dimension has all the properties that are asked for."""
    properties = json.loads(dimension or "{}")
    return all(name in properties and _as_text(properties[name]) == value for name, value in wanted.items())


def describe(dimension: str) -> str:
    """Return a dimension as people read it, such as region: eu, model: large; empty where no property is named."""
    return ", ".join(f"{name}: {_as_text(value)}" for name, value in json.loads(dimension or "{}").items())


def choose(dimensions: Iterable[str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return the dimensions that a filter asks for."""
    return tuple(one for one in dimensions if matches(wanted, one))


def rest(dimensions: Iterable[str], named: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the dimensions that none of the filters asks for."""
    filters = list(named)
    return tuple(one for one in dimensions if not any(matches(wanted, one) for wanted in filters))


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
