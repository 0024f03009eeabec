"""Read readings: what another system has summed up of one hour becomes an entry of that hour.

Hours are whole ones in UTC; an hour belongs to the local day in which it begins, and the hour in which a contract
begins to its first day. Quantities are decimals in the metric's unit. Of the readings of one hour the highest
revision counts. Errors: IntakeError, whose text is a sentence that says what is wrong and what would be right.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import as_text

from .intake import TEXT_LIMIT, Agreement, IntakeError, Measure, Report, place, read_report

HOUR = timedelta(hours=1)
# What PostgreSQL's integer columns and XML-RPC hold.
LARGEST = 2**31 - 1


class HourReport(NamedTuple):
    """Hold one reading as it was reported, each part checked by itself."""

    report: Report
    source: str
    revision: int
    events: int


class HourEntry(NamedTuple):
    """Hold one reading as it is counted; `second` is when it takes effect, counted from midnight of `day`."""

    position: int
    partner_id: int
    contract_id: int
    company_id: int
    metric_id: int
    shape: int
    hour: datetime
    day: date
    second: Decimal
    dimension: str
    source: str
    revision: int
    quantity: Decimal
    events: int
    properties: str | None

    @property
    def key(self) -> tuple:
        """Return what all revisions of the reading have in common."""
        return self.contract_id, self.metric_id, self.hour, self.dimension, self.source


def label_of(reading: object) -> str:
    """Return what the sender knows a reading by: its contract, metric and hour."""
    parts = (reading.get(name) for name in ("contract", "metric", "hour")) if isinstance(reading, dict) else ()
    known = (part for part in parts if isinstance(part, str) or (type(part) is int and abs(part) <= LARGEST))
    return " ".join(str(part)[:TEXT_LIMIT] for part in known)


def read_hour(reading: object) -> HourReport:
    """Return the report that a plain object holds."""
    if not isinstance(reading, dict):
        raise IntakeError("This is no reading: send an object with contract, metric, hour, quantity and revision.")
    if not isinstance(reading.get("hour"), str):
        raise IntakeError("The hour is missing: write its beginning as 2026-03-01T12:00:00Z.")
    shared = {name: reading.get(name) for name in ("contract", "metric", "quantity", "properties")}
    report = read_report({**shared, "id": "reading", "time": reading["hour"]})
    moment = report.time
    if (moment.minute, moment.second, moment.microsecond) != (0, 0, 0):
        raise IntakeError(f"{moment.isoformat()} is no full hour in UTC: give the hour's beginning, with minute 00.")
    if report.quantity is None:
        raise IntakeError("The quantity is missing: give a number; 0 where nothing was used.")
    if reading.get("revision") is None:
        raise IntakeError("The revision is missing: begin with 0, and raise it whenever the hour is sent changed.")
    events = 1 if reading.get("events") is None else _whole(reading, "events")
    if not events and report.quantity:
        raise IntakeError(f"A quantity of {as_text(report.quantity)} has one event at least: leave the events out.")
    return HourReport(report, _source(reading.get("source")), _whole(reading, "revision"), events)


def place_hour(position: int, reading: HourReport, agreement: Agreement, measure: Measure, now: datetime) -> HourEntry:
    """Return what is counted of a reading that names this agreement and this measure."""
    report = reading.report
    _check_measure(report.quantity, measure)
    hour = report.time
    if hour < agreement.start < hour + HOUR:
        # Only where the contract's zone is not whole hours away from UTC.
        report = report._replace(time=agreement.start)
    entry = place(position, report, agreement, measure, now)
    return HourEntry(
        position,
        entry.partner_id,
        entry.contract_id,
        entry.company_id,
        entry.metric_id,
        entry.shape,
        hour.replace(tzinfo=None),
        entry.day,
        entry.second,
        entry.dimension,
        reading.source,
        reading.revision,
        entry.quantity,
        reading.events,
        entry.properties,
    )


def choose(entries: Iterable[HourEntry]) -> tuple[dict[tuple, HourEntry], list[HourEntry], list[HourEntry]]:
    """Return the entries that count by their keys, those that they outdate or repeat, and those that contradict."""
    chosen, others = {}, []
    for entry in entries:
        held = chosen.get(entry.key)
        if held is None or entry.revision > held.revision:
            chosen[entry.key] = entry
            others += [held] if held else []
        else:
            others.append(entry)
    repeated, contradicting = [], []
    for entry in others:
        held = chosen[entry.key]
        same = entry.revision < held.revision or (entry.quantity, entry.events) == (held.quantity, held.events)
        (repeated if same else contradicting).append(entry)
    return chosen, repeated, contradicting


def contradiction(entry: HourEntry) -> str:
    """Return why an entry is refused whose revision came with other numbers before."""
    return (
        f"Revision {entry.revision} of the hour {entry.hour.isoformat()}Z has another quantity or number of events: "
        "raise the revision to replace it."
    )


def _check_measure(quantity: Decimal, measure: Measure) -> None:
    if measure.aggregation == "unique_count":
        raise IntakeError(
            f"Metric {measure.code} counts different values, and those of two hours overlap: report its events, or "
            "a metric that adds up."
        )
    if quantity < 0 and not measure.allow_negative:
        raise IntakeError(
            f"The quantity {as_text(quantity)} is negative, which metric {measure.code} does not allow: "
            "correct an hour by a higher revision with its right quantity."
        )


def _whole(reading: dict, name: str) -> int:
    value = reading[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise IntakeError(f"The {name} must be a whole number from 0 to {LARGEST:,}.")
    return value


def _source(value: object) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not value.isprintable() or len(value) > TEXT_LIMIT:
        raise IntakeError(f"The source must be a text of up to {TEXT_LIMIT} printable characters.")
    return value
