from odoo.fields import Command
from odoo.tests import tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestDiscounts(KorBillingCommon):
    def _bill_months(self, contract, months=4):
        lines = self._bill(contract, "2026-01-01", f"2026-{months:02}-28").invoice_line_ids
        return lines.sorted(lambda line: line.kor_item_ids.date_start).mapped("price_subtotal")

    def test_percent_on_the_whole_for_two_periods(self):
        off = {"name": "Launch", "kind": "percent", "value": 25, "periods": 2}
        contract = self._make_contract(discount_ids=[Command.create(off)])
        self.assertEqual(self._bill_months(contract), [75, 75, 100, 100])

    def test_amount_on_a_line_between_dates(self):
        off = {"name": "Spring", "kind": "amount", "value": 30, "date_start": "2026-02-01", "date_end": "2026-03-31"}
        contract = self._make_contract({"discount_ids": [Command.create(off)]})
        self.assertEqual(self._bill_months(contract), [100, 70, 70, 100])

    def test_order_of_stacking_is_the_sequence(self):
        amount = {"name": "Amount", "kind": "amount", "value": 20}
        percent = {"name": "Percent", "kind": "percent", "value": 50}
        for first, second, expected in ((amount, percent, 40), (percent, amount, 30)):
            with self.subTest(first=first["name"]):
                offs = [{**first, "sequence": 1}, {**second, "sequence": 2}]
                contract = self._make_contract(discount_ids=[Command.create(off) for off in offs])
                self.assertEqual(self._bill_months(contract, 1), [expected])

    def test_explanation_names_every_discount(self):
        off = {"name": "Launch", "kind": "percent", "value": 25}
        contract = self._make_contract(discount_ids=[Command.create(off)])
        line = self._bill(contract, "2026-01-01", "2026-01-31").invoice_line_ids
        [step] = line.kor_explanation["discounts"]
        self.assertEqual((step["name"], step["before"], step["amount"], step["after"]), ("Launch", 100, 25, 75))
        self.assertIn("Launch", line.kor_item_ids.explanation_html)

    def test_recurring_revenue_counts_running_discounts(self):
        contract = self._make_contract(
            {"unit_price": 1200, "billing_months": 12},
            {"charge_type": "one_time", "unit_price": 999},
            discount_ids=[Command.create({"name": "Partner", "kind": "percent", "value": 10})],
        )
        self.assertEqual((contract.mrr, contract.arr), (90, 1080))
