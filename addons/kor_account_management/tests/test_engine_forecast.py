from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_account_management.engine import forecast
from odoo.addons.kor_account_management.engine.forecast import Renewal


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineForecast(BaseCase):
    def test_probability_goes_straight_with_the_score(self):
        # 5 + 93 × score / 100
        table = [(None, 80), (0, 5), (50, "51.5"), (100, 98), (-5, 5), (120, 98)]
        for score, expected in table:
            with self.subTest(score=score):
                found = forecast.probability(None if score is None else Decimal(score))
                self.assertEqual(found, Decimal(expected))

    def test_categories(self):
        table = [
            (98, "commit"),
            (85, "commit"),
            ("84.99", "best_case"),
            (60, "best_case"),
            (59, "at_risk"),
            (0, "lost"),
        ]
        for chance, expected in table:
            with self.subTest(chance=chance):
                self.assertEqual(forecast.category(Decimal(chance)), expected)

    def test_months_add_up_what_is_at_stake(self):
        months = forecast.by_month(
            [
                Renewal(date(2027, 1, 31), Decimal(12000), Decimal(90), "commit"),
                Renewal(date(2027, 1, 1), Decimal(6000), Decimal(50), "at_risk"),
                Renewal(date(2026, 12, 31), Decimal(1000), Decimal(0), "lost"),
            ]
        )
        self.assertEqual([(one.start, one.count) for one in months], [(date(2026, 12, 1), 1), (date(2027, 1, 1), 2)])
        # 12,000 × 0.9 + 6,000 × 0.5
        self.assertEqual((months[1].total, months[1].weighted), (18000, 13800))
        self.assertEqual(months[1].by_category, {"commit": 12000, "best_case": 0, "at_risk": 6000, "lost": 0})

    @given(
        st.lists(
            st.tuples(
                st.dates(date(2026, 1, 1), date(2028, 12, 31)),
                st.integers(0, 10**6),
                st.integers(0, 100),
                st.sampled_from(forecast.CATEGORIES),
            )
        )
    )
    def test_nothing_is_lost_between_the_months(self, rows):
        renewals = [Renewal(day, Decimal(amount), Decimal(chance), name) for day, amount, chance, name in rows]
        months = forecast.by_month(renewals)
        self.assertEqual(sum(one.count for one in months), len(renewals))
        self.assertEqual(sum(one.total for one in months), sum(one.amount for one in renewals))
        self.assertEqual(
            sum(one.weighted for one in months), sum(one.amount * one.probability / 100 for one in renewals)
        )
