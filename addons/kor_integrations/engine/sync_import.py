"""Read counts of users and components from files of customers: CSV with a header, or JSON Lines.

Each line names a time, a metric and a quantity. A day means its beginning in the contract's time zone, a moment the
hour in which it lies; hours are whole ones in UTC, as readings are. Lines that cannot be used are told with their
number in the file, and the others count. Of several lines of one metric and hour the one with the latest time does.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

import pytz

METRICS = ("users", "components")
NAMES = ("time", "metric", "quantity")
LINES = 100_000
LARGEST = Decimal(10) ** 15
EXAMPLE = "2026-03-01 or 2026-03-01T12:00:00Z"
RESULT_HEADER = ("line", "problem")


class FileError(ValueError):
    """Say in one sentence why a file cannot be used at all."""


@dataclass(frozen=True, slots=True)
class Count:
    """Hold one usable line: `hour` is naive and in UTC, `moment` what it was written for."""

    line: int
    metric: str
    hour: datetime
    moment: datetime
    quantity: Decimal


@dataclass(slots=True)
class Read:
    """What a file comes to: by metric and hour what counts, and line by line what does not."""

    counts: list[Count] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    lines: int = 0


def read_file(name: str, content: bytes, tz: str) -> Read:
    """Return what a file of this name holds; raise FileError where it is none that can be read."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError("The file is not UTF-8: save it in this encoding.") from None
    read = Read()
    chosen = {}
    zone = pytz.timezone(tz or "UTC")
    for line, values, problem in _read_lines(name, text):
        read.lines += 1
        if read.lines > LINES:
            raise FileError(f"The file has more than {LINES:,} lines: split it.")
        try:
            if problem:
                raise ValueError(problem)
            _choose(chosen, _read_count(line, values, zone))
        except ValueError as error:
            read.problems.append((line, str(error)))
    read.counts = sorted(chosen.values(), key=lambda count: count.line)
    return read


def write_result(problems: Iterable[tuple[int, str]]) -> bytes:
    """Return the file that tells line by line what could not be used."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(RESULT_HEADER)
    writer.writerows(problems)
    return buffer.getvalue().encode()


def _read_lines(name: str, text: str) -> Iterator[tuple[int, dict, str]]:
    return _read_json_lines(text) if name.lower().endswith(".jsonl") else _read_csv(text)


def _read_json_lines(text: str) -> Iterator[tuple[int, dict, str]]:
    for line, one in enumerate(text.split("\n"), 1):
        if not one.strip():
            continue
        try:
            values = json.loads(one, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            values = None
        good = isinstance(values, dict)
        yield line, values if good else {}, "" if good else "The line is no JSON object."


def _read_csv(text: str) -> Iterator[tuple[int, dict, str]]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        missing = [name for name in NAMES if name not in header]
        if missing:
            raise FileError(f"The header has no {', '.join(missing)}: the first line must be “{','.join(NAMES)}”.")
        for row in rows:
            if any(cell.strip() for cell in row):
                same = len(row) == len(header)
                problem = "" if same else f"The line has {len(row)} cells, the header {len(header)}."
                yield rows.line_num, dict(zip(header, row, strict=False)), problem
    except csv.Error as error:
        raise FileError(f"The file is no CSV from line {rows.line_num} on: {error}.") from None


def _choose(chosen: dict, count: Count) -> None:
    """Keep the line with the latest time of its hour; of equal times they must say the same."""
    held = chosen.get((count.metric, count.hour))
    if held and held.moment == count.moment and held.quantity != count.quantity:
        raise ValueError(f"Line {held.line} gives another quantity for the same metric and time.")
    if not held or count.moment > held.moment:
        chosen[count.metric, count.hour] = count


def _read_count(line: int, values: dict, zone: pytz.BaseTzInfo) -> Count:
    metric = values.get("metric")
    metric = metric.strip().lower() if isinstance(metric, str) else ""
    if metric not in METRICS:
        raise ValueError(f"The metric must be one of: {', '.join(METRICS)}.")
    moment, hour = _read_time(values.get("time"), zone)
    return Count(line, metric, hour, moment, _read_quantity(values.get("quantity")))


def _read_quantity(value: object) -> Decimal:
    try:
        quantity = Decimal(value.strip()) if isinstance(value, str) and "_" not in value else None
    except InvalidOperation:
        quantity = None
    if quantity is None or not quantity.is_finite():
        raise ValueError("The quantity must be a number with digits and a point, such as 120.")
    if not 0 <= quantity <= LARGEST:
        raise ValueError("The quantity must be from 0 to 10^15.")
    return quantity


def _read_time(value: object, zone: pytz.BaseTzInfo) -> tuple[datetime, datetime]:
    """Return the moment that is meant and the hour that it counts for, both naive and in UTC."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        if len(text) == 10:
            moment = _begin(date.fromisoformat(text), zone)
            # Where the zone is not whole hours away from UTC, the day's first hour begins some minutes later.
            whole = moment.replace(minute=0, second=0)
            return moment, whole if whole == moment else whole + timedelta(hours=1)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(f"The time must be written as {EXAMPLE}.") from None
    return moment, moment.replace(minute=0, second=0, microsecond=0)


def _begin(day: date, zone: pytz.BaseTzInfo) -> datetime:
    wall = datetime(day.year, day.month, day.day)
    # In summer time where there are two midnights, and where there is none as long after the day before.
    local = zone.normalize(zone.localize(wall, is_dst=True))
    return local.astimezone(UTC).replace(tzinfo=None)
