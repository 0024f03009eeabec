"""Write rows of a dataset as a file: CSV by RFC 4180, or JSON Lines.

Files are UTF-8 without byte order mark. Days are `2026-03-01`, moments `2026-03-01T12:00:00Z` in UTC, numbers plain
decimals with a point and as many places as they were given with, truth values `true` and `false`; what is not known
is empty in CSV and `null` in JSON. Each row begins with `change`, its running number, and `operation`: `upsert`, or
`delete` for what is no longer there and of which only the key is told.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

TYPES = {
    "text": "text",
    "integer": "whole number",
    "decimal": "decimal",
    "date": "day, YYYY-MM-DD",
    "datetime": "moment in UTC, YYYY-MM-DDTHH:MM:SSZ",
    "boolean": "true or false",
}
FORMATS = ("csv", "jsonl")
# What makes a spreadsheet take a cell for a formula, also in the wide form that some of them read likewise.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Column:
    """State what a column holds: its type is one of TYPES."""

    name: str
    type: str
    help: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """State what rows of a dataset hold; its first column is the key by which a later row replaces an earlier one."""

    code: str
    name: str
    help: str
    columns: tuple[Column, ...]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Return the columns of a file, with those that tell of the change itself."""
        return CHANGE_COLUMNS + self.columns


CHANGE_COLUMNS = (
    Column("change", "integer", "Running number of the row among all rows of the dataset that were sent: no gaps."),
    Column("operation", "text", "upsert: the row is as it says. delete: the row with this key is gone."),
)


def write_file(columns: Sequence[Column], rows: Iterable[Sequence], kind: str) -> Iterator[bytes]:
    """Return the parts of a file; each row has a value for each of the columns."""
    return _write_csv(columns, rows) if kind == "csv" else _write_json_lines(columns, rows)


def as_plain(value: object, type_: str) -> str | int | bool | Decimal | None:
    """Return a value of a column as both formats write it: a text, a number, a truth value or None."""
    if value is None:
        return None
    if type_ == "datetime":
        return _as_moment(value)
    if type_ == "date":
        return value.isoformat() if isinstance(value, date) else str(value)
    if type_ == "decimal":
        return value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)
    if type_ == "integer":
        return int(value)
    return bool(value) if type_ == "boolean" else str(value)


def neutralise(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe before it where it looks like one."""
    return f"'{text}" if text.startswith(FORMULA) else text


def file_name(dataset: str, first: int, last: int, kind: str) -> str:
    """Return the name of the file with these changes: names sort as their changes do."""
    return f"{dataset}_{first:012}-{last:012}.{kind}"


def _as_moment(value: datetime) -> str:
    value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return f"{value.isoformat(timespec='seconds')}Z"


def _write_csv(columns: Sequence[Column], rows: Iterable[Sequence]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(column.name for column in columns)
    for row in rows:
        writer.writerow(_as_cell(value, column.type) for value, column in zip(row, columns, strict=True))
        if buffer.tell() > 65536:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _as_cell(value: object, type_: str) -> str | int:
    plain = as_plain(value, type_)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, Decimal):
        return format(plain, "f")
    return neutralise(plain) if type_ == "text" and plain is not None else plain


def _write_json_lines(columns: Sequence[Column], rows: Iterable[Sequence]) -> Iterator[bytes]:
    names = [json.dumps(column.name) for column in columns]
    for row in rows:
        cells = (_as_json(value, column.type) for value, column in zip(row, columns, strict=True))
        parts = ",".join(f"{name}:{cell}" for name, cell in zip(names, cells, strict=True))
        yield f"{{{parts}}}\n".encode()


def _as_json(value: object, type_: str) -> str:
    plain = as_plain(value, type_)
    # Written as it is: a float in between would lose places.
    return format(plain, "f") if isinstance(plain, Decimal) else json.dumps(plain, ensure_ascii=False)
