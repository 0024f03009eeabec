from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_contracts.engine.periods import anchor_of
from odoo.addons.kor_contracts.engine.termination import TerminationError, early_fee, fees_left

PROPERTY = settings(max_examples=100, deadline=None, derandomize=True, database=None)
CENT = Decimal("0.01")
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def left(first, until, monthly=100, changes=(), anchor_day=1):
    """Return the parts at one price, or at a price by day."""
    start = date(2023, 1, 1)
    revenue = monthly if callable(monthly) else lambda day: Decimal(monthly)
    return fees_left(first, until, anchor_of(start, anchor_day), anchor_day, revenue, changes)


@tagged("post_install", "-at_install", "kor_engine")
class TestTermination(BaseCase):
    def test_fee_is_a_share_of_the_months_and_days_that_are_left(self):
        cases = [
            ("percent", "50", date(2026, 10, 1), date(2027, 1, 1), "300", "150"),
            ("percent", "100", date(2026, 4, 16), date(2026, 6, 1), "150", "150"),
            ("percent", "25", date(2026, 12, 31), date(2027, 1, 1), "3.23", "0.81"),
            ("amount", "500", date(2026, 12, 31), date(2027, 1, 1), "3.23", "500"),
            ("amount", "500", date(2027, 1, 1), date(2027, 1, 1), "0", "0"),
            ("percent", "50", date(2027, 2, 1), date(2027, 1, 1), "0", "0"),
        ]
        for kind, value, first, until, whole, amount in cases:
            with self.subTest(kind=kind, first=first):
                fee = early_fee(kind, Decimal(value), left(first, until), CENT)
                self.assertEqual((fee.left, fee.amount), (Decimal(whole), Decimal(amount)))

    def test_price_that_changes_inside_a_month_is_counted_by_its_days(self):
        change = date(2026, 4, 11)
        parts = left(date(2026, 4, 1), date(2026, 5, 1), lambda day: Decimal(300 if day < change else 600), [change])
        self.assertEqual([(part.numerator, part.amount) for part in parts], [(10, 100), (20, 400)])
        self.assertEqual(early_fee("percent", Decimal(10), parts, CENT).as_dict()["left"], 500)

    def test_impossible_fee_gets_a_sentence(self):
        for kind, value, message in (("share", "1", "is unknown"), ("percent", "-1", "is negative")):
            with self.subTest(message), self.assertRaisesRegex(TerminationError, message):
                early_fee(kind, Decimal(value), (), CENT)

    @PROPERTY
    @given(first=DAYS, days=st.integers(0, 900), cuts=st.lists(st.integers(0, 900)), anchor_day=st.integers(1, 31))
    def test_cuts_change_nothing_and_parts_follow_on_each_other(self, first, days, cuts, anchor_day):
        until = first + timedelta(days=days)
        whole = left(first, until, 310, anchor_day=anchor_day)
        cut = left(first, until, 310, [first + timedelta(days=one) for one in cuts], anchor_day)
        # Each share is divided once; only the last of many digits may differ.
        self.assertAlmostEqual(sum(part.amount for part in whole), sum(part.amount for part in cut), 15)
        self.assertEqual(sum((part.end - part.start).days for part in cut), days)
        self.assertTrue(all(a.end == b.start for a, b in zip(cut, cut[1:], strict=False)))
