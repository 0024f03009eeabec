import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.connector_schema import ConfigError, check_config, read_text, write_text
from ..engine.sync_columns import TYPES, Column, file_name, write_file
from ..engine.sync_datasets import DATASETS
from ..engine.sync_import import FileError, read_file
from ..engine.sync_schedule import DELAYS, next_run, retry_at

COLUMNS = tuple(Column(name, name, "") for name in TYPES)
ROWS = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")),
        st.none() | st.integers(-(2**31), 2**31),
        st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
        st.none() | st.dates(),
        st.none() | st.datetimes(),
        st.none() | st.booleans(),
    ),
    max_size=5,
)


@tagged("post_install", "-at_install", "kor_engine")
class TestSyncFiles(BaseCase):
    @settings(max_examples=25, deadline=None)
    @given(ROWS)
    def test_both_formats_say_the_same(self, rows):
        content = b"".join(write_file(COLUMNS, rows, "csv")).decode()
        table = list(csv.reader(io.StringIO(content, newline=""), strict=True))
        self.assertEqual(table[0], list(TYPES))
        lines = b"".join(write_file(COLUMNS, rows, "jsonl")).decode().split("\n")
        self.assertEqual(lines.pop(), "")
        parsed = [json.loads(line, parse_float=Decimal) for line in lines]
        self.assertEqual((len(table) - 1, len(parsed)), (len(rows), len(rows)))
        for (text, whole, decimal, day, moment, truth), cells, values in zip(rows, table[1:], parsed, strict=True):
            self.assertEqual(values["text"], text)
            self.assertEqual(cells[0].removeprefix("'"), (text or "").removeprefix("'"))
            self.assertNotIn(cells[0][:1], tuple("=+-@\t\r\n"))
            self.assertEqual((cells[1], values["integer"]), ("" if whole is None else str(whole), whole))
            self.assertEqual(cells[2], "" if decimal is None else format(decimal, "f"))
            self.assertEqual(values["decimal"], decimal)
            self.assertEqual(cells[3], "" if day is None else day.isoformat())
            self.assertEqual(values["datetime"] and values["datetime"][-1], moment and "Z")
            self.assertEqual((cells[5], values["boolean"]), ({None: "", True: "true", False: "false"}[truth], truth))

    def test_cells_that_spreadsheets_would_compute(self):
        for text, cell in (("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "'-5"), ("a=b", "a=b"), ('say "x"', '"say ""x"""')):
            with self.subTest(text):
                content = b"".join(write_file((Column("t", "text", ""),), [(text,)], "csv"))
                self.assertEqual(content.decode(), f"t\r\n{cell}\r\n")
        content = b"".join(write_file((Column("d", "decimal", ""),), [(Decimal("-5.10"),)], "csv"))
        self.assertEqual(content, b"d\r\n-5.10\r\n")

    def test_datasets_are_whole(self):
        for code, dataset in DATASETS.items():
            with self.subTest(code):
                names = [column.name for column in dataset.all_columns]
                self.assertEqual(len(names), len(set(names)))
                self.assertTrue(all(column.type in TYPES for column in dataset.columns))

    def test_columns_are_described_as_they_are(self):
        text = (Path(__file__).parents[1] / "README.md").read_text()
        for dataset in DATASETS.values():
            with self.subTest(dataset.code):
                section = text.partition(f"### `{dataset.code}`")[2].partition("\n#")[0]
                told = [line.split(" | ")[:2] for line in section.splitlines() if line.startswith("| `")]
                wanted = [[f"| `{column.name}`", TYPES[column.type]] for column in dataset.columns]
                self.assertEqual(told, wanted)

    def test_names_sort_as_their_changes(self):
        names = [file_name("invoices", first, first + 9, "csv") for first in (1, 10, 99_999, 100_000, 2**31)]
        self.assertEqual(names, sorted(names))


@tagged("post_install", "-at_install", "kor_engine")
class TestSyncSchedule(BaseCase):
    def test_next_run(self):
        for now, interval, hour, weekday, tz, then in (
            ("2026-11-23 06:15:00", "hourly", 0, 0, "UTC", "2026-11-23 07:00:00"),
            ("2026-11-23 06:15:00", "daily", 4, 0, "UTC", "2026-11-24 04:00:00"),
            ("2026-11-23 03:59:59", "daily", 4, 0, "UTC", "2026-11-23 04:00:00"),
            ("2026-11-23 04:00:00", "daily", 4, 0, "UTC", "2026-11-24 04:00:00"),
            ("2026-11-23 06:15:00", "weekly", 4, 0, "UTC", "2026-11-30 04:00:00"),
            ("2026-11-23 06:15:00", "weekly", 4, 2, "Europe/Berlin", "2026-11-25 03:00:00"),
            # The clocks jump from 2:00 to 3:00, and from 3:00 back to 2:00.
            ("2026-03-29 00:30:00", "daily", 2, 0, "Europe/Berlin", "2026-03-29 01:00:00"),
            ("2026-10-24 12:00:00", "daily", 2, 0, "Europe/Berlin", "2026-10-25 00:00:00"),
        ):
            with self.subTest(now=now, interval=interval, tz=tz):
                self.assertEqual(str(next_run(datetime.fromisoformat(now), interval, hour, weekday, tz)), then)

    @settings(max_examples=50, deadline=None)
    @given(
        st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
        st.sampled_from(("hourly", "daily", "weekly")),
        st.integers(0, 23),
        st.integers(0, 6),
        st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")),
    )
    def test_the_next_run_is_near_and_at_its_hour(self, now, interval, hour, weekday, tz):
        then = next_run(now, interval, hour, weekday, tz)
        most = {"hourly": timedelta(hours=1), "daily": timedelta(hours=26), "weekly": timedelta(days=7, hours=2)}
        self.assertTrue(now < then <= now + most[interval])
        local = then.replace(tzinfo=UTC).astimezone(pytz.timezone(tz))
        if interval == "weekly":
            self.assertEqual(local.weekday(), weekday)
        if interval != "hourly" and local.hour != hour:
            # Only where the clocks jump over the hour.
            before = pytz.timezone(tz).normalize(local - timedelta(hours=3))
            self.assertNotEqual(local.utcoffset(), before.utcoffset())

    def test_failures_wait_longer_and_never_longer_than_the_schedule(self):
        now = datetime(2026, 1, 1)
        regular = now + timedelta(days=1)
        waits = [retry_at(now, failures, regular) - now for failures in range(1, len(DELAYS) + 2)]
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(waits[-1], timedelta(days=1))
        self.assertEqual(retry_at(now, 3, now + timedelta(minutes=10)), now + timedelta(minutes=10))
        self.assertEqual(retry_at(now, 0, regular), regular)


@tagged("post_install", "-at_install", "kor_engine")
class TestSyncImport(BaseCase):
    def _read(self, text, name="a.csv", tz="UTC"):
        return read_file(name, ("time,metric,quantity\n" + text if name.endswith("csv") else text).encode(), tz)

    def test_times(self):
        for text, tz, hour in (
            ("2026-03-01", "UTC", "2026-03-01 00:00:00"),
            ("2026-03-01", "Europe/Berlin", "2026-02-28 23:00:00"),
            # Half an hour away from UTC: the first whole hour of the day.
            ("2026-03-01", "Asia/Kolkata", "2026-02-28 19:00:00"),
            ("2026-03-01T12:59:59Z", "Europe/Berlin", "2026-03-01 12:00:00"),
            ("2026-03-01T12:00:00+01:00", "UTC", "2026-03-01 11:00:00"),
        ):
            with self.subTest(text, tz=tz):
                (count,) = self._read(f"{text},users,1", tz=tz).counts
                self.assertEqual(str(count.hour), hour)

    def test_lines_that_cannot_be_used(self):
        for text in (
            "2026-03-01T12:00:00,users,1",
            "01.03.2026,users,1",
            "0001-01-01,users,1",
            ",users,1",
            "2026-03-01,,1",
            "2026-03-01,users,",
            "2026-03-01,users,1_000",
            "2026-03-01,users,NaN",
            "2026-03-01,users,1e99",
            "2026-03-01,users,1,2",
        ):
            with self.subTest(text):
                read = self._read(f"{text}\n2026-03-02,users,5", tz="Asia/Tokyo")
                if text.startswith("0001"):
                    self.assertLessEqual(len(read.problems), 1)
                    continue
                self.assertEqual([line for line, _problem in read.problems], [2])
                self.assertEqual([count.quantity for count in read.counts], [5])

    def test_of_one_hour_the_latest_line_counts_and_a_contradiction_is_told(self):
        read = self._read("2026-03-01T12:40:00Z,users,2\n2026-03-01T12:10:00Z,users,1\n2026-03-01T12:40:00Z,users,3")
        self.assertEqual([count.quantity for count in read.counts], [2])
        self.assertEqual(read.problems, [(4, "Line 2 gives another quantity for the same metric and time.")])

    def test_files_that_cannot_be_used(self):
        for content in (b"", b"\xff\xfe", b"a,b\n", b'time,metric,quantity\n"open', b"\x00\n"):
            with self.subTest(content), self.assertRaises(FileError):
                read_file("a.csv", content, "UTC")

    @settings(max_examples=50, deadline=None)
    @given(st.binary(max_size=200), st.sampled_from(("a.csv", "a.jsonl")))
    def test_whatever_is_in_a_file_is_read_or_refused_with_a_sentence(self, content, name):
        try:
            read = read_file(name, content, "UTC")
        except FileError as error:
            self.assertTrue(str(error).endswith("."))
        else:
            self.assertLessEqual(len(read.problems) + len(read.counts), read.lines)

    def test_json_lines_keep_digits(self):
        line = '{"time": "2026-03-01", "metric": "Users", "quantity": 0.10000000000000000001}'
        (count,) = self._read(line, "a.JSONL").counts
        self.assertEqual(count.quantity, Decimal("0.10000000000000000001"))
        self.assertEqual(count.moment.date(), date(2026, 3, 1))


SCHEMA = {
    "url": {"type": "string", "title": "Address", "required": True, "max_length": 20, "example": "https://x"},
    "hours": {"type": "integer", "title": "Hours", "default": 2, "minimum": 1, "maximum": 9},
    "deep": {"type": "boolean", "title": "Deep"},
    "names": {"type": "map", "title": "Names", "example": "a = b"},
    "key": {"type": "string", "title": "Key", "secret": True, "required": True},
}


@tagged("post_install", "-at_install", "kor_engine")
class TestConnectorSchema(BaseCase):
    def test_configurations(self):
        good = {"url": "https://x", "key": "k"}
        self.assertEqual(check_config(SCHEMA, good), {**good, "hours": 2})
        self.assertEqual(check_config(SCHEMA, {"url": "x"}, ("key",)), {"url": "x", "hours": 2})
        for change, words in (
            ({"url": ""}, "“Address” is missing: for example https://x."),
            ({"url": 5}, "text of up to 20"),
            ({"url": "x" * 21}, "text of up to 20"),
            ({"key": None}, "“Key” is missing."),
            ({"hours": "2"}, "from 1 to 9"),
            ({"hours": 10}, "from 1 to 9"),
            ({"hours": True}, "from 1 to 9"),
            ({"deep": "yes"}, "true or false"),
            ({"names": "a = b"}, "an object"),
            ({"names": {"a": 5}}, "no text for “a”"),
            ({"colour": "red"}, "There is no setting “colour”"),
        ):
            with self.subTest(change), self.assertRaisesRegex(ConfigError, words):
                check_config(SCHEMA, {**good, **change})
        with self.assertRaises(ConfigError):
            check_config(SCHEMA, [])

    def test_texts_and_back(self):
        for name, value in (("names", {"a": "b = c", "d": "e"}), ("hours", 5), ("deep", False), ("url", "x")):
            with self.subTest(name):
                self.assertEqual(read_text(SCHEMA[name], write_text(SCHEMA[name], value)), value)
        for name, text in (("hours", "two"), ("deep", "maybe"), ("names", "a"), ("names", "a = b\na = c")):
            with self.subTest(text), self.assertRaises(ConfigError):
                read_text(SCHEMA[name], text)
