from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_account_management.engine import backtest

START = date(2026, 1, 1)


def series(*scores):
    """Return a score every ten days from the first of January on."""
    return [(START + timedelta(days=10 * place), Decimal(score)) for place, score in enumerate(scores)]


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineBacktest(BaseCase):
    # Threshold 45, horizon 60 days, known until 30 June. Days of the scores: Jan 1, 11, 21, 31, Feb 10, 20 …
    scores = {
        1: series(80, 60, 40, 30, 20),  # warned on Jan 21, lost on Mar 2: 40 days ahead
        2: series(40, 50, 40, 50),  # warned on Jan 1 and Jan 21, lost on Mar 10: only the second one is right, 48 days
        3: series(80, 80, 80),  # lost without a warning
        4: series(30, 80),  # warned, stays
        5: series(90, 90),  # quiet, stays
        6: [(date(2026, 6, 1), Decimal(10))],  # warned, and the horizon goes beyond what is known
        7: series(44),  # warned on Jan 1, lost on Jun 1: too early to be right
    }
    losses = {1: date(2026, 3, 2), 2: date(2026, 3, 10), 3: date(2026, 2, 1), 7: date(2026, 6, 1)}

    def test_precision_recall_and_lead_time(self):
        result = backtest.run(self.scores, self.losses, Decimal(45), 60, date(2026, 6, 30))
        self.assertEqual(
            {one.key: one.outcome for one in result.verdicts},
            {1: "caught", 2: "caught", 3: "missed", 4: "false", 5: "quiet", 6: "undecided", 7: "missed"},
        )
        # 2 of 3 that were warned of and decided; 2 of 4 that were lost; the lower of 40 and 48 days.
        self.assertEqual((result.precision, result.recall, result.lead_days), (Fraction(2, 3), Fraction(1, 2), 40))
        self.assertEqual(result.count("caught"), 2)

    def test_a_warning_lasts_until_the_score_is_back(self):
        found = series(44, 30, 45, 44.9, 20)
        self.assertEqual(backtest.warnings_of(found, Decimal(45)), (START, START + timedelta(days=30)))
        gap = [(START, Decimal(30)), (START + timedelta(days=1), None), (START + timedelta(days=2), Decimal(30))]
        self.assertEqual(backtest.warnings_of(gap, Decimal(45)), (START,))

    def test_nothing_to_judge_by_is_no_figure(self):
        result = backtest.run({1: series(90)}, {}, Decimal(45), 60, date(2026, 6, 30))
        self.assertEqual((result.precision, result.recall, result.lead_days), (None, None, None))

    @given(
        st.dictionaries(st.integers(1, 9), st.lists(st.integers(0, 100), max_size=9), max_size=6),
        st.dictionaries(st.integers(1, 9), st.integers(0, 200), max_size=6),
        st.integers(1, 120),
    )
    def test_each_account_has_one_outcome_and_a_lead_within_the_horizon(self, found, lost, horizon):
        scores = {key: series(*values) for key, values in found.items()}
        losses = {key: START + timedelta(days=days) for key, days in lost.items()}
        result = backtest.run(scores, losses, Decimal(45), horizon, START + timedelta(days=100))
        self.assertEqual([one.key for one in result.verdicts], list(scores))
        for one in result.verdicts:
            self.assertEqual(one.outcome in ("caught", "missed"), one.key in losses)
            self.assertEqual(one.lead_days is not None, one.outcome == "caught")
            self.assertTrue(one.lead_days is None or 0 <= one.lead_days <= horizon)
