from decimal import Decimal, getcontext, localcontext

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import float_round

from odoo.addons.kor_enterprise_tiers.engine import money

examples = settings(max_examples=100, deadline=None, derandomize=True, database=None)
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
roundings = st.sampled_from(["0.01", "0.05", "0.1", "0.25", "0.001", "1", "5", "100"]).map(Decimal)
weight_lists = st.lists(st.decimals(min_value=0, max_value=10**6, places=3), min_size=1, max_size=12)


@tagged("post_install", "-at_install", "kor_engine")
class TestToDecimal(BaseCase):
    def test_number_becomes_the_decimal_that_is_written(self):
        for value, expected in [
            (7, "7"),
            (0.1, "0.1"),
            (5.12345, "5.12345"),
            (1e-8, "0.00000001"),
            (-2.5, "-2.5"),
            ("12.50", "12.50"),
            (" 3 ", "3"),
            (Decimal("0.023"), "0.023"),
        ]:
            with self.subTest(value=value):
                self.assertEqual(money.to_decimal(value), Decimal(expected))

    def test_what_is_no_number_is_refused_with_a_sentence(self):
        for value, sentence in [
            ("twelve", "“twelve” is not a number"),
            ("1,5", "“1,5” is not a number"),
            ("", "“” is not a number"),
            (None, "None is not a number"),
            (True, "True is not a number"),
            ([1], "[1] is not a number"),
            (float("nan"), "give a finite one"),
            ("-Infinity", "give a finite one"),
            (10**24, "too large"),
            ("1e999999", "too large"),
        ]:
            with self.subTest(value=value), self.assertRaises(ValueError) as caught:
                money.to_decimal(value)
            self.assertIn(sentence, str(caught.exception))
            self.assertTrue(str(caught.exception).endswith("."))

    def test_decimal_becomes_a_json_number(self):
        for value, expected in [("3", 3), ("3.000", 3), ("-0", 0), ("51.2345", 51.2345), ("1e3", 1000)]:
            with self.subTest(value=value):
                number = money.as_number(Decimal(value))
                self.assertEqual((number, type(number)), (expected, type(expected)))

    def test_decimal_becomes_digits_for_a_sentence(self):
        for value, expected in [("100", "100"), ("1E+3", "1000"), ("0.50", "0.5"), ("1E-8", "0.00000001")]:
            with self.subTest(value=value):
                self.assertEqual(money.as_text(Decimal(value)), expected)

    @examples
    @given(st.floats(min_value=-1e15, max_value=1e15))
    def test_float_comes_back_unchanged(self, value):
        self.assertEqual(float(money.to_decimal(value)), value)


@tagged("post_install", "-at_install", "kor_engine")
class TestRoundMoney(BaseCase):
    def test_amount_is_rounded_to_the_currency_half_away_from_zero(self):
        for amount, rounding, expected in [
            ("2.345", "0.01", "2.35"),
            ("-2.345", "0.01", "-2.35"),
            ("2.3449999", "0.01", "2.34"),
            (2.675, 0.01, "2.68"),
            ("0.5", 1, "1"),
            ("-0.5", 1, "-1"),
            ("1.024", "0.05", "1.00"),
            ("1.025", "0.05", "1.05"),
            ("150", 100, "200"),
            ("-0.004", "0.01", "0.00"),
        ]:
            with self.subTest(amount=amount, rounding=rounding):
                self.assertEqual(str(money.round_money(amount, rounding)), expected)

    def test_error_of_chained_divisions_does_not_decide_a_tie(self):
        almost = money.prorate(money.prorate("0.005", 1, 13), 13, 1)
        self.assertLess(almost, Decimal("0.005"))
        self.assertEqual(money.round_money(almost, "0.01"), Decimal("0.01"))

    def test_rounding_that_is_not_above_zero_is_refused(self):
        for rounding in (0, "-0.01"):
            with self.subTest(rounding=rounding), self.assertRaisesRegex(ValueError, "must be above zero"):
                money.round_money(1, rounding)

    @examples
    @given(amounts, roundings)
    def test_rounding_twice_changes_nothing_and_moves_half_a_unit_at_most(self, amount, rounding):
        rounded = money.round_money(amount, rounding)
        self.assertEqual(money.round_money(rounded, rounding), rounded)
        self.assertEqual(rounded % rounding, 0)
        self.assertLessEqual(abs(rounded - amount), rounding / 2)
        self.assertEqual(money.round_money(-amount, rounding), -rounded)

    @examples
    @given(amounts, amounts, roundings)
    def test_greater_amount_is_never_rounded_below_a_smaller_one(self, one, other, rounding):
        small, great = sorted([one, other])
        self.assertLessEqual(money.round_money(small, rounding), money.round_money(great, rounding))

    @examples
    @given(st.decimals(min_value=-(10**7), max_value=10**7, places=4), roundings)
    def test_result_is_that_of_odoo(self, amount, rounding):
        native = float_round(float(amount), precision_rounding=float(rounding), rounding_method="HALF-UP")
        self.assertAlmostEqual(float(money.round_money(amount, rounding)), native, places=6)

    @examples
    @given(amounts, roundings)
    def test_result_does_not_depend_on_the_context_of_the_caller(self, amount, rounding):
        expected = money.round_money(amount, rounding)
        with localcontext() as context:
            context.prec = 3
            self.assertEqual(str(money.round_money(amount, rounding)), str(expected))
            self.assertEqual(getcontext().prec, 3)


@tagged("post_install", "-at_install", "kor_engine")
class TestProrate(BaseCase):
    def test_share_of_a_published_amount(self):
        for source, amount, numerator, denominator, rounding, expected in [
            ("Kill Bill: 12 for January, ended on the 23rd", 12, 22, 31, "0.01", "8.52"),
            ("Kill Bill: 12 for January, cancelled on the 25th", -12, 7, 31, "0.01", "-2.71"),
            ("Kill Bill: 12 for January, paused 1 to 25", -12, 24, 31, "0.01", "-9.29"),
            ("Lago: 1000 from 5 March 2024", 1000, 27, 31, 1, "871"),
            ("Lago: 200,000 from 4 February 2024", 200000, 26, 29, 1, "179310"),
        ]:
            with self.subTest(source=source):
                share = money.prorate(amount, numerator, denominator)
                self.assertEqual(money.round_money(share, rounding), Decimal(expected))

    def test_share_is_not_rounded(self):
        self.assertEqual(money.prorate(10, 1, 3), Decimal("3." + "3" * 49))

    def test_denominator_that_is_not_above_zero_is_refused(self):
        for denominator in (0, -31):
            with self.subTest(denominator=denominator), self.assertRaisesRegex(ValueError, "denominator"):
                money.prorate(10, 1, denominator)

    @examples
    @given(amounts, st.lists(st.integers(0, 400), min_size=1, max_size=8))
    def test_parts_of_a_period_add_up_to_the_whole(self, amount, days):
        assume(sum(days))
        with money.exact():
            total = sum(money.prorate(amount, part, sum(days)) for part in days)
            self.assertLess(abs(total - amount), Decimal("1e-30"))
        self.assertEqual(money.prorate(amount, sum(days), sum(days)), amount)


@tagged("post_install", "-at_install", "kor_engine")
class TestAllocate(BaseCase):
    def test_total_is_split_as_published(self):
        for source, total, weights, rounding, expected in [
            ("step-down: maintenance by machine-hours", 8000, [2000, 1500, 2500], 1, "2667 2000 3333"),
            ("handset with a plan", 820, [425, 600], "0.01", "340 480"),
            ("list prices 90 / 44 / 66 sold at 190", 190, [90, 44, 66], "0.01", "85.5 41.8 62.7"),
            ("standalone prices 50 / 25 / 75 sold at 100", 100, [50, 25, 75], "0.01", "33.33 16.67 50"),
            ("OCA account_move_cutoff, by days", "2258.06", [24, 31, 15], "0.01", "774.19 1000 483.87"),
            ("OCA account_move_cutoff, equal", "2258.06", [1, 1, 1], "0.01", "752.68 752.69 752.69"),
        ]:
            with self.subTest(source=source):
                parts = money.allocate(total, weights, rounding)
                self.assertEqual(parts, tuple(Decimal(part) for part in expected.split()))

    def test_edges_are_split_without_a_surprise(self):
        for case, total, weights, expected in [
            ("nothing to split, nothing to split over", 0, [], []),
            ("nothing to split", 0, [0, 3], [0, 0]),
            ("one part", 7, [5], [7]),
            ("a weight of zero gets nothing", 10, [0, 1, 1, 1], [0, 3, 3, 4]),
            ("a negative total mirrors", -10, [0, 1, 1, 1], [0, -3, -3, -4]),
            ("the largest remainder comes first", 10, [6, 3, 3], [5, 2, 3]),
            ("fewer units than parts", 1, [3, 4, 3], [0, 1, 0]),
        ]:
            with self.subTest(case=case):
                self.assertEqual(list(money.allocate(total, weights, 1)), expected)

    def test_impossible_split_is_refused_with_a_sentence(self):
        for case, total, weights, rounding, sentence in [
            ("nobody to pay", 10, [], 1, "at least one weight above zero"),
            ("all weights zero", 10, [0, 0], 1, "at least one weight above zero"),
            ("negative weight", 10, [2, -1], 1, "weights must be zero or above"),
            ("unrounded total", "10.005", [1], "0.01", "10.005 is not a multiple of 0.01"),
            ("no rounding", 10, [1], 0, "must be above zero"),
        ]:
            with self.subTest(case=case), self.assertRaisesRegex(ValueError, sentence):
                money.allocate(total, weights, rounding)

    @examples
    @given(st.integers(-(10**12), 10**12), weight_lists, roundings)
    def test_parts_add_up_exactly_and_lie_within_a_unit_of_their_share(self, units, weights, rounding):
        assume(sum(weights))
        total = units * rounding
        parts = money.allocate(total, weights, rounding)
        self.assertEqual(sum(parts), total)
        for part, weight in zip(parts, weights, strict=True):
            self.assertEqual(part % rounding, 0)
            self.assertLess(abs(part * sum(weights) - total * weight), rounding * sum(weights))
            self.assertTrue(weight or not part)
        self.assertEqual(money.allocate(-total, weights, rounding), tuple(-part for part in parts))

    @examples
    @given(st.integers(0, 10**9), weight_lists, st.integers(2, 50))
    def test_only_the_ratio_of_the_weights_matters(self, total, weights, factor):
        assume(sum(weights))
        scaled = [weight * factor for weight in weights]
        self.assertEqual(money.allocate(total, scaled, 1), money.allocate(total, weights, 1))

    @examples
    @given(st.integers(0, 10**9), weight_lists)
    def test_heavier_weight_never_gets_less(self, total, weights):
        assume(sum(weights))
        pairs = sorted(zip(weights, money.allocate(total, weights, 1), strict=True))
        for (light, less), (heavy, more) in zip(pairs, pairs[1:], strict=False):
            self.assertTrue(less <= more or light == heavy)
