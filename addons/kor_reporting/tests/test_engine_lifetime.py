from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.lifetime import LifetimeError, acquisition_cost, lifetime, lifetime_value, payback, value_to_cost
from .engine_common import amount

AMOUNTS = st.decimals(-1000, 1000, places=2)


def worth(revenue, cost, churn, earned="0"):
    return lifetime_value(*map(amount, (revenue, cost, churn, earned)))


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineLifetime(BaseCase):
    def test_values_are_shown_as_they_come_about(self):
        """(20 − 2) ÷ 0.15 = 120 is published; the others are worked out by hand."""
        for name, values, value, shown in [
            ("published", ("20", "2", "0.15"), 120, "(20 − 2) ÷ 0.15 = 120"),
            ("places", ("20", "2.50", "0.15"), amount("116.67"), "(20 − 2.5) ÷ 0.15 = 116.67"),
            ("earned", ("20", "2", "0.15", "30.50"), amount("150.50"), "30.5 + (20 − 2) ÷ 0.15 = 150.5"),
            ("costs more", ("2", "20", "0.5"), -36, "(2 − 20) ÷ 0.5 = -36"),
            ("refund of cost", ("2", "-1", "1"), 3, "(2 − (-1)) ÷ 1 = 3"),
        ]:
            with self.subTest(name):
                found = worth(*values)
                self.assertEqual((found.rounded(), found.shown), (value, shown))

    def test_averages_stay_exact_and_are_shown_rounded(self):
        found = lifetime_value(Fraction(100, 3), Decimal(0), Fraction(56, 600))
        self.assertEqual(found.value, Fraction(100, 3) * Fraction(600, 56))
        self.assertEqual(found.shown, "(33.33 − 0) ÷ 0.093333 = 357.14")

    def test_cost_of_winning_and_its_return(self):
        cost = acquisition_cost(amount(5400), 20)
        self.assertEqual((cost.rounded(), cost.shown), (270, "5400 ÷ 20 = 270"))
        back = payback(cost, amount(20), amount(2))
        self.assertEqual((back.rounded(), back.shown), (15, "270 ÷ (20 − 2) = 15"))
        times = value_to_cost(worth("20", "2", "0.05"), cost)
        self.assertEqual((times.rounded(), times.shown), (amount("1.33"), "360 ÷ 270 = 1.33"))
        self.assertEqual(lifetime(amount("0.15")).shown, "1 ÷ 0.15 = 6.67")

    def test_what_cannot_be_told_says_why(self):
        nobody, some = acquisition_cost(amount(100), 0), acquisition_cost(amount(100), 4)
        for name, found, reason in [
            ("value without churn", worth("20", "2", "0"), "No customer was lost"),
            ("lifetime without churn", lifetime(amount(0)), "No customer was lost"),
            ("nobody won", nobody, "No customer was won"),
            ("payback of nobody", payback(nobody, amount(20), amount(2)), "No customer was won"),
            ("payback without margin", payback(some, amount(2), amount(2)), "never paid back"),
            ("times of nobody", value_to_cost(worth("20", "2", "0.5"), nobody), "No customer was won"),
            ("times without churn", value_to_cost(worth("20", "2", "0"), some), "No customer was lost"),
            (
                "won for nothing",
                value_to_cost(worth("20", "2", "0.5"), acquisition_cost(amount(0), 4)),
                "has cost nothing",
            ),
        ]:
            with self.subTest(name):
                self.assertIn(reason, found.reason)
                self.assertEqual((found.value, found.rounded(), found.shown), (None, None, found.reason))

    def test_what_cannot_be_is_refused(self):
        for name, call, message in [
            ("negative churn", lambda: worth("1", "0", "-0.1"), "Churn of -0.1 is impossible"),
            ("percent", lambda: lifetime(amount(15)), "Churn of 15 is impossible: give a share from 0 to 1"),
            ("customers", lambda: acquisition_cost(amount(1), -1), "-1 new customers are impossible"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(LifetimeError, message):
                call()

    @settings(max_examples=50, deadline=None)
    @given(AMOUNTS, AMOUNTS, st.decimals(0, 1, places=3), st.integers(0, 9), AMOUNTS)
    def test_nothing_is_divided_by_zero_and_sums_hold(self, revenue, cost, churn, customers, spent):
        value, price = lifetime_value(revenue, cost, churn), acquisition_cost(spent, customers)
        back, times = payback(price, revenue, cost), value_to_cost(value, price)
        for found in (value, price, back, times):
            self.assertEqual(found.value is None, bool(found.reason))
        if not value.reason:
            self.assertEqual(value.value * Fraction(churn), Fraction(revenue) - Fraction(cost))
        if not back.reason:
            self.assertEqual(back.value * (Fraction(revenue) - Fraction(cost)) * customers, Fraction(spent))
        if not times.reason:
            self.assertEqual(times.value * price.value, value.value)
