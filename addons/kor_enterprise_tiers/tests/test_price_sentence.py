from odoo.fields import Command
from odoo.tests import tagged

from .common import TierCase


@tagged("post_install", "-at_install")
class TestPriceSentence(TierCase):
    def _describe(self, **values):
        return self._create_charge(**values).price_summary.replace("\N{NO-BREAK SPACE}", " ")

    def test_price_without_tiers_reads_as_one_sentence(self):
        seats = {"charge_type": "per_unit", "metric_id": self.users.id}
        calls = {"charge_type": "usage", "metric_id": self.api_calls.id}
        for expected, values in [
            ("49.00 T$ per month", {"unit_price": 49}),
            ("490.00 T$ per year", {"unit_price": 490, "billing_months": 12}),
            ("1.00 T$ per 2 years", {"unit_price": 1, "billing_months": 24}),
            ("2,500.00 T$ once", {"unit_price": 2500, "charge_type": "one_time"}),
            ("29.00 T$ per user and month", {**seats, "unit_price": 29}),
            ("29.00 T$ per user and quarter", {**seats, "unit_price": 29, "billing_months": 3}),
            ("0.00045 T$ per call", {**calls, "unit_price": 0.00045}),
            (
                "0.08 T$ per call, 1,000 calls included, at least 5.00 T$ per month",
                {**calls, "unit_price": 0.08, "included_quantity": 1000, "minimum_amount": 5},
            ),
            (
                "9.00 T$ per 100 calls",
                {**calls, "price_model": "package", "unit_price": 9, "package_size": 100},
            ),
            (
                "2.9 % of the amount plus 0.30 T$ per transaction",
                {**calls, "price_model": "percentage", "percentage": 2.9, "event_fee": 0.3},
            ),
        ]:
            with self.subTest(expected):
                self.assertEqual(self._describe(**values), expected)

    def test_tiered_price_reads_from_the_lowest_tier(self):
        tiers = [
            Command.create({"up_to": 0, "unit_price": 0.021}),
            Command.create({"up_to": 100}),
            Command.create({"up_to": 1000, "unit_price": 0.09}),
        ]
        steps = [Command.create({"up_to": 5, "flat_amount": 10}), Command.create({"flat_amount": 20})]
        bands = "Free up to 100 GB, then 0.09 T$ up to 1,000 GB, then 0.021 T$ per GB and month"
        stored = {"charge_type": "usage", "metric_id": self.storage.id}
        for expected, model, commands in [
            (bands, "graduated", tiers),
            (f"{bands}, the tier reached prices every unit", "volume", tiers),
            ("10.00 T$ up to 5 GB, then 20.00 T$ per month", "stairstep", steps),
        ]:
            with self.subTest(model):
                description = self._describe(**stored, price_model=model, price_tier_ids=commands)
                self.assertEqual(description, expected)
