from collections import defaultdict
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.component import NOWHERE, divide_costs, divide_value
from .engine_common import CENT, amount

CENTS = st.integers(-(10**8), 10**8).map(lambda cents: cents * CENT)
KEYS = st.one_of(st.none(), st.integers(1, 6))
REVENUE = st.dictionaries(KEYS, CENTS, max_size=6)
METRICS = st.dictionaries(st.integers(1, 6), st.frozensets(st.sampled_from("abc"), max_size=2), max_size=6)
COSTS = st.dictionaries(
    st.tuples(st.sampled_from(["infrastructure", "support"]), st.sampled_from([None, "a", "b"])), CENTS, max_size=5
)


def _priced(**metrics):
    return {key: frozenset(own) for key, own in metrics.items()}


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineComponent(BaseCase):
    def _divide(self, revenue, metrics, costs):
        own = {key: amount(one) for key, one in revenue.items()}
        found = divide_costs(own, metrics, {key: amount(one) for key, one in costs.items()}, CENT)
        return {key: {category: float(one) for category, one in parts.items()} for key, parts in found.items()}

    def test_where_costs_go(self):
        both = {"seats": 300, "storage": 100}
        priced = _priced(seats=["users"], storage=["gigabytes"], support=[])
        for case, revenue, metrics, costs, expected in (
            ("by revenue", both, priced, {("support", None): 40},
             {"seats": {"support": 30}, "storage": {"support": 10}, "support": {"support": 0}}),
            ("by metric", both, priced, {("infrastructure", "gigabytes"): 40}, {"storage": {"infrastructure": 40}}),
            ("of a metric that prices nothing", both, priced, {("support", "calls"): 40},
             {"seats": {"support": 30}, "storage": {"support": 10}, "support": {"support": 0}}),
            ("several of one metric", both, _priced(seats=["users"], storage=["users"]), {("support", "users"): 4},
             {"seats": {"support": 3}, "storage": {"support": 1}}),
            ("equal without revenue", {}, priced, {("support", None): 100},
             {"seats": {"support": 33.33}, "storage": {"support": 33.33}, "support": {"support": 33.34}}),
            ("a credit weighs nothing", {"seats": -50, "storage": 1}, _priced(seats=[], storage=[]),
             {("support", None): 8}, {"seats": {"support": 0}, "storage": {"support": 8}}),
            ("no component", {}, {}, {("support", None): 7}, {NOWHERE: {"support": 7}}),
            ("revenue on no component", {NOWHERE: 900, "seats": 1}, {}, {("support", None): 7},
             {"seats": {"support": 7}}),
            ("both ways add up", both, _priced(seats=[], storage=["gigabytes"]),
             {("support", None): 4, ("support", "gigabytes"): 5}, {"seats": {"support": 3}, "storage": {"support": 6}}),
        ):  # fmt: skip
            with self.subTest(case=case):
                found = self._divide(revenue, metrics, costs)
                self.assertEqual(found, expected)

    @settings(max_examples=30, deadline=None)
    @given(REVENUE, METRICS, COSTS)
    def test_parts_make_each_cost_to_the_cent(self, revenue, metrics, costs):
        found = divide_costs(revenue, metrics, costs, CENT)
        sums = defaultdict(Decimal)
        for own in found.values():
            for category, one in own.items():
                sums[category] += one
        for category in {category for category, _metric in costs}:
            self.assertEqual(sums[category], sum(one for (own, _metric), one in costs.items() if own == category))
        components = {*metrics, *revenue} - {NOWHERE}
        self.assertLessEqual({*found}, components or {NOWHERE})

    @settings(max_examples=30, deadline=None)
    @given(REVENUE, METRICS, CENTS)
    def test_what_a_metric_causes_stays_with_what_it_prices(self, revenue, metrics, cost):
        found = divide_costs(revenue, metrics, {("support", "a"): cost}, CENT)
        priced = {key for key, own in metrics.items() if "a" in own}
        if priced:
            self.assertEqual({*found}, priced)
        weights = {key: max(revenue.get(key, 0), 0) for key in found if key is not NOWHERE}
        if sum(weights.values()):
            for key, weight in weights.items():
                self.assertLess(abs(found[key]["support"] - cost * weight / sum(weights.values())), CENT)

    @settings(max_examples=30, deadline=None)
    @given(st.dictionaries(KEYS, CENTS, min_size=1, max_size=6), st.decimals("0.01", 100, places=6))
    def test_values_of_parts_make_the_value_of_the_whole(self, parts, rate):
        whole = (sum(parts.values()) * rate).quantize(CENT)
        found = divide_value(whole, parts, rate, CENT)
        self.assertEqual(sum(found.values()), whole)
        for key, one in parts.items():
            self.assertLess(abs(found[key] - one * rate), 2 * CENT)
