"""Readings of resources, as other systems send them, and what they come to in an hour.

A reading says how much of a resource was used at a moment. Moments are naive UTC datetimes of whole seconds, numbers
are decimals in the unit of the resource. Errors: ReadingError, a sentence that says what would be right.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

HOUR = timedelta(hours=1)
KEPT_DAYS = 400
AHEAD = timedelta(minutes=5)
LARGEST = Decimal(10) ** 12
TEXT = 64


class ReadingError(ValueError):
    """Say in one sentence why a reading cannot be taken."""


class Reading(NamedTuple):
    """State how much of a resource was used at a moment; the resource is known by its code or its id."""

    resource: str | int
    time: datetime
    used: Decimal


def read_reading(reading: object, now: datetime) -> Reading:
    """Return the reading that a plain object holds: `{resource, used, time}`.

    :param now: the moment of receipt; a time may be a little ahead of it
    """
    if not isinstance(reading, dict):
        raise ReadingError("This is no reading: send an object with resource, used and time.")
    unknown = sorted(str(name)[:TEXT] for name in set(reading) - {"resource", "used", "time"})
    if unknown:
        raise ReadingError(f"A reading has no “{unknown[0]}”; it has resource, used and time.")
    return Reading(_read_resource(reading.get("resource")), _read_time(reading.get("time"), now), _read_used(reading))


def _read_resource(resource):
    if isinstance(resource, int) and not isinstance(resource, bool) and 0 < resource < 2**31:
        return resource
    if isinstance(resource, str) and resource.strip() and len(resource) <= TEXT:
        return resource.strip()
    raise ReadingError("The resource is missing: give its code, such as “storage”, or its id.")


def _read_used(reading):
    used = reading.get("used")
    if isinstance(used, bool) or not isinstance(used, int | float | str | Decimal):
        raise ReadingError("“used” must be a number such as 12.5.")
    try:
        number = Decimal(str(used))
    except InvalidOperation:
        raise ReadingError(f"“used” must be a number such as 12.5, not “{str(used)[:TEXT]}”.") from None
    if not number.is_finite() or not 0 <= number <= LARGEST:
        raise ReadingError(f"“used” must be a number from 0 to 1,000,000,000,000, not “{str(used)[:TEXT]}”.")
    return number.quantize(Decimal("0.000001"))


def _read_time(text, now):
    if not isinstance(text, str) or len(text) > TEXT:
        raise ReadingError("The time is missing: write it as 2026-03-01T12:00:00Z.")
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise ReadingError(f"The time “{text}” is none: write it as 2026-03-01T12:00:00Z.") from None
    moment = moment.replace(microsecond=0)
    if moment > now + AHEAD:
        raise ReadingError(
            f"The time {moment.isoformat()}Z lies ahead of ours ({now.isoformat()}Z): set the clock right."
        )
    if moment < now - timedelta(days=KEPT_DAYS):
        raise ReadingError(f"The time {moment.isoformat()}Z lies more than {KEPT_DAYS} days back: it is not kept.")
    return moment


def sum_hour(readings: Iterable[tuple[datetime, Decimal]], aggregation: str, hour: datetime) -> Decimal:
    """Return what the readings of an hour come to by the aggregation of a metric.

    On average over time a reading holds until the next one, the first of the hour from its beginning on. What came
    before the hour has no part in it, so that a late reading changes its own hour only.

    :param aggregation: `sum`, `max`, `latest` or `time_weighted`
    """
    readings = sorted(readings)
    values = [used for _time, used in readings]
    if aggregation == "sum":
        return sum(values, Decimal(0))
    if aggregation == "max":
        return max(values)
    if aggregation == "latest":
        return values[-1]
    if aggregation != "time_weighted":
        raise ValueError(aggregation)
    starts = [hour, *(time for time, _used in readings[1:]), hour + HOUR]
    area = sum(
        (
            used * int((after - before).total_seconds())
            for used, before, after in zip(values, starts, starts[1:], strict=False)
        ),
        Decimal(0),
    )
    return (area / 3600).quantize(Decimal("0.000001"))


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour of a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)
