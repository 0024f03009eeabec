from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_usage.engine.limits import ThresholdError, parse_thresholds, passed


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineLimits(BaseCase):
    def test_thresholds_are_read_once_each_and_in_order(self):
        for text, expected in {
            "80,100": (80, 100),
            " 100 , 80, 100 ": (80, 100),
            "120": (120,),
            "": (),
            "  ": (),
        }.items():
            with self.subTest(text):
                self.assertEqual(parse_thresholds(text), expected)

    def test_thresholds_that_are_none_are_refused_with_a_sentence(self):
        for text in ("80;100", "eighty", "0", "-5", "1001", "80,", "79.5", "²"):
            with self.subTest(text), self.assertRaisesRegex(ThresholdError, "is no threshold: give whole percentages"):
                parse_thresholds(text)

    def test_passed_are_those_reached_and_not_known(self):
        cases = [
            ("below", "79.999999999", "100", (), ()),
            ("exactly", "80", "100", (), (80,)),
            ("both at once", "100", "100", (), (80, 100)),
            ("known already", "95", "100", {80}, ()),
            ("the higher one", "100", "100", {80}, (100,)),
            ("far above", "100000", "100", {80, 100}, ()),
            ("a fraction as limit", "0.24", "0.3", (), (80,)),
            ("no limit", "5", "0", (), ()),
            ("taken back", "-5", "100", (), ()),
        ]
        for name, used, limit, known, expected in cases:
            with self.subTest(name):
                self.assertEqual(passed(Decimal(used), Decimal(limit), (100, 80), known), expected)

    @given(
        st.decimals(0, 10**9, places=6), st.decimals("0.000001", 10**9, places=6), st.sets(st.integers(1, 1000)),
        st.data(),
    )  # fmt: skip
    def test_no_threshold_is_told_twice_and_none_is_missed(self, used, limit, thresholds, data):
        """Whatever is known before: what is new and what is known together are all that is reached."""
        known = data.draw(st.sets(st.sampled_from(sorted(thresholds)))) if thresholds else set()
        found = passed(used, limit, tuple(thresholds), known)
        self.assertFalse(set(found) & known)
        reached = {one for one in thresholds if used * 100 >= limit * one}
        self.assertEqual(set(found) | (known & reached), reached)
