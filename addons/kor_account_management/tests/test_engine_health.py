from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_account_management.engine import health, trend
from odoo.addons.kor_account_management.engine.health import Bands, HealthError, Weight

# The weights of the hand-computed cases: use falls from +20 % (best) to -60 % (worst); breaches from 0 to 5;
# days overdue from 0 to 45; days since the last contact from 7 to 97.
WEIGHTS = (
    Weight("usage", Decimal(40), Decimal(-60), Decimal(20)),
    Weight("sla", Decimal(30), Decimal(5), Decimal(0)),
    Weight("payment", Decimal(20), Decimal(45), Decimal(0)),
    Weight("contact", Decimal(10), Decimal(97), Decimal(7)),
)
BANDS = Bands(healthy=Decimal(70), watch=Decimal(45), least_coverage=Decimal(30))
CASES = [
    # All known: usage -20 of -60 … 20 → 50; 1 breach of 5 → 80; 9 days of 45 → 80; 34 days of 7 … 97 → 70.
    # 0.4 × 50 + 0.3 × 80 + 0.2 × 80 + 0.1 × 70 = 20 + 24 + 16 + 7 = 67
    ({"usage": -20, "sla": 1, "payment": 9, "contact": 34}, 67, 100, "watch"),
    # Without use: (0.3 × 80 + 0.2 × 80 + 0.1 × 70) / 0.6 = 47 / 0.6 = 78 1/3, of 60 % of the weights.
    ({"sla": 1, "payment": 9, "contact": 34}, Fraction(235, 3), 60, "healthy"),
    # None is as unknown as what is left out.
    ({"usage": None, "sla": 1, "payment": 9, "contact": 34}, Fraction(235, 3), 60, "healthy"),
    # Beyond the worst and the best it stays: (0.4 × 0 + 0.3 × 100) / 0.7 = 300 / 7
    ({"usage": -99, "sla": 0}, Fraction(300, 7), 70, "at_risk"),
    # Exactly on the border of a band: 0.4 × 100 + 0.3 × 0 + … = 70 where 0.3 × 100 is missing.
    ({"usage": 20, "sla": 5, "payment": 0, "contact": 7}, 70, 100, "healthy"),
    # 20 % known is less than the 30 % that a band needs; the score is told all the same.
    ({"payment": 45}, 0, 20, "unknown"),
    ({}, None, 0, "unknown"),
]

readings = st.dictionaries(
    st.sampled_from([weight.component for weight in WEIGHTS]),
    st.none() | st.decimals(-1000, 1000, allow_nan=False, places=3),
)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineHealth(BaseCase):
    def test_scores_follow_from_what_is_known(self):
        for found, score, coverage, band in CASES:
            with self.subTest(found=found):
                plain = {name: value if value is None else Decimal(value) for name, value in found.items()}
                result = health.measure(plain, WEIGHTS, BANDS)
                self.assertEqual((result.score, result.coverage, result.band), (score, coverage, band))

    def test_reasons_are_what_takes_away_most(self):
        result = health.measure(
            {"usage": Decimal(-20), "sla": Decimal(1), "payment": Decimal(0)}, WEIGHTS, BANDS
        )  # of 90: usage loses 50 × 4/9, sla 20 × 3/9, payment nothing
        self.assertEqual(
            [(part.component, part.lost) for part in result.reasons],
            [("usage", Fraction(200, 9)), ("sla", Fraction(20, 3))],
        )
        self.assertEqual(result.score, 100 - Fraction(200, 9) - Fraction(20, 3))

    def test_weights_that_do_not_make_100_are_refused_with_their_sum(self):
        health.check_weights(WEIGHTS)
        table = [
            (WEIGHTS[:3], "The weights make 90 together: they must make 100."),
            ((WEIGHTS[0], WEIGHTS[0]), "Each component has one weight."),
            ((Weight("sla", Decimal(0), Decimal(1), Decimal(0)),), "must be more than 0"),
            ((Weight("sla", Decimal(100), Decimal(1), Decimal(1)),), "are the same: 1"),
        ]
        for weights, sentence in table:
            with self.subTest(sentence=sentence), self.assertRaisesRegex(HealthError, sentence):
                health.check_weights(weights)

    @given(readings)
    def test_a_score_is_the_points_of_its_parts(self, found):
        result = health.measure(found, WEIGHTS, BANDS)
        known = [part for part in result.parts if part.score is not None]
        self.assertEqual(len(result.parts), len(WEIGHTS))
        if not known:
            self.assertIsNone(result.score)
            return
        self.assertTrue(0 <= result.score <= 100)
        self.assertEqual(sum(part.points for part in known), result.score)
        self.assertEqual(sum(part.lost for part in known), 100 - result.score)

    @given(readings, st.sampled_from([weight.component for weight in WEIGHTS]))
    def test_what_is_not_known_moves_a_score_only_towards_the_rest(self, found, component):
        """To forget a component is never worse than to know it at its worst, nor better than at its best."""
        without = health.measure({**found, component: None}, WEIGHTS, BANDS).score
        weight = next(one for one in WEIGHTS if one.component == component)
        worst, best = (
            health.measure({**found, component: value}, WEIGHTS, BANDS).score for value in (weight.worst, weight.best)
        )
        if without is not None:
            self.assertTrue(worst <= without <= best)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineTrend(BaseCase):
    today = date(2026, 3, 2)

    def _days(self, first, count, amount):
        return {first + timedelta(days=number): Decimal(amount) for number in range(count)}

    def test_change_of_use_over_eight_weeks(self):
        early, late = self.today - timedelta(weeks=8), self.today - timedelta(weeks=4)
        table = [
            ("a quarter less", {**self._days(early, 28, 100), **self._days(late, 28, 75)}, early, -25),
            ("stopped", self._days(early, 28, 100), early, -100),
            ("begun", self._days(late, 28, 1), early, 100),
            ("never used", {}, early, -100),
            ("half a day of today does not count", {**self._days(early, 56, 10), self.today: Decimal(999)}, early, 0),
            ("too new", self._days(late, 28, 100), early + timedelta(days=1), None),
        ]
        for name, by_day, since, expected in table:
            with self.subTest(name=name):
                self.assertEqual(trend.change(by_day, self.today, since), expected)
