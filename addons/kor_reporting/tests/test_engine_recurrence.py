from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.recurrence import latest_due, next_due

DAYS = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRecurrence(BaseCase):
    def test_next_due(self):
        for frequency, weekday, month_day, after, due in (
            ("weekly", 0, 1, "2026-11-23", "2026-11-30"),  # a Monday, after itself
            ("weekly", 0, 1, "2026-11-22", "2026-11-23"),
            ("weekly", 6, 1, "2026-11-23", "2026-11-29"),
            ("monthly", 0, 5, "2026-11-04", "2026-11-05"),
            ("monthly", 0, 5, "2026-11-05", "2026-12-05"),
            ("monthly", 0, 31, "2026-01-31", "2026-02-28"),
            ("monthly", 0, 31, "2026-02-28", "2026-03-31"),
            ("monthly", 0, 31, "2028-02-01", "2028-02-29"),
            ("monthly", 0, 1, "2026-12-31", "2027-01-01"),
            ("monthly", 0, 30, "2027-01-30", "2027-02-28"),
        ):
            with self.subTest(frequency=frequency, day=weekday or month_day, after=after):
                found = next_due(frequency, weekday, month_day, date.fromisoformat(after))
                self.assertEqual(str(found), due)

    @settings(max_examples=50, deadline=None)
    @given(st.sampled_from(["weekly", "monthly"]), st.integers(0, 6), st.integers(1, 31), DAYS)
    def test_no_due_date_is_left_out(self, frequency, weekday, month_day, after):
        due = next_due(frequency, weekday, month_day, after)
        self.assertGreater(due, after)
        for gap in range(1, (due - after).days):
            self.assertEqual(next_due(frequency, weekday, month_day, after + timedelta(days=gap)), due)

    @settings(max_examples=50, deadline=None)
    @given(st.sampled_from(["weekly", "monthly"]), st.integers(0, 6), st.integers(1, 31), DAYS, st.integers(0, 200))
    def test_what_was_missed_is_made_up_for_by_the_latest(self, frequency, weekday, month_day, start, gap):
        due = next_due(frequency, weekday, month_day, start)
        today = due + timedelta(days=gap)
        latest = latest_due(frequency, weekday, month_day, due, today)
        self.assertLessEqual(latest, today)
        self.assertGreater(next_due(frequency, weekday, month_day, latest), today)
