from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.mrr import ledger, month_ends
from ..engine.rates import Rates
from ..engine.retention import RetentionError, Standing, cohort_table, quick_ratio, retention, stand
from .engine_common import CENT, amount, day, fact

CENTS = st.integers(0, 10**6).map(lambda cents: cents * CENT)


def keep(*rows):
    return retention(Standing(number, *map(amount, row)) for number, row in enumerate(rows))


def exact(ratio):
    return Fraction(ratio.numerator) / Fraction(ratio.denominator)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineRetention(BaseCase):
    def test_published_retention(self):
        """100k + 12k − 5k − 8k is 99 % net and 87 % gross."""
        found = keep((20_000, 32_000), (45_000, 40_000), (8_000, 0), (27_000, 27_000))
        self.assertEqual((found.opening, found.closing), (100_000, 99_000))
        self.assertEqual((found.net.percent, found.gross.percent), (99, 87))
        self.assertEqual((found.revenue_churn.percent, found.left_churn.percent), (13, 8))

    def test_published_churn(self):
        found = keep(*[(10, 10)] * 17, *[(10, 0)] * 3)
        self.assertEqual((found.customers, found.lost, found.customer_churn.percent), (20, 3, 15))
        found = keep((544, 544), (56, 0))
        self.assertEqual(found.left_churn.percent, amount("9.33"))
        self.assertEqual(exact(found.revenue_churn), Fraction(56, 600))

    def test_cohort_is_fixed(self):
        found = keep((100, 150), (0, 900))
        self.assertEqual((found.customers, found.net.percent, found.gross.percent), (1, 150, 100))
        facts = [
            fact("stays", "2026-01-01", 100),
            fact("back", "2026-01-01", 50),
            fact("back", "2026-03-01", 0),
            fact("back", "2026-05-01", 40),
            fact("gone before", "2025-01-01", 70),
            fact("gone before", "2026-01-15", 0),
            fact("gone before", "2026-06-01", 70),
            fact("comes", "2026-04-01", 500),
        ]
        found = retention(map(stand, ledger(facts, Rates(), day("2026-02-01"), day("2026-07-01")).by_customer()))
        self.assertEqual((found.customers, found.lost, found.opening, found.closing), (2, 0, 150, 140))

    def test_prices_alone_are_told_apart(self):
        facts = [
            fact("a", "2026-01-01", 100),
            fact("a", "2026-02-01", 110, hint="escalator"),
            fact("a", "2026-03-01", 130),
            fact("b", "2026-01-01", 100),
            fact("b", "2026-02-01", 110, hint="escalator"),
            fact("b", "2026-03-01", 0),
        ]
        found = retention(map(stand, ledger(facts, Rates(), day("2026-02-01"), day("2026-07-01")).by_customer()))
        self.assertEqual((found.net.percent, found.net_without_escalators.percent, found.gross.percent), (65, 60, 50))

    def test_nobody_to_keep_is_said_in_words(self):
        found = keep((0, 10))
        for ratio in (found.net, found.gross, found.revenue_churn, found.left_churn, found.customer_churn):
            self.assertEqual((ratio.times, ratio.percent), (None, None))
            self.assertIn("No customer had recurring revenue", ratio.reason)

    def test_quick_ratio(self):
        for name, movements, expected in [
            ("usual", {"new": 30, "expansion": 10, "reactivation": 5, "contraction": -5, "churn": -10}, 3),
            ("prices", {"new": 30, "escalator": 10, "churn": -20}, 2),
            ("prices fall", {"new": 30, "escalator": -10, "churn": -20}, 1),
            ("currency is neither", {"new": 30, "churn": -30, "currency": 99}, 1),
            ("only losses", {"churn": -30}, 0),
        ]:
            with self.subTest(name):
                found = quick_ratio({kind: amount(one) for kind, one in movements.items()})
                self.assertEqual(found.times, expected)
        found = quick_ratio({"new": Decimal(30)})
        self.assertEqual((found.times, found.reason[:11]), (None, "Nothing was"))

    def test_cohorts_by_month_of_first_fee(self):
        facts = [
            fact("a", "2026-01-10", 100),
            fact("a", "2026-03-01", 150),
            fact("b", "2026-01-20", 100),
            fact("b", "2026-02-15", 0),
            fact("c", "2026-02-01", 80),
            fact("d", "2026-02-05", 10),
            fact("d", "2026-02-06", 0),
        ]
        first, second = cohort_table(month_ends(facts, Rates(), day("2026-01-01"), day("2026-04-01")))
        self.assertEqual((first.month, first.customers, first.mrr), (date(2026, 1, 1), 2, 200))
        self.assertEqual([cell.age for cell in first.cells], [0, 1, 2])
        self.assertEqual([cell.customer_share.percent for cell in first.cells], [100, 50, 50])
        self.assertEqual([cell.revenue_share.percent for cell in first.cells], [100, 50, 75])
        # Who left in the first month counts as begun.
        self.assertEqual((second.customers, [cell.customers for cell in second.cells]), (2, [1, 1]))
        self.assertEqual([cell.revenue_share.percent for cell in second.cells], [100, 100])

    def test_cohort_that_is_gone_at_once_has_no_share_of_revenue(self):
        [only] = cohort_table({"a": {date(2026, 1, 1): Decimal(0), date(2026, 2, 1): Decimal(5)}, "b": {}})
        self.assertIn("had left", only.cells[1].revenue_share.reason)
        self.assertEqual(only.cells[1].customer_share.percent, 100)

    def test_what_cannot_be_is_refused(self):
        with self.assertRaisesRegex(RetentionError, "MRR of a is -1"):
            Standing("a", Decimal(1), Decimal(-1))
        with self.assertRaisesRegex(RetentionError, "Months of a are missing"):
            cohort_table({"a": {date(2026, 1, 1): Decimal(1), date(2026, 3, 1): Decimal(1)}})

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(CENTS, CENTS), max_size=12))
    def test_measures_hold_together(self, rows):
        found = keep(*rows)
        if not any(opening for opening, _closing in rows):
            self.assertTrue(found.net.reason)
            return
        gross, churn = exact(found.gross), exact(found.revenue_churn)
        self.assertLessEqual(gross, min(exact(found.net), 1))
        self.assertGreaterEqual(gross, 0)
        self.assertEqual(gross + churn, 1)
        self.assertLessEqual(exact(found.left_churn), churn)
        growth = sum(max(closing - opening, 0) for opening, closing in rows if opening)
        self.assertEqual(found.kept + growth, found.closing)
        self.assertEqual(found.lost, sum(1 for opening, closing in rows if opening and not closing))
