"""Read reported usage: plain JSON objects and CloudEvents 1.0 become reports, reports become events to count.

Times are aware moments, quantities decimals in the metric's unit. Nothing is looked up here: the caller gives
the agreement and the measure that a report names. Errors: IntakeError, whose text is a sentence that says what
is wrong and what would be right. Source of the envelope: CloudEvents 1.0, JSON format, with the attributes
`id`, `time`, `type` (stands for the metric) and `subject` (stands for the contract).
"""

import json
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo.addons.kor_enterprise_tiers.engine.money import as_text, to_decimal

from .local_days import LocalDays

TOLERANCE = timedelta(minutes=5)
TEXT_LIMIT, PROPERTIES_LIMIT, DIMENSION_LIMIT = 255, 10_000, 500
DECIMALS = 30
# Whole numbers below are counted as they are, whatever is done with a batch of them.
WHOLE_LIMIT = 10**15
FIELDS = ("contract", "metric", "quantity", "properties", "value", "reverses")

_UNCLEAN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Made once: `json.dumps` would make an encoder for each event.
_ENCODE = json.JSONEncoder(allow_nan=False, ensure_ascii=False).encode
_ENCODE_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class IntakeError(ValueError):
    """Say in one sentence why an event is refused and what would be right."""


class Report(NamedTuple):
    """Hold one event as it was reported, each part checked by itself."""

    key: str
    contract: int | str
    metric: str
    time: datetime | None
    quantity: Decimal | None
    value: str | None
    properties: dict
    properties_text: str | None
    reverses: str | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """State what an event must know of its contract; it runs start <= moment < end, without end where None."""

    id: int
    name: str
    partner_id: int
    company_id: int
    start: datetime
    end: datetime | None
    days: LocalDays


@dataclass(frozen=True, slots=True)
class Measure:
    """State what an event must know of its metric."""

    id: int
    code: str
    aggregation: str
    allow_negative: bool
    dimension_keys: tuple[str, ...]


class Entry(NamedTuple):
    """Hold one event as it is counted. A reversal weighs -1 and carries the negated quantity."""

    position: int
    partner_id: int
    contract_id: int
    company_id: int
    metric_id: int
    shape: int
    weight: int
    event_key: str
    time: datetime
    day: date
    second: Decimal | int
    quantity: Decimal | int
    value: str | None
    properties: str | None
    dimension: str
    reverses: str | None


# How the days of a metric are rolled up: sums add, levels keep their highest and latest, areas also their course.
SUM, LEVEL, AREA = range(3)
SHAPES = {"sum": SUM, "unique_count": SUM, "max": LEVEL, "latest": LEVEL, "time_weighted": AREA}


def read_report(event: object, known: dict[str, str] | None = None) -> Report:
    """Return the report that a plain object or a CloudEvent holds.

    :param known: remembers the JSON of properties from one event to the next; most repeat those of others
    """
    if not isinstance(event, dict):
        raise IntakeError("This is no event: send an object with id, contract, metric, time and quantity.")
    key = _text(event, "id")
    if "specversion" in event:
        event = _open_envelope(event)
    reverses = _text(event, "reverses") if event.get("reverses") is not None else None
    needed = reverses is None
    return Report(
        key,
        _contract(event),
        _text(event, "metric") if needed or event.get("metric") is not None else "",
        _time(event.get("time")) if needed or event.get("time") is not None else None,
        read_quantity(event.get("quantity")) if event.get("quantity") is not None else None,
        _text(event, "value") if event.get("value") is not None else None,
        *read_properties(event.get("properties"), {} if known is None else known),
        reverses,
    )


def find_agreement(agreements: dict[int | str, Agreement], report: Report) -> Agreement:
    """Return the agreement that a report names."""
    if report.contract not in agreements:
        raise IntakeError(
            f"The contract “{report.contract}” is unknown: give the number of an active contract, "
            "or its id where several companies use that number."
        )
    return agreements[report.contract]


def find_measure(measures: dict[str, Measure], report: Report) -> Measure:
    """Return the measure that a report names."""
    if report.metric not in measures:
        raise IntakeError(f"The metric “{report.metric}” is unknown: use one of {', '.join(measures)}.")
    return measures[report.metric]


def place(position: int, report: Report, agreement: Agreement, measure: Measure, now: datetime) -> Entry:
    """Return what is counted of a report that names this agreement and this measure."""
    _check_time(report.time, agreement, now)
    day, second = agreement.days.place(report.time)
    return Entry(
        position,
        agreement.partner_id,
        agreement.id,
        agreement.company_id,
        measure.id,
        SHAPES[measure.aggregation],
        1,
        report.key,
        report.time.replace(tzinfo=None),
        day,
        second,
        _measured(report, measure),
        report.value if measure.aggregation == "unique_count" else None,
        report.properties_text,
        dimension_of(report.properties, measure.dimension_keys),
        None,
    )


def dimension_of(properties: dict, keys: tuple[str, ...]) -> str:
    """Return the properties that are kept apart as canonical JSON; an empty text where the metric has none."""
    if not keys:
        return ""
    kept = {key: properties[key] for key in keys if properties.get(key) is not None}
    for key, value in kept.items():
        if isinstance(value, (dict, list)):
            raise IntakeError(f"The property “{key}” is a dimension of the metric: give a text or a number.")
    text = _ENCODE_SORTED(kept)
    if len(text) > DIMENSION_LIMIT:
        raise IntakeError(f"The dimensions are too long: {', '.join(kept)} take {DIMENSION_LIMIT} characters at most.")
    return text


def _open_envelope(event: dict) -> dict:
    """Return the plain event that a CloudEvent carries."""
    if event["specversion"] != "1.0":
        raise IntakeError("The specversion of this CloudEvent is unknown: send CloudEvents 1.0.")
    data = event.get("data")
    if data is None and isinstance(event.get("data_base64"), str):
        data = _decode(event["data_base64"])
    if not isinstance(data, dict):
        raise IntakeError("The data of this CloudEvent is no object: give it contract, metric and quantity.")
    properties = data.get("properties")
    if properties is None:
        properties = {name: value for name, value in data.items() if name not in FIELDS}
    return {
        **{name: data.get(name) for name in FIELDS},
        "metric": data.get("metric", None if data.get("reverses") else event.get("type")),
        "contract": data.get("contract", event.get("subject")),
        "time": event.get("time"),
        "properties": properties,
    }


def _decode(text: str) -> object:
    try:
        return json.loads(b64decode(text, validate=True))
    except (ValueError, RecursionError):
        raise IntakeError("The data_base64 of this CloudEvent is no JSON: send the data as an object.") from None


def _text(event: dict, name: str) -> str:
    value = event.get(name)
    # What is printable contains no control character: nearly every text ends here.
    if type(value) is str and 0 < len(value) <= TEXT_LIMIT and value.isprintable() and not value.isspace():
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name in ("id", "reverses", "value"):
        value = repr(value)
    if not isinstance(value, str) or not value.strip():
        raise IntakeError(f"The {name} is missing: give it as a text.")
    if len(value) > TEXT_LIMIT:
        raise IntakeError(f"The {name} has {len(value)} characters: it may have {TEXT_LIMIT} at most.")
    if _UNCLEAN.search(value):
        raise IntakeError(f"The {name} contains control characters: use printable ones.")
    return value


def _contract(event: dict) -> int | str:
    value = event.get("contract")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _text(event, "contract")


def _time(value: object) -> datetime:
    hint = "write it as 2026-03-01T12:00:00Z"
    if not isinstance(value, str):
        raise IntakeError(f"The time is missing: {hint}.")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is None:
            raise IntakeError(f"The time “{value[:40]}” has no time zone: {hint}, or with an offset such as +01:00.")
        return moment.astimezone(UTC)
    except IntakeError:
        raise
    except (ValueError, OverflowError):
        raise IntakeError(f"“{_shown(value)}” is no time: {hint}.") from None


def read_quantity(value: object) -> Decimal:
    """Return the quantity that a plain number, or the text of one, stands for."""
    # Plain whole numbers are by far the most, and need no more than this.
    if type(value) is int and -WHOLE_LIMIT < value < WHOLE_LIMIT:
        return Decimal(value)
    try:
        number = to_decimal(value)
    except ValueError:
        raise IntakeError(
            f"The quantity “{_shown(value)}” is not a number that can be counted: write digits such as 12.5."
        ) from None
    if number.as_tuple().exponent < -DECIMALS:
        raise IntakeError(f"The quantity “{_shown(value)}” is too fine: it may have {DECIMALS} decimals.")
    return number


def read_properties(value: object, known: dict[str, str]) -> tuple[dict, str | None]:
    """Return the properties and, where there are any, their JSON."""
    if not value:
        return {}, None
    if not isinstance(value, dict):
        raise IntakeError('The properties are no object: write them as {"region": "eu"}.')
    try:
        # To name their texts and numbers with their types is cheaper than to write JSON.
        name = repr(value)
        text = known.get(name) or known.setdefault(name, _encode(value))
    except IntakeError:
        raise
    except (TypeError, ValueError, RecursionError):
        raise IntakeError("The properties are no plain JSON: use texts, numbers, lists and objects.") from None
    return value, text


def _encode(properties: dict) -> str:
    text = _ENCODE(properties)
    text.encode()
    if len(text) > PROPERTIES_LIMIT:
        raise IntakeError(f"The properties are too long: they take {PROPERTIES_LIMIT:,} characters at most.")
    if "\\u0000" in text and _NUL.search(text):
        raise IntakeError("The properties contain a null character: leave it out.")
    return text


def _check_time(moment: datetime, agreement: Agreement, now: datetime) -> None:
    if moment > now + TOLERANCE:
        raise IntakeError(f"The time {moment.isoformat()} lies in the future: report what has happened.")
    if moment < agreement.start:
        raise IntakeError(
            f"The time {moment.isoformat()} lies before contract {agreement.name}, "
            f"which starts at {agreement.start.isoformat()}."
        )
    if agreement.end and moment >= agreement.end:
        raise IntakeError(
            f"The time {moment.isoformat()} lies after contract {agreement.name}, "
            f"which ended at {agreement.end.isoformat()}."
        )


def _measured(report: Report, measure: Measure) -> Decimal:
    """Return the quantity of a report, as its metric takes it."""
    quantity = report.quantity
    if measure.aggregation == "unique_count":
        if report.value is None:
            raise IntakeError(f"Metric {measure.code} counts different values: give the value, such as a user's id.")
        quantity = Decimal(1) if quantity is None else quantity
    if quantity is None:
        raise IntakeError("The quantity is missing: give a number; 0 where nothing was used.")
    if quantity < 0 and not measure.allow_negative:
        raise IntakeError(
            f"The quantity {as_text(quantity)} is negative, which metric {measure.code} does not allow: "
            "correct an event by one that reverses it."
        )
    return quantity


def _shown(value: object) -> str:
    """Return the beginning of a value for a sentence, without what cannot be shown."""
    try:
        text = str(value)
    except (ValueError, RecursionError):
        return "…"
    return _UNCLEAN.sub("?", text if len(text) <= 40 else text[:40] + "…")
