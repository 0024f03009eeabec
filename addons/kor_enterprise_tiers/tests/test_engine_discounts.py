import json
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.kor_enterprise_tiers.engine.discounts import (
    Discount,
    DiscountError,
    applies,
    apply_discounts,
)
from odoo.addons.kor_enterprise_tiers.engine.money import exact, prorate

examples = settings(max_examples=100, deadline=None, derandomize=True, database=None)
amounts = st.decimals(min_value=0, max_value=10**7, places=2)
sequences = st.integers(0, 3)
percents = st.builds(
    Discount, sequences, st.just("Share"), st.just("percent"), st.decimals(0, 100, places=2), sequences
)
fixed = st.builds(Discount, sequences, st.just("Sum"), st.just("amount"), st.decimals(0, 10**4, places=2), sequences)
stacks = st.lists(st.one_of(percents, fixed), max_size=6)


def percent(value, **terms):
    return Discount(f"p{value}", f"{value} %", "percent", value, **terms)


def amount_off(value, **terms):
    return Discount(f"a{value}", f"{value} off", "amount", value, **terms)


@tagged("post_install", "-at_install", "kor_engine")
class TestApplies(BaseCase):
    def test_discount_holds_from_its_start_to_before_its_end_and_for_its_periods(self):
        spring = {"date_start": date(2024, 3, 1), "date_end": date(2024, 6, 1)}
        for terms, day, number, expected in [
            ({}, date(1999, 1, 1), 999, True),
            (spring, date(2024, 2, 29), 0, False),
            (spring, date(2024, 3, 1), 0, True),
            (spring, date(2024, 5, 31), 40, True),
            (spring, date(2024, 6, 1), 0, False),
            ({"periods": 3}, date(2024, 1, 1), 2, True),
            ({"periods": 3}, date(2024, 1, 1), 3, False),
            ({"periods": 3, **spring}, date(2024, 3, 1), 3, False),
            ({"periods": 3, **spring}, date(2024, 6, 1), 2, False),
        ]:
            with self.subTest(terms=terms, day=day, number=number):
                self.assertIs(applies(percent(10, **terms), day, number), expected)

    @examples
    @given(st.integers(1, 60), st.integers(0, 120))
    def test_discount_for_some_periods_holds_for_that_many(self, periods, count):
        held = sum(applies(percent(5, periods=periods), date(2024, 1, 1), n) for n in range(count))
        self.assertEqual(held, min(periods, count))


@tagged("post_install", "-at_install", "kor_engine")
class TestDiscountTerms(BaseCase):
    def test_impossible_discount_is_refused_with_a_sentence(self):
        day = date(2024, 3, 1)
        for kind, value, terms, sentence in [
            ("gift", 10, {}, "choose percent or amount"),
            ("percent", "ten", {}, "“ten” is not a number"),
            ("percent", -1, {}, "its value must be zero or above"),
            ("amount", -1, {}, "its value must be zero or above"),
            ("percent", "100.01", {}, "takes off 100.01 %"),
            ("percent", 10, {"periods": 0}, "give one or more"),
            ("percent", 10, {"date_start": day, "date_end": day}, "must be after its start on 2024-03-01"),
        ]:
            with self.subTest(kind=kind, value=value), self.assertRaises(DiscountError) as caught:
                Discount("k", "Spring", kind, value, **terms)
            self.assertIn(sentence, str(caught.exception))
            self.assertIn("“Spring”", str(caught.exception))

    def test_negative_share_of_a_period_is_refused(self):
        with self.assertRaisesRegex(DiscountError, "The share -1/31 is negative"):
            apply_discounts(100, [amount_off(10)], -1, 31)


@tagged("post_install", "-at_install", "kor_engine")
class TestApplyDiscounts(BaseCase):
    def test_discounts_are_taken_in_turn(self):
        for case, amount, discounts, share, expected, taken in [
            ("none", 100, [], (1, 1), "100", []),
            ("a percentage", 200, [percent(15)], (1, 1), "170", ["30"]),
            ("a float is read as written", 200, [percent(0.1)], (1, 1), "199.8", ["0.2"]),
            ("percentages compound", 100, [percent(10), percent(20)], (1, 1), "72", ["10", "18"]),
            ("amount, then percentage", 100, [amount_off(20), percent(50)], (1, 1), "40", ["20", "40"]),
            ("percentage, then amount", 100, [percent(50), amount_off(20)], (1, 1), "30", ["50", "20"]),
            ("an amount is prorated", 100, [amount_off(31)], (10, 31), "90", ["10"]),
            ("a percentage is not", 100, [percent(31)], (10, 31), "69", ["31"]),
            ("not below zero", 15, [amount_off(9), amount_off(8), percent(5)], (1, 1), "0", ["9", "6", "0"]),
            ("everything off", 99, [percent(100)], (1, 1), "0", ["99"]),
            ("no share, no amount off", 5, [amount_off(10)], (0, 31), "5", ["0"]),
            ("a refund is left alone", -50, [percent(10), amount_off(5)], (1, 1), "-50", ["0", "0"]),
        ]:
            with self.subTest(case=case):
                net, steps = apply_discounts(amount, discounts, *share)
                self.assertEqual(net, Decimal(expected))
                self.assertEqual([step.amount for step in steps], [Decimal(value) for value in taken])

    def test_sequence_goes_before_position(self):
        discounts = [percent(50, sequence=20), amount_off(20, sequence=5), percent(10, sequence=20)]
        net, steps = apply_discounts(100, discounts)
        self.assertEqual([step.key for step in steps], ["a20", "p50", "p10"])
        self.assertEqual(net, Decimal(36))

    def test_step_is_explained_in_plain_json(self):
        _net, steps = apply_discounts(100, [Discount(7, "Launch", "percent", "12.5")])
        explained = steps[0].as_dict()
        self.assertEqual(
            explained,
            {
                "key": 7,
                "name": "Launch",
                "kind": "percent",
                "value": 12.5,
                "before": 100,
                "amount": 12.5,
                "after": 87.5,
            },
        )
        self.assertEqual(json.loads(json.dumps(explained)), explained)

    @examples
    @given(amounts, stacks, st.integers(0, 31))
    def test_steps_form_a_chain_that_never_rises_or_falls_below_zero(self, amount, discounts, days):
        net, steps = apply_discounts(amount, discounts, days, 31)
        left = amount
        for step in steps:
            self.assertEqual(step.before, left)
            self.assertGreaterEqual(step.amount, 0)
            self.assertGreaterEqual(step.after, 0)
            with exact():
                self.assertEqual(step.before - step.amount, step.after)
            left = step.after
        self.assertEqual((net, len(steps)), (left, len(discounts)))

    @examples
    @given(amounts, amounts, stacks)
    def test_greater_amount_never_leaves_less(self, one, other, discounts):
        small, great = sorted([one, other])
        self.assertLessEqual(apply_discounts(small, discounts)[0], apply_discounts(great, discounts)[0])

    @examples
    @given(amounts, stacks, st.one_of(percents, fixed))
    def test_one_more_discount_never_costs_more(self, amount, discounts, extra):
        self.assertLessEqual(apply_discounts(amount, [*discounts, extra])[0], apply_discounts(amount, discounts)[0])

    @examples
    @given(amounts, stacks, st.randoms(use_true_random=False))
    def test_order_given_does_not_matter_where_sequences_differ(self, amount, discounts, random):
        numbered = [Discount(n, one.name, one.kind, one.value, sequence=n) for n, one in enumerate(discounts)]
        shuffled = random.sample(numbered, len(numbered))
        self.assertEqual(apply_discounts(amount, shuffled), apply_discounts(amount, numbered))

    @examples
    @given(amounts, st.one_of(st.lists(percents, max_size=4), st.lists(fixed, max_size=4)))
    def test_order_within_one_kind_does_not_matter_to_the_net(self, amount, discounts):
        net, back = apply_discounts(amount, discounts)[0], apply_discounts(amount, discounts[::-1])[0]
        self.assertLess(abs(net - back), Decimal("1e-20"))

    @examples
    @given(amounts, st.decimals(0, 10**4, places=2), st.decimals(1, 99, places=2))
    def test_percentage_before_an_amount_takes_off_at_least_as_much(self, amount, value, share):
        early = apply_discounts(amount, [percent(share, sequence=1), amount_off(value, sequence=2)])[0]
        late = apply_discounts(amount, [percent(share, sequence=2), amount_off(value, sequence=1)])[0]
        self.assertLessEqual(early, late)

    @examples
    @given(st.decimals(0, 1000, places=2), st.lists(st.integers(1, 60), min_size=1, max_size=6))
    def test_parts_of_a_period_get_the_discount_of_the_whole(self, value, days):
        whole = sum(days)
        parts = [apply_discounts(prorate(5000, n, whole), [amount_off(value)], n, whole)[0] for n in days]
        with exact():
            self.assertLess(abs(sum(parts) - (5000 - value)), Decimal("1e-30"))
