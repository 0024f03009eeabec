from datetime import date, timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine import fees

DAY = timedelta(days=1)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineFees(BaseCase):
    def test_a_month_of_a_billed_period_has_its_part(self):
        march = (date(2026, 3, 1), date(2026, 4, 1))
        cases = [
            ("the month itself", date(2026, 3, 1), date(2026, 4, 1), Fraction(1)),
            ("a year is twelve equal months, whatever their days", date(2026, 1, 1), date(2027, 1, 1), Fraction(1, 12)),
            ("a quarter", date(2026, 1, 1), date(2026, 4, 1), Fraction(1, 3)),
            ("from the 15th: 17 of 31 days", date(2026, 3, 15), date(2026, 4, 15), Fraction(17, 31)),
            ("up to the 14th: 14 of 28 days", date(2026, 2, 15), date(2026, 3, 15), Fraction(14, 28)),
            ("ten days, five of them in March", date(2026, 2, 24), date(2026, 3, 6), Fraction(5, 10)),
            ("another month", date(2026, 5, 1), date(2026, 6, 1), Fraction(0)),
            ("no day at all", date(2026, 3, 1), date(2026, 3, 1), Fraction(0)),
        ]
        for name, start, end, expected in cases:
            with self.subTest(name):
                self.assertEqual(fees.share(start, end, *march), expected)

    @given(st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(1, 800))
    def test_the_parts_of_all_months_add_up_to_the_whole(self, start, days):
        end = start + days * DAY
        month, total = start.replace(day=1), Fraction(0)
        while month < end:
            following = month + relativedelta(months=1)
            total += fees.share(start, end, month, following)
            month = following
        self.assertEqual(total, 1)
