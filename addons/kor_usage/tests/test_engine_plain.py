from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.intake import Agreement, IntakeError, Measure, place, read_report
from ..engine.local_days import LocalDays
from ..engine.plain import place_columns, read_columns

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAYS = LocalDays("Europe/Madrid")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
AGREEMENTS = {"C1": Agreement(1, "C1", 11, 1, START, None, DAYS), "C2": Agreement(2, "C2", 11, 1, START, END, DAYS)}
MEASURES = {
    "calls": Measure(1, "calls", "sum", False, ()),
    "levels": Measure(2, "levels", "time_weighted", False, ("region",)),
    "users": Measure(3, "users", "unique_count", False, ()),
    "returns": Measure(4, "returns", "sum", True, ()),
}
PLAIN = {"id": "e1", "contract": "C1", "metric": "calls", "time": "2026-03-10T12:00:00Z", "quantity": 1}
TIMES = ("2026-03-10T12:00:00Z", "2026-03-29T01:30:00.25+02:00", "2026-05-31T23:59:59+00:00", "2026-06-15T12:04:00Z")
ODD = st.sampled_from((None, True, -1, 7, 2.5, float("nan"), "", " ", "a\x00", "x" * 256, "many", [], {"a": [1]}))
EVENT = st.fixed_dictionaries(
    {
        "id": st.text(min_size=1, max_size=3) | st.integers(0, 50).map(str) | ODD,
        "contract": st.sampled_from(tuple(AGREEMENTS)) | ODD,
        "metric": st.sampled_from(("calls", "calls", "levels", *MEASURES)) | ODD,
        "time": st.sampled_from((*TIMES, "2026-03-10", "2025-12-31T00:00:00Z", "2026-06-16T00:00:00Z")) | ODD,
        "quantity": st.integers(-1, 9) | st.decimals(0, 9, places=3).map(str) | st.floats(0, 9) | ODD,
    },
    optional={
        "properties": st.sampled_from(({"region": "eu"}, {"region": 1}, {"region": True}, {"x": "\x00"})) | ODD,
        "value": st.just("ann"),
        "reverses": st.just("e1"),
        "specversion": st.just("1.0"),
    },
)
USUAL = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "contract": st.sampled_from(tuple(AGREEMENTS)),
        "metric": st.sampled_from(("calls", "levels")),
        "time": st.sampled_from(TIMES[:2]),
        "quantity": st.integers(0, 9) | st.decimals(0, 9, places=3).map(str),
    },
    optional={"properties": st.sampled_from(({"region": "eu"}, {"region": 1}, {"region": True, "x": [None]}, {}))},
)


def read_at_once(events):
    columns = read_columns(events)
    return columns and place_columns(columns, AGREEMENTS, MEASURES, NOW)


def read_one_by_one(events):
    """Return the entries of the events, or None where one of them is refused."""
    try:
        reports = [read_report(event) for event in events]
        return [
            place(position, report, AGREEMENTS[report.contract], MEASURES[report.metric], NOW)
            for position, report in enumerate(reports)
        ]
    except (IntakeError, KeyError):
        return None


@tagged("post_install", "-at_install", "kor_engine")
class TestPlain(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(st.lists(USUAL, min_size=1, max_size=6, unique_by=lambda event: event["id"]))
    def test_usual_batches_are_read_at_once_to_the_same_entries(self, events):
        found = read_at_once(events)
        self.assertIsNotNone(found)
        self.assertEqual(found, read_one_by_one(events))

    @settings(max_examples=500, deadline=None)
    @given(st.lists(EVENT, min_size=1, max_size=3))
    def test_whatever_is_read_at_once_has_the_same_entries_one_by_one(self, events):
        found = read_at_once(events)
        if found is not None:
            self.assertEqual(found, read_one_by_one(events))

    def test_one_unusual_event_lets_the_batch_be_read_one_by_one(self):
        for label, event in (
            ("no object", 5),
            ("CloudEvent", {**PLAIN, "specversion": "1.0"}),
            ("reversal", {**PLAIN, "reverses": "e1"}),
            ("value", {**PLAIN, "value": "ann"}),
            ("id as a number", {**PLAIN, "id": 7}),
            ("same id", {**PLAIN, "id": "first"}),
            ("no time", {name: value for name, value in PLAIN.items() if name != "time"}),
            ("no zone", {**PLAIN, "time": "2026-03-10T12:00:00"}),
            ("future", {**PLAIN, "time": "2026-06-15T12:05:01Z"}),
            ("before the contract", {**PLAIN, "time": "2025-12-31T00:00:00Z"}),
            ("after the contract", {**PLAIN, "contract": "C2", "time": "2026-06-01T00:00:00Z"}),
            ("unknown contract", {**PLAIN, "contract": "C3"}),
            ("unknown metric", {**PLAIN, "metric": "tests"}),
            ("different values", {**PLAIN, "metric": "users"}),
            ("negative", {**PLAIN, "metric": "returns", "quantity": -1}),
            ("control character", {**PLAIN, "id": "a\x1f"}),
            ("bad properties", {**PLAIN, "properties": [1]}),
            ("bad dimension", {**PLAIN, "metric": "levels", "properties": {"region": ["eu"]}}),
        ):
            with self.subTest(label):
                self.assertIsNone(read_at_once([{**PLAIN, "id": "first"}, event]))
        self.assertEqual(len(read_at_once([{**PLAIN, "id": "first"}, PLAIN])), 2)
        self.assertIsNone(read_columns([]))
