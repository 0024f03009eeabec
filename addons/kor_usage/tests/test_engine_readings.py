from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.intake import Agreement, IntakeError, Measure
from ..engine.local_days import LocalDays
from ..engine.readings import choose, label_of, place_hour, read_hour

GOOD = {"contract": "C1", "metric": "calls", "hour": "2026-03-01T12:00:00Z", "quantity": 5, "revision": 0}
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def make_agreement(tz="Europe/Madrid", start=(2026, 1, 1)):
    days = LocalDays(tz)
    return Agreement(1, "C1", 2, 3, days.midnight(datetime(*start).date()), None, days)


def make_measure(aggregation="sum", allow_negative=False, keys=()):
    return Measure(4, "calls", aggregation, allow_negative, keys)


BAD = (
    ("no hour", {"hour": None}, "hour is missing"),
    ("hour as a number", {"hour": 12}, "hour is missing"),
    ("no zone", {"hour": "2026-03-01T12:00:00"}, "no time zone"),
    ("a word", {"hour": "noon"}, "is no time"),
    ("minutes", {"hour": "2026-03-01T12:30:00Z"}, "no full hour"),
    ("seconds", {"hour": "2026-03-01T12:00:01Z"}, "no full hour"),
    ("microseconds", {"hour": "2026-03-01T12:00:00.000001Z"}, "no full hour"),
    ("full hour of India only", {"hour": "2026-03-01T12:00:00+05:30"}, "no full hour in UTC"),
    ("no quantity", {"quantity": None}, "quantity is missing"),
    ("a word as quantity", {"quantity": "many"}, "not a number"),
    ("no revision", {"revision": None}, "revision is missing"),
    ("negative revision", {"revision": -1}, "whole number from 0"),
    ("revision as text", {"revision": "1"}, "whole number from 0"),
    ("true as revision", {"revision": True}, "whole number from 0"),
    ("huge revision", {"revision": 2**31}, "whole number from 0"),
    ("negative events", {"events": -1}, "whole number from 0"),
    ("part of an event", {"events": 1.5}, "whole number from 0"),
    ("quantity without events", {"events": 0}, "one event at least"),
    ("source as a number", {"source": 5}, "source must be a text"),
    ("control character in the source", {"source": "a\x00"}, "source must be a text"),
    ("half a surrogate in the source", {"source": "a\ud800"}, "source must be a text"),
    ("long source", {"source": "x" * 256}, "source must be a text"),
    ("properties as a list", {"properties": [1]}, "no object"),
    ("no contract", {"contract": None}, "contract is missing"),
    ("no metric", {"metric": ""}, "metric is missing"),
)


@tagged("post_install", "-at_install", "kor_engine")
class TestReadingsEngine(BaseCase):
    def test_bad_readings_are_refused_with_a_sentence(self):
        for label, values, part in BAD:
            with self.subTest(label), self.assertRaisesRegex(IntakeError, part):
                read_hour({**GOOD, **values})
        with self.assertRaisesRegex(IntakeError, "no reading"):
            read_hour("reading")

    def test_hour_is_one_moment_however_it_is_written(self):
        for hour in ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T17:30:00+05:30"):
            with self.subTest(hour):
                self.assertEqual(read_hour({**GOOD, "hour": hour}).report.time, datetime(2026, 3, 1, 12, tzinfo=UTC))

    def test_events_default_to_one_and_may_be_none_of_nothing(self):
        self.assertEqual(read_hour(GOOD).events, 1)
        self.assertEqual(read_hour({**GOOD, "quantity": 0}).events, 1)
        self.assertEqual(read_hour({**GOOD, "quantity": 0, "events": 0}).events, 0)

    def test_metric_decides_what_it_takes(self):
        reading = read_hour({**GOOD, "quantity": -1})
        with self.assertRaisesRegex(IntakeError, "higher revision"):
            place_hour(0, reading, make_agreement(), make_measure(), NOW)
        entry = place_hour(0, reading, make_agreement(), make_measure(allow_negative=True), NOW)
        self.assertEqual(entry.quantity, Decimal(-1))
        with self.assertRaisesRegex(IntakeError, "overlap"):
            place_hour(0, read_hour(GOOD), make_agreement(), make_measure("unique_count"), NOW)

    def test_hour_belongs_to_the_local_day_in_which_it_begins(self):
        for tz, hour, day, second in (
            ("Europe/Madrid", "2026-02-28T23:00:00Z", "2026-03-01", 0),
            ("Europe/Madrid", "2026-02-28T22:00:00Z", "2026-02-28", 23 * 3600),
            ("Asia/Kolkata", "2026-02-28T18:00:00Z", "2026-02-28", 23.5 * 3600),
            ("Asia/Kolkata", "2026-02-28T19:00:00Z", "2026-03-01", 1800),
            ("Asia/Kathmandu", "2026-02-28T18:00:00Z", "2026-02-28", 23.75 * 3600),
        ):
            with self.subTest(tz=tz, hour=hour):
                entry = place_hour(0, read_hour({**GOOD, "hour": hour}), make_agreement(tz), make_measure(), NOW)
                self.assertEqual((str(entry.day), entry.second), (day, second))

    def test_hour_in_which_the_contract_begins_belongs_to_its_first_day(self):
        agreement = make_agreement("Asia/Kolkata")
        reading = read_hour({**GOOD, "hour": "2025-12-31T18:00:00Z"})
        entry = place_hour(0, reading, agreement, make_measure(), NOW)
        self.assertEqual((str(entry.day), entry.second, entry.hour.hour), ("2026-01-01", 0, 18))
        for tz, hour in (("Asia/Kolkata", "2025-12-31T17:00:00Z"), ("Europe/Madrid", "2025-12-31T22:00:00Z")):
            with self.subTest(tz), self.assertRaisesRegex(IntakeError, "before contract"):
                place_hour(0, read_hour({**GOOD, "hour": hour}), make_agreement(tz), make_measure(), NOW)

    def test_running_hour_may_be_reported_and_none_to_come(self):
        now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
        self.assertTrue(place_hour(0, read_hour(GOOD), make_agreement(), make_measure(), now))
        with self.assertRaisesRegex(IntakeError, "future"):
            later = read_hour({**GOOD, "hour": "2026-03-01T13:00:00Z"})
            place_hour(0, later, make_agreement(), make_measure(), now)

    def _make_entries(self, *pairs):
        return [
            place_hour(number, read_hour({**GOOD, "revision": revision, "quantity": quantity}), make_agreement(),
                       make_measure(), NOW)
            for number, (revision, quantity) in enumerate(pairs)
        ]  # fmt: skip

    def test_highest_revision_is_chosen_and_the_others_are_told(self):
        chosen, repeated, contradicting = choose(self._make_entries((1, 5), (2, 6), (2, 6), (2, 7), (0, 9)))
        self.assertEqual([entry.position for entry in chosen.values()], [1])
        self.assertEqual(sorted(entry.position for entry in repeated), [0, 2, 4])
        self.assertEqual([entry.position for entry in contradicting], [3])

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=12))
    def test_every_entry_is_chosen_repeated_or_contradicting(self, pairs):
        entries = self._make_entries(*pairs)
        chosen, repeated, contradicting = choose(entries)
        positions = [entry.position for entry in [*chosen.values(), *repeated, *contradicting]]
        self.assertEqual(sorted(positions), list(range(len(entries))))
        for entry in chosen.values():
            self.assertEqual(entry.revision, max(revision for revision, _quantity in pairs))

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
    def test_any_value_in_any_place_is_read_or_refused(self, value):
        for name in GOOD.keys() | {"events", "source", "properties"}:
            reading = {**GOOD, name: value}
            self.assertIsInstance(label_of(reading), str)
            try:
                read_hour(reading)
            except IntakeError as error:
                self.assertTrue(str(error))
