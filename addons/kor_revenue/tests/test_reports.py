from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .report_common import KorRevenueReportCommon


@tagged("post_install", "-at_install")
class TestReports(KorRevenueReportCommon):
    """Balances, roll-forward and bridge of a quarter, to the cent."""

    def _row(self, found, contract):
        (row,) = (row for row in found["rows"] if row["contract_id"] == contract.id)
        return row

    def test_each_contract_stands_where_it_was_billed_and_earned(self):
        self._run_quarter()
        found = self.report.contract_balances()
        expected = {
            self.ahead: (1200, 300, 900, 0),
            self.afterwards: (0, 300, 0, 300),
            self.metered: (10, 24, 0, 14),
            self.foreign: (600, 150, 450, 0),
        }
        for contract, figures in expected.items():
            with self.subTest(contract=contract.name):
                self.assertEqual(tuple(self._row(found, contract)["balances"].values()), figures)
        euros = {"billed": 1200, "recognized": 300, "liability": 900, "asset": 0}
        self.assertEqual(self._row(found, self.foreign)["amounts"], euros)
        self.assertEqual(found["totals"], {"billed": 1810, "recognized": 774, "liability": 1350, "asset": 314})

    def test_opening_and_movements_make_the_closing_balance_which_is_the_ledger(self):
        self._run_quarter()
        quarter = self.report.roll_forward("2026-01-01", "2026-03-31")
        self.assertEqual(
            quarter["totals"],
            {
                "opening_liability": 0,
                "billed": 1810,
                "recognized": 774,
                "exchange": 0,
                "reclassified": 314,
                "closing_liability": 1350,
                "opening_asset": 0,
                "closing_asset": 314,
            },
        )
        self.assertEqual(quarter["ledger"], {"liability": 1350, "asset": 314, "net": 1036, "difference": 0})
        # February alone: use of January is billed, that of February is earned.
        february = self.report.roll_forward("2026-02-01", "2026-02-28")
        self.assertEqual(list(february["totals"].values()), [1650, 10, 264, 0, 104, 1500, 110, 214])
        self.assertEqual(list(self._row(february, self.metered)["balances"].values()), [0, 10, 14, 0, 4, 0, 10, 14])
        self.assertEqual(february["ledger"]["difference"], 0)

    def test_a_credit_note_rolls_forward_as_less_billed(self):
        move = self._run_quarter()
        with freeze_time("2026-04-30"):
            refund = move._reverse_moves([{"invoice_date": "2026-04-30", "date": "2026-04-30"}])
            refund.invoice_line_ids.price_unit = 365
            refund.action_post()
            self._close("2026-04-30")
        row = self._row(self.report.roll_forward("2026-04-01", "2026-04-30"), self.ahead)
        # 119 of 365 days are over (1 January to 29 April), and the 30th: 120 less than the 100 of the month.
        self.assertEqual(list(row["balances"].values()), [900, -365, -20, 0, 0, 555, 0, 0])

    def test_invoices_at_another_rate_than_revenue_make_an_exchange_difference(self):
        contract = self._make_contract(
            {"unit_price": 1200.0, "billing_months": 12, "timing": "arrears"},
            term="annual", date_start="2026-01-01", currency_id=self.euro.id,
        )  # fmt: skip
        self.env["res.currency.rate"].create(
            {"name": "2027-01-01", "currency_id": self.euro.id, "company_id": self.company.id, "rate": 1.0}
        )
        with freeze_time("2026-12-31"):
            contract.recognize_revenue("2026-12-31")
        with freeze_time("2027-01-02"):
            self._bill(contract, "2026-01-01", "2026-12-31")
        with freeze_time("2027-01-31"):
            contract.recognize_revenue("2027-01-31")
        row = self._row(self.report.roll_forward("2027-01-01", "2027-01-31"), contract)
        # Earned as 600, billed as 1,200: a gain of 600.
        self.assertEqual(list(row["balances"].values()), [0, 1200, 0, 600, -600, 0, 600, 0])
        self.assertTrue(self.control.check_ledger("2027-01-31")["is_clean"])

    def test_the_bridge_explains_each_step_from_recurring_fees_to_cash(self):
        move = self._run_quarter()
        with freeze_time("2026-02-15"):
            self._register_payment(move, payment_date="2026-02-15")
        found = self.report.bridge("2026-01-01", "2026-03-31")
        steps = {step["key"]: step["amount"] for step in found["steps"]}
        # Two years of 1,200 and one of 600, a quarter each.
        self.assertEqual(steps, {"mrr": 750, "invoiced": 1810, "deferred": 1810, "recognized": 774, "cash": 1380})
        why = {one["key"]: one["amount"] for step in found["steps"] for one in step["differences"] if one["amount"]}
        self.assertEqual(
            why,
            {
                "timing": 1050,
                "usage": 10,
                "carried": -1036,
                "not_recognized": 1036,
                "taxes": 271.5,
                "receivable": -701.5,
            },
        )
        before = 0
        for step in found["steps"]:
            before = round(before + sum(one["amount"] for one in step["differences"]), 2) if before else step["amount"]
            self.assertEqual(before, step["amount"], step["key"])

    def test_a_contract_that_has_ended_since_recurs_in_its_own_time(self):
        contract = self._make_contract({"unit_price": 50.0}, partner_id=self.other_customer.id)
        before = self.report.bridge("2026-01-01", "2026-01-31")["steps"][0]["amount"]
        with freeze_time("2026-03-10"):
            contract.action_cancel("2026-03-31")
        self.assertEqual(self.report.bridge("2026-01-01", "2026-01-31")["steps"][0]["amount"], before)
        self.assertEqual(self.report.bridge("2026-04-01", "2026-04-30")["steps"][0]["amount"], before - 50)

    def test_drilling_down_comes_to_the_same_figures(self):
        self._run_quarter()
        balance = self.env["kor.revenue.balance"].search([("contract_id", "=", self.ahead.id)])
        flows = self.env["kor.revenue.flow"].search(balance.action_open_flows()["domain"])
        self.assertEqual(sorted(flows.mapped("balance")), [100, 100, 100, 1200])
        self.assertEqual(flows.move_id.mapped("move_type"), ["entry", "entry", "entry", "out_invoice"])
        lines = self.env["account.move.line"].search(balance.action_open_ledger()["domain"])
        self.assertEqual(-sum(lines.mapped("balance")), 900)
        bridge = self.env["kor.revenue.bridge"].create({"date_from": "2026-01-01", "date_to": "2026-03-31"})
        bridge.action_show()
        signs = {"kor.revenue.flow": ("balance", 1), "account.move.line": ("balance", -1)}
        for key in ("invoiced", "usage", "deferred", "recognized", "taxes"):
            with self.subTest(key=key):
                step = bridge.step_ids.filtered(lambda one, key=key: one.key == key)
                action = step.action_open()
                name, sign = signs[action["res_model"]]
                records = self.env[action["res_model"]].search(action["domain"])
                self.assertEqual(round(sign * sum(records.mapped(name)), 2), step.amount or step.difference)

    def test_other_companies_and_strangers_see_nothing(self):
        self._run_quarter()
        other = self.setup_other_company()["company"]
        calls = (
            lambda report, **kw: report.contract_balances(**kw),
            lambda report, **kw: report.roll_forward("2026-01-01", "2026-03-31", **kw),
            lambda report, **kw: report.remaining_obligations("2026-03-31", **kw),
            lambda report, **kw: report.bridge("2026-01-01", "2026-03-31", **kw),
            lambda report, **kw: report.env["kor.revenue.control"].check_ledger("2026-03-31", **kw),
        )
        for call in calls:
            with self.assertRaises(AccessError):
                call(self.report.with_user(self.biller))
            with self.assertRaises(AccessError):
                call(self.report.with_context(allowed_company_ids=self.company.ids), company_id=other.id)
        report = self.report.with_company(other)
        self.assertEqual(report.contract_balances()["rows"], [])
        self.assertEqual(report.remaining_obligations("2026-03-31")["rows"], [])

    def test_a_reader_without_accounting_reads_all_reports(self):
        self._run_quarter()
        reader = new_test_user(
            self.env, "kor_rev_reader", "kor_revenue.group_kor_revenue_reader", company_id=self.company.id
        )
        report = self.report.with_user(reader)
        self.assertEqual(report.contract_balances()["totals"]["liability"], 1350)
        self.assertEqual(report.roll_forward("2026-01-01", "2026-03-31")["ledger"]["difference"], 0)
        self.assertEqual(report.remaining_obligations("2026-03-31")["total"], 2250)
        self.assertEqual(report.bridge("2026-01-01", "2026-03-31")["steps"][3]["amount"], 774)
        self.assertTrue(report.env["kor.revenue.control"].check_ledger("2026-03-31")["is_clean"])

    def test_bad_input_is_refused_with_a_sentence(self):
        for call, message in (
            (lambda: self.report.roll_forward("2026-01-01", "soon"), "date_to must be a date"),
            (lambda: self.report.roll_forward("2026-02-01", "2026-01-01"), "must not be after"),
            (lambda: self.report.remaining_obligations("2026-01-01", by="year"), "band or quarter"),
            (lambda: self.report.bridge("2026-01-01", "2026-01-31", company_id="x"), "number of a company"),
            (lambda: self.control.check_ledger(7), "date must be a date"),
        ):
            with self.subTest(message=message), self.assertRaisesRegex(UserError, message):
                call()
