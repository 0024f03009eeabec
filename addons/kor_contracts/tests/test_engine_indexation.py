from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_contracts.engine.indexation import IndexationError, IndexValue, index_change, limit

PROPERTY = settings(max_examples=150, deadline=None, derandomize=True, database=None)
PERCENTS = st.decimals(-100, 100, places=2)
NUMBERS = st.decimals("0.1", 1000, places=2)


def value(month, number, published=None):
    """Return the value of a month that is published on the 15th of the next one, unless a day is given."""
    year, number_of_month = map(int, month.split("-"))
    following = date(year + number_of_month // 12, number_of_month % 12 + 1, 15)
    day = date.fromisoformat(published) if published else following
    return IndexValue(date(year, number_of_month, 1), Decimal(number), day)


@tagged("post_install", "-at_install", "kor_engine")
class TestIndexation(BaseCase):
    VALUES = (
        value("2024-11", "100"),
        value("2024-12", "101"),
        value("2025-11", "103.2"),
        value("2025-12", "106.05"),
        value("2026-01", "90", "2026-03-20"),
    )

    def test_change_counts_from_a_year_before_the_latest_published_month(self):
        cases = [
            ("2026-01-01", "2025-11", "3.20"),
            # What is published on the day itself is not known before it.
            ("2026-01-15", "2025-11", "3.20"),
            ("2026-01-16", "2025-12", "5.00"),
            ("2026-03-20", "2025-12", "5.00"),
        ]
        for day, latest, percent in cases:
            with self.subTest(day):
                change = index_change(self.VALUES, date.fromisoformat(day))
                self.assertEqual((f"{change.latest.month:%Y-%m}", change.percent), (latest, Decimal(percent)))

    def test_change_counts_from_the_agreed_base(self):
        change = index_change(self.VALUES, date(2026, 1, 20), date(2024, 11, 1))
        self.assertEqual((change.base.value, change.percent), (100, Decimal("6.05")))

    def test_percent_is_rounded_to_hundredths_away_from_zero(self):
        for before, after, percent in (("300", "301", "0.33"), ("300", "302", "0.67"), ("300", "298", "-0.67")):
            with self.subTest(after):
                change = index_change((value("2024-05", before), value("2025-05", after)), date(2026, 1, 1))
                self.assertEqual(change.percent, Decimal(percent))

    def test_missing_values_get_a_sentence(self):
        cases = [
            ((), None, "Nothing of the index was published before 2026-01-01"),
            (self.VALUES[2:], None, "no value for 2024-11"),
            (self.VALUES, date(2020, 1, 1), "no value for 2020-01"),
            ((value("2024-11", "0"), value("2025-11", "1")), None, "not above 0"),
        ]
        for values, base, message in cases:
            with self.subTest(message), self.assertRaisesRegex(IndexationError, message):
                index_change(values, date(2026, 1, 1), base)

    def test_floor_and_cap_hold_the_change(self):
        cases = [
            ("3.2", "0", "5", "3.2", ""),
            ("-1", "0", "5", "0", "floor"),
            ("7", "0", "5", "5", "cap"),
            ("7", "0", None, "7", ""),
            ("-7", None, "5", "-7", ""),
            ("5", "5", "5", "5", ""),
            ("1", "2", "2", "2", "floor"),
        ]
        for change, floor, cap, percent, bound in cases:
            with self.subTest(change=change, floor=floor, cap=cap):
                uplift = limit(*(part and Decimal(part) for part in (change, floor, cap)))
                self.assertEqual((uplift.percent, uplift.bound), (Decimal(percent), bound))
                self.assertEqual(uplift.as_dict()["cap"], cap and float(cap))

    def test_floor_above_the_cap_is_refused(self):
        with self.assertRaisesRegex(IndexationError, "lies above the cap"):
            limit(Decimal(1), Decimal(3), Decimal(2))

    @PROPERTY
    @given(change=PERCENTS, bounds=st.tuples(PERCENTS, PERCENTS))
    def test_uplift_lies_within_its_bounds_and_is_the_change_where_that_does(self, change, bounds):
        floor, cap = sorted(bounds)
        uplift = limit(change, floor, cap)
        self.assertTrue(floor <= uplift.percent <= cap)
        self.assertEqual(uplift.percent == change, floor <= change <= cap)

    @PROPERTY
    @given(before=NUMBERS, after=NUMBERS)
    def test_base_raised_by_the_percent_is_the_latest_value_but_for_rounding(self, before, after):
        change = index_change((value("2024-05", before), value("2025-05", after)), date(2026, 1, 1))
        self.assertLessEqual(abs(before * (1 + change.percent / 100) - after), before * Decimal("0.00005001"))
