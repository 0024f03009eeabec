from odoo.tests import freeze_time, tagged

from .report_common import KorRevenueReportCommon


@tagged("post_install", "-at_install")
class TestBalances(KorRevenueReportCommon):
    """Contract balances are kept: after each step they are what their facts come to, which `tearDown` compares, too."""

    def _get_kept(self, contract):
        """Return what a contract has billed, recognised, deferred and earned ahead, in company currency."""
        rows = self.env["kor.revenue.balance"].search([("contract_id", "=", contract.id)])
        names = ("billed_balance", "recognized_balance", "liability_balance", "asset_balance")
        self.assertEqual(*self._compare_balances())
        return [tuple(row[name] for name in names) for row in rows]

    def _credit(self, move, amount):
        refund = move._reverse_moves([{"invoice_date": "2026-04-30", "date": "2026-04-30"}])
        refund.invoice_line_ids.price_unit = amount
        refund.action_post()
        return refund

    def test_posting_and_taking_back_are_kept_at_once(self):
        self.assertEqual(self._get_kept(self.ahead), [])
        with freeze_time("2026-01-01"):
            move = self._bill(self.ahead, "2026-01-01", "2026-01-31")
        self.assertEqual(self._get_kept(self.ahead), [(1200, 0, 1200, 0)])
        with freeze_time("2026-04-30"):
            refund = self._credit(move, 365)
        self.assertEqual(self._get_kept(self.ahead), [(835, 0, 835, 0)])
        refund.button_draft()
        self.assertEqual(self._get_kept(self.ahead), [(1200, 0, 1200, 0)])
        refund.action_post()
        refund.button_draft()
        refund.button_cancel()
        self.assertEqual(self._get_kept(self.ahead), [(1200, 0, 1200, 0)])
        move.button_draft()
        # Nothing is behind it any more.
        self.assertEqual(self._get_kept(self.ahead), [])

    def test_closing_is_kept_at_once(self):
        self._close("2026-01-31")
        self.assertEqual(self._get_kept(self.afterwards), [(0, 100, 0, 100)])
        self._close("2026-02-28")
        self.assertEqual(self._get_kept(self.afterwards), [(0, 200, 0, 200)])

    def test_an_invoice_that_somebody_writes_counts_from_its_posting_on(self):
        with freeze_time("2026-01-01"):
            move = self._bill(self.ahead, "2026-01-01", "2026-01-31")
            copy = move.copy({"invoice_date": "2026-01-01"})
            copy.kor_contract_id = self.ahead
            copy.invoice_line_ids.account_id = self.liability
            self.assertEqual(self._get_kept(self.ahead), [(1200, 0, 1200, 0)])
            copy.action_post()
        self.assertEqual(self._get_kept(self.ahead), [(2400, 0, 2400, 0)])

    def test_who_and_which_tier_follow_the_contract(self):
        self._run_quarter()
        row = self.env["kor.revenue.balance"].search([("contract_id", "=", self.ahead.id)])
        self.assertEqual((row.partner_id, row.tier_id), (self.ahead.partner_id, self.ahead.tier_id))
        self.assertEqual(row.company_id, self.company)
        other = self.env["kor.tier"].search([("id", "!=", self.ahead.tier_id.id)], limit=1)
        self.assertTrue(other)
        self.ahead._write_agreed({"tier_id": other.id})
        self.assertEqual(row.tier_id, other)

    def test_read_anew_what_was_changed_outside_is_mended(self):
        self._run_quarter()
        before = self._compare_balances()[0]
        self.env.cr.execute("UPDATE kor_revenue_balance SET billed = billed + 1, liability_balance = 0")
        self.env.cr.execute("DELETE FROM kor_revenue_balance WHERE contract_id = %s", [self.metered.id])
        self.env["kor.revenue.balance"].invalidate_model()
        self.assertNotEqual(self._compare_balances()[0], before)
        self.env["kor.revenue.balance"].sudo()._keep_all()
        self.assertEqual(self._compare_balances()[0], before)
        # What is right is not written again.
        self.env.cr.execute("SELECT xmin FROM kor_revenue_balance ORDER BY id")
        written = self.env.cr.fetchall()
        self.env["kor.revenue.balance"].sudo()._keep_all()
        self.env.cr.execute("SELECT xmin FROM kor_revenue_balance ORDER BY id")
        self.assertEqual(self.env.cr.fetchall(), written)
