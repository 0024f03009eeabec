from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.figures import add_dicts, add_up
from ..engine.margin import DEFAULT_LAYERS, MarginError, margin
from .engine_common import CENT, amount

CENTS = st.integers(-(10**8), 10**8).map(lambda cents: cents * CENT)
COSTS = st.dictionaries(st.sampled_from(sorted(DEFAULT_LAYERS)), CENTS)


@tagged("post_install", "-at_install", "kor_engine")
class TestEngineMargin(BaseCase):
    def test_margins_layer_by_layer(self):
        costs = {"infrastructure": 200, "support": 100, "sales_marketing": 150, "development": 300, "overhead": 50}
        found = margin(amount(1000), {category: amount(one) for category, one in costs.items()})
        self.assertEqual((found.gross, found.contribution, found.profit), (700, 550, 200))
        self.assertEqual([found.share(one).percent for one in (found.gross, found.contribution)], [70, 55])

    def test_layers_may_be_chosen(self):
        found = margin(amount(100), {"travel": amount(30)}, {"travel": "customer"})
        self.assertEqual((found.gross, found.contribution), (100, 70))

    def test_without_revenue_there_is_no_percentage(self):
        for revenue in (0, -5):
            found = margin(amount(revenue), {"support": amount(10)})
            self.assertEqual(found.gross, revenue - 10)
            self.assertEqual(found.share(found.gross).percent, None)
            self.assertIn("There is no revenue", found.share(found.gross).reason)

    def test_category_without_a_layer_is_refused(self):
        for layers in ({}, {"gifts": "somewhere"}):
            with self.assertRaisesRegex(MarginError, "gifts stands in no layer: choose one of service, customer"):
                margin(amount(1), {"gifts": amount(1)}, layers)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(CENTS, COSTS), max_size=8))
    def test_parts_make_the_whole(self, rows):
        parts = [margin(revenue, costs) for revenue, costs in rows]
        whole = margin(add_up(revenue for revenue, _costs in rows), add_dicts(costs for _revenue, costs in rows))
        for name in ("revenue", "gross", "contribution", "profit"):
            self.assertEqual(getattr(whole, name), sum((getattr(one, name) for one in parts), Decimal(0)))
        self.assertEqual(whole.profit, whole.revenue - sum(whole.costs.values()))
        for part, (revenue, costs) in zip(parts, rows, strict=True):
            self.assertEqual(part.profit, revenue - sum(costs.values()))
