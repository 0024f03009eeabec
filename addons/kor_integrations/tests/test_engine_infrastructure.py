from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.infrastructure_checks import Outcome, Streak, follow, judge
from ..engine.infrastructure_readings import ReadingError, read_reading, sum_hour

NOW = datetime(2026, 3, 1, 12)
HOUR = datetime(2026, 3, 1, 10)


def _run(outcomes, failures=3, successes=2):
    """Return the turns of a row of outcomes, a minute apart, as (is down, minute) pairs."""
    streak, turns = Streak(), []
    for minute, is_good in enumerate(outcomes):
        streak, turn = follow(streak, Outcome(HOUR + timedelta(minutes=minute), is_good), failures, successes)
        if turn:
            turns.append((turn.is_down, int((turn.time - HOUR).total_seconds() // 60)))
    return turns


@tagged("post_install", "-at_install", "kor_engine")
class TestInfrastructureEngines(BaseCase):
    def test_turns_by_rows_of_outcomes(self):
        for label, outcomes, expected in (
            ("all good", "......", []),
            ("two failures are none", "..xx..", []),
            ("three in a row, from the first", "..xxx", [(True, 2)]),
            ("a success breaks the row", "xx.xx.xxx", [(True, 6)]),
            ("up again, from the first success", "xxxx..", [(True, 0), (False, 4)]),
            ("a failure breaks the recovery", "xxx.x..", [(True, 0), (False, 5)]),
            ("twice", "xxx..xxx..", [(True, 0), (False, 3), (True, 5), (False, 8)]),
        ):
            with self.subTest(label):
                self.assertEqual(_run(one == "." for one in outcomes), expected)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.booleans(), max_size=60), st.integers(1, 5), st.integers(1, 5))
    def test_turns_alternate_in_time_and_rest_on_whole_rows(self, outcomes, failures, successes):
        turns = _run(outcomes, failures, successes)
        self.assertEqual([is_down for is_down, _minute in turns], [one % 2 == 0 for one in range(len(turns))])
        minutes = [minute for _is_down, minute in turns]
        self.assertEqual(minutes, sorted(set(minutes)))
        for is_down, minute in turns:
            row = outcomes[minute : minute + (failures if is_down else successes)]
            self.assertEqual(row, [not is_down] * (failures if is_down else successes))

    def test_answers_are_judged_by_status_and_text(self):
        for label, arguments, part in (
            ("fine", (200, b"ok", 0, ""), ""),
            ("a redirect is an answer", (302, b"", 0, ""), ""),
            ("not found", (404, b"", 0, ""), "200 to 399"),
            ("as expected", (404, b"", 404, ""), ""),
            ("other than expected", (200, b"", 204, ""), "not 204"),
            ("has the text", (200, "grün".encode(), 200, "grün"), ""),
            ("lacks the text", (200, b"maintenance", 200, "healthy"), "healthy"),
            ("no text at all", (200, b"\xff\xfe", 0, "ok"), "ok"),
        ):
            with self.subTest(label):
                said = judge(*arguments)
                self.assertEqual(bool(said), bool(part))
                self.assertIn(part, said)

    def test_readings_are_read_or_refused_with_a_sentence(self):
        good = {"resource": "storage", "used": 12.5, "time": "2026-03-01T11:00:00Z"}
        self.assertEqual(read_reading(good, NOW), ("storage", datetime(2026, 3, 1, 11), Decimal("12.5")))
        self.assertEqual(read_reading({**good, "time": "2026-03-01T13:00:00+02:00"}, NOW).time.hour, 11)
        for label, reading, part in (
            ("none", None, "no reading"),
            ("a list", [good], "no reading"),
            ("another name", {**good, "usd": 1}, "has no “usd”"),
            ("no resource", {**good, "resource": None}, "resource is missing"),
            ("a truth as resource", {**good, "resource": True}, "resource is missing"),
            ("a list as number", {**good, "used": [1]}, "must be a number"),
            ("no number", {**good, "used": "many"}, "must be a number"),
            ("a truth as number", {**good, "used": True}, "must be a number"),
            ("not finite", {**good, "used": float("nan")}, "must be a number"),
            ("below zero", {**good, "used": -1}, "must be a number from 0"),
            ("too much", {**good, "used": 1e15}, "must be a number from 0"),
            ("no time", {**good, "time": 5}, "time is missing"),
            ("words as time", {**good, "time": "yesterday"}, "write it as"),
            ("to come", {**good, "time": "2026-03-01T12:06:00Z"}, "ahead"),
            ("the end of time", {**good, "time": "9999-12-31T23:59:59-14:00"}, "write it as"),
            ("long ago", {**good, "time": "2024-03-01T12:00:00Z"}, "400 days"),
        ):
            with self.subTest(label), self.assertRaisesRegex(ReadingError, part):
                read_reading(reading, NOW)

    @settings(max_examples=50, deadline=None)
    @given(
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists, max_leaves=4),
        st.sampled_from(("resource", "used", "time")),
    )
    def test_odd_values_are_read_or_refused_but_break_nothing(self, value, name):
        reading = {"resource": "storage", "used": 1, "time": "2026-03-01T11:00:00Z", name: value}
        try:
            self.assertGreaterEqual(read_reading(reading, NOW).used, 0)
        except ReadingError as error:
            self.assertTrue(str(error))

    def test_hours_by_aggregation(self):
        readings = [
            (HOUR + timedelta(minutes=45), Decimal(40)),
            (HOUR + timedelta(minutes=15), Decimal(20)),
            (HOUR + timedelta(minutes=30), Decimal(10)),
        ]
        # On average 20 for half an hour from its beginning, 10 for a quarter, 40 for a quarter.
        for aggregation, expected in (("sum", 70), ("max", 40), ("latest", 40), ("time_weighted", "22.5")):
            with self.subTest(aggregation):
                self.assertEqual(sum_hour(readings, aggregation, HOUR), Decimal(expected))
        with self.assertRaises(ValueError):
            sum_hour(readings, "unique_count", HOUR)
