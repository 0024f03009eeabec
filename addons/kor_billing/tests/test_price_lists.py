from datetime import date
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.kor_enterprise_tiers.tests.common import load_price_lists

from .common import KorBillingCommon

# Published price lists, quantities of one month, and what they come to:
# storage 51,200 × 0.023 + 460,800 × 0.022 + 88,000 × 0.021; transfer 100 free, then 10,140 × 0.09 + 40,960 × 0.085 +
# 102,400 × 0.07 + 26,400 × 0.05; gateway 333 × 3.50 + 667 × 2.80; cards 2.9 % of 50,000 + 1,000 × 0.30; seats.
PRICE_LISTS = [
    ("storage", {"storage": 600000}, "13163.20"),
    ("transfer", {"data_transfer": 180000}, "12882.20"),
    ("gateway", {"api_requests": 1000}, "3033.10"),
    ("card", {"card_volume": {"quantity": 50000, "events": 1000}}, "1750.00"),
    ("seats_team", {"users": 35}, "140.00"),
    ("seats_enterprise", {"users": 120}, "2520.00"),
]


@tagged("post_install", "-at_install")
class TestPriceLists(KorBillingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        load_price_lists(cls.env)

    def test_contract_on_each_price_list_is_billed_to_the_published_sum(self):
        for code, quantities, expected in PRICE_LISTS:
            with self.subTest(code):
                plan = self._copy_plan(code)
                contract = self.env["kor.contract"].create(
                    {
                        "partner_id": self.customer.id,
                        "company_id": self.company.id,
                        "plan_id": plan.id,
                        "date_start": "2026-01-01",
                        "tz": "UTC",
                    }
                )
                contract.set_quantities(quantities)
                contract.action_activate()
                move = self._bill(contract, "2026-01-01", "2026-01-31")
                self.assertEqual(Decimal(str(move.amount_untaxed)), Decimal(expected))
                steps = move.invoice_line_ids.kor_explanation["price"]["steps"]
                self.assertEqual(round(sum(step["amount"] for step in steps), 2), float(expected))

    def test_seats_billed_yearly(self):
        plan = self._copy_plan("seats_annual")
        contract = self.env["kor.contract"].create(
            {"partner_id": self.customer.id, "company_id": self.company.id, "plan_id": plan.id,
             "date_start": date(2026, 1, 1), "tz": "UTC"}
        )  # fmt: skip
        contract.set_quantities({"users": 18})
        contract.action_activate()
        move = self._bill(contract, "2026-01-01", "2026-12-31")
        # 29 per user and month, paid for a year.
        self.assertEqual(move.amount_untaxed, 18 * 29 * 12)
        self.assertEqual(len(move.invoice_line_ids), 1)

    def _copy_plan(self, code):
        """Take the catalogue's price list over into this company, with a product that it may sell."""
        plan = self.env.ref(f"kor_enterprise_tiers.plan_price_list_{code}").copy(
            {"code": f"test_{code}", "currency_id": self.currency.id, "company_id": False}
        )
        plan.charge_ids.product_id = self.product
        return plan
