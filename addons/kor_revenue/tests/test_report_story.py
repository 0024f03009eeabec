from random import Random

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .report_common import KorRevenueReportCommon


@tagged("post_install", "-at_install")
class TestReportStory(KorRevenueReportCommon):
    """Whatever is changed, credited and cancelled: what closes book adds up, and the ledger agrees, month by month."""

    def test_month_by_month_the_books_roll_forward_and_agree(self):
        for seed, grouping in ((1, "contract"), (2, "month")):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self.company.kor_revenue_grouping = grouping
                self._live_through(Random(seed))
                savepoint.rollback()
                self.env.invalidate_all()

    def _live_through(self, chance):
        closing = {"liability": 0, "asset": 0}
        for number in range(14):
            first = fields.Date.to_date("2026-01-01") + relativedelta(months=number)
            last = first + relativedelta(months=1, days=-1)
            with freeze_time(first + relativedelta(days=14)):
                self._use(str(first + relativedelta(days=3)), chance.randint(1, 9))
                for contract in self.contracts.filtered(lambda one: one.state == "active"):
                    contract.generate_invoice("2026-01-01", str(first))
                self._change_something(chance, first)
            self._close(str(last))
            found = self.report.roll_forward(str(first), str(last))
            totals, rounded = found["totals"], self.currency.round
            self.assertEqual(totals["opening_liability"], closing["liability"], first)
            self.assertEqual(totals["opening_asset"], closing["asset"], first)
            moved = totals["billed"] - totals["recognized"] - totals["exchange"] + totals["reclassified"]
            closing = {"liability": totals["closing_liability"], "asset": totals["closing_asset"]}
            self.assertEqual(rounded(totals["opening_liability"] + moved), closing["liability"], first)
            self.assertEqual(rounded(totals["opening_asset"] + totals["reclassified"]), closing["asset"], first)
            self.assertEqual(found["ledger"]["difference"], 0, first)
            checked = self.control.check_ledger(str(last))
            self.assertTrue(checked["is_clean"], (first, checked["offenders"]))

    def _change_something(self, chance, first):
        day = first + relativedelta(days=14)
        running = self.contracts.filtered(lambda one: one.state == "active" and one.date_end_effective > day)
        if not running:
            return
        contract = chance.choice(running)
        what = chance.choice(("price", "credit", "rate", "nothing", "cancel" if first.month in (5, 9) else "price"))
        line = contract.line_ids.filtered(lambda one: not one.date_end or one.date_end >= first)[:1]
        if what == "price" and line.charge_type == "fixed":
            price = line.unit_price + chance.choice((-240, 120, 360))
            self._amend(contract, str(day), {"kind": "price", "line": line.id, "unit_price": price})
        elif what == "credit":
            invoices = self.env["account.move"].search(
                [("kor_contract_id", "=", contract.id), ("move_type", "=", "out_invoice"), ("state", "=", "posted")]
            )
            if invoices:
                refund = invoices[0]._reverse_moves([{"invoice_date": day, "date": day}])
                refund.invoice_line_ids[:1].price_unit = chance.randint(5, 60)
                refund.action_post()
        elif what == "rate":
            self.env["res.currency.rate"].create(
                {
                    "name": first,
                    "currency_id": self.euro.id,
                    "company_id": self.company.id,
                    "rate": chance.choice((1.5, 2.5)),
                }
            )
        elif what == "cancel":
            contract.action_cancel(str(first + relativedelta(months=1, days=-1)))
