from odoo.fields import Command
from odoo.tests import tagged

from .common import TierCase


@tagged("post_install", "-at_install")
class TestPriceTiers(TierCase):
    def test_bad_tiers_are_refused_with_a_sentence(self):
        for tiers, sentence in [
            ([], "needs tiers"),
            ([(10, 1)], "leave its upper bound empty"),
            ([(10, 1), (10, 2), (0, 3)], "must end above 10"),
            ([(0, 1), (0, 2)], "only the last tier"),
            ([(10, -1), (0, 2)], "zero or above"),
            ([(-5, 1), (0, 2)], "must end above 0"),
        ]:
            with self.subTest(tiers=tiers), self.assert_refused(sentence):
                self._create_graduated(*tiers)

    def test_standard_price_with_tiers_is_refused(self):
        charge = self._create_graduated((10, 1), (0, 2))
        with self.assert_refused("has no tiers"):
            charge.price_model = "standard"
        charge.write({"price_model": "standard", "price_tier_ids": [Command.clear()]})
        self.assertFalse(charge.price_tier_ids)

    def test_tiers_are_rated_from_the_lowest_whatever_their_order(self):
        charge = self._create_graduated((0, 1), (10, 3))
        self.assertEqual(charge.simulate(12)["total"], 32)

    def test_price_stays_valid_when_a_tier_alone_is_changed(self):
        charge = self._create_graduated((10, 1), (0, 2))
        first, last = charge.price_tier_ids._sorted_by_bound()
        with self.assert_refused("leave its upper bound empty"):
            last.up_to = 20
        with self.assert_refused("leave its upper bound empty"):
            last.unlink()
        with self.assert_refused("only the last tier"):
            self.env["kor.charge.tier"].create({"charge_id": charge.id, "unit_price": 3})
        first.unlink()
        self.assertEqual(charge.price_tier_ids, last)

    def test_tiers_written_together_are_judged_together(self):
        charge = self._create_graduated((10, 1), (0, 2))
        last = charge.price_tier_ids._sorted_by_bound()[-1]
        charge.price_tier_ids = [
            Command.update(last.id, {"up_to": 20}),
            Command.create({"up_to": 0, "unit_price": 3}),
        ]
        self.assertEqual(charge.simulate(21)["total"], 33)  # 10 × 1 + 10 × 2 + 1 × 3
        with self.assert_refused("leave its upper bound empty"):
            charge.price_tier_ids = [Command.delete(charge.price_tier_ids._sorted_by_bound()[-1].id)]

    def test_range_names_both_bounds(self):
        charge = self._create_graduated((1000, 1), (5000, 2), (0, 3))
        ranges = charge.price_tier_ids._sorted_by_bound().mapped("range_display")
        self.assertEqual(ranges, ["up to 1,000", "above 1,000 up to 5,000", "above 5,000"])
