from decimal import Decimal

from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestRecognitionLedger(KorRevenueCommon):
    """Currencies, closed months, entries for all contracts together, months that are not over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.annual = {"term": "annual", "date_start": "2026-01-01"}
        cls.year = {"unit_price": 1200.0, "billing_months": 12}
        cls.foreign = cls.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-02-01", 2.5), ("2026-04-01", 4.0)]
        )

    def _sum(self, account, contract, name="balance"):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted"), ("company_id", "=", self.company.id)]
        )
        return round(
            -sum(
                lines.filtered(
                    lambda line: line.kor_contract_id == contract or line.move_id.kor_contract_id == contract
                ).mapped(name)
            ),
            2,
        )

    def test_what_was_billed_first_is_earned_at_the_rate_of_its_invoice(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract(self.year, currency_id=self.foreign.id, **self.annual)
            self._bill(contract, "2026-01-01", "2026-01-31")
        contract.recognize_revenue("2026-04-30")
        # 1,200 EUR at 2 EUR a dollar: 600. Four months: 200, whatever the rate of the month.
        self.assertEqual(self._sum(self.income, contract), 200)
        self.assertEqual(self._sum(self.liability, contract), 400)
        self.assertEqual(self._sum(self.liability, contract, "amount_currency"), 800)
        contract.recognize_revenue("2026-12-31")
        self.assertEqual((self._sum(self.income, contract), self._sum(self.liability, contract)), (600, 0))

    def test_what_was_earned_first_differs_by_the_rate_of_its_invoice(self):
        values = {"charge_type": "fixed", "unit_price": 300.0, "billing_months": 3, "timing": "arrears"}
        with freeze_time("2026-01-01"):
            contract = self._make_contract(values, currency_id=self.foreign.id, **self.annual)
        contract.recognize_revenue("2026-03-31")
        # 100 a month at 2, 2.5 and 2.5: 50 + 40 + 40.
        self.assertEqual(self._sum(self.income, contract), 130)
        self.assertEqual(self._sum(self.asset, contract), -130)
        with freeze_time("2026-04-01"):
            self._bill(contract, "2026-01-01", "2026-03-31")
        contract.recognize_revenue("2026-04-30")
        # Billed at 4: 75 dollars for what stood at 130, a loss of 55; April at 4: 25.
        self.assertEqual(self._sum(self.income, contract), 155)
        loss = self.company.expense_currency_exchange_account_id
        self.assertEqual(self._sum(loss, contract), -55)
        self.assertEqual((self._sum(self.liability, contract), self._sum(self.asset, contract)), (0, -25))

    def test_what_changes_a_closed_month_is_booked_in_the_open_one(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract({"unit_price": 100.0}, **self.annual)
        for month in ("2026-01-31", "2026-02-28", "2026-03-31"):
            contract.recognize_revenue(month)
        self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        with freeze_time("2026-04-10"):
            # From February on 111 less: 100 × 12 = 1,200 becomes 100 + 11 × 90 = 1,090; caught up from the start.
            amendment = self._amend(
                contract, "2026-02-01", {"kind": "price", "line": contract.line_ids.id, "unit_price": 90}, agree=False
            )
            amendment.action_agree("Ada", "note")
            contract.recognize_revenue("2026-04-30")
        items = contract.revenue_schedule_ids.item_ids.sorted("id")
        late = items.filtered(lambda item: item.date == fields.Date.to_date("2026-04-30"))
        self.assertEqual(
            {str(item.month)[:7]: round(item.amount, 2) for item in late},
            {"2026-02": -10, "2026-03": -10, "2026-04": 90},
        )
        self.assertEqual(late.filtered(lambda item: str(item.month) == "2026-02-01").revision, 1)
        self.assertTrue(late.filtered(lambda item: str(item.month) == "2026-02-01").explanation["late"])
        self.assertEqual(self._balance(self.income), 100 + 3 * 90)

    def test_what_belongs_to_closed_months_waits_for_an_open_one(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract({"unit_price": 100.0}, **self.annual)
        self.company.sudo().fiscalyear_lock_date = "2026-03-31"
        self.assertFalse(contract.recognize_revenue("2026-02-28")["items"])
        result = contract.recognize_revenue("2026-04-30")
        self.assertEqual((result["items"], result["revenue"]), (4, 400))
        moves = self.env["account.move"].browse(result["moves"])
        self.assertEqual(moves.mapped("date"), [fields.Date.to_date("2026-04-30")])

    def test_all_contracts_together_are_one_entry(self):
        self.company.kor_revenue_grouping = "month"
        contracts = self.env["kor.contract"]
        with freeze_time("2026-01-01"):
            for timing in ("advance", "arrears"):
                contracts |= self._make_contract({**self.year, "timing": timing}, **self.annual)
            self._bill(contracts[0], "2026-01-01", "2026-01-31")
        result = contracts.recognize_revenue("2026-02-28")
        moves = self.env["account.move"].browse(result["moves"])
        self.assertEqual(
            moves.sorted("date").mapped("date"), [fields.Date.to_date(day) for day in ("2026-01-31", "2026-02-28")]
        )
        self.assertEqual(self._balance(self.liability), 1000)
        self.assertEqual(self._balance(self.asset), -200)
        self.assertEqual(self._balance(self.income), 400)
        self.assertEqual(moves.kor_revenue_item_ids.contract_id, contracts)

    def test_slices_that_differ_in_sign_between_the_currencies_are_booked_on_both_sides(self):
        # 2.00 more of one contract at 4 EUR a dollar and 1.10 less of another at 2: 0.90 EUR more, 0.05 dollars less.
        day, amount, balance = fields.Date.to_date("2026-01-31"), Decimal("0.90"), Decimal("-0.05")
        key, nobody = (day, self.foreign, self.env["kor.contract"]), self.env["kor.contract"]
        sums = {
            (self.liability, nobody, False): [amount, balance],
            (self.income, nobody, False): [-amount, -balance],
        }
        move = self.env["kor.revenue.entry"]._create_entries(self.company, {key: sums})[key]
        self.assertEqual(move.state, "posted")
        for account, sign in ((self.liability, 1), (self.income, -1)):
            lines = move.line_ids.filtered(lambda line, account=account: line.account_id == account)
            self.assertEqual(
                [(round(sign * line.amount_currency, 2), round(sign * line.balance, 2)) for line in lines.sorted("id")],
                [(0.90, 0), (0, -0.05)],
            )

    def test_a_month_that_is_not_over_is_earned_up_to_its_day(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract({"unit_price": 310.0}, **self.annual)
        contract.recognize_revenue("2026-01-10")
        self.assertEqual(self._balance(self.income), 100)
        contract.recognize_revenue("2026-01-31")
        self.assertEqual(self._balance(self.income), 310)
        items = contract.revenue_schedule_ids.item_ids.sorted("revision")
        self.assertEqual(items.mapped("amount"), [100, 210])

    def test_a_contract_without_accounts_is_as_invoiced(self):
        self.company.kor_liability_account_id = False
        with freeze_time("2026-01-01"):
            contract = self._make_contract(self.year, **self.annual)
            move = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(move.invoice_line_ids.account_id, self.income)
        self.assertFalse(contract.revenue_schedule_ids)

    def test_a_preview_books_nothing(self):
        with freeze_time("2026-01-01"):
            contract = self._make_contract(self.year, **self.annual)
        rows = contract.preview_revenue("2026-02-28")
        self.assertEqual([(row["month"], row["amount"]) for row in rows], [("2026-01-01", 100), ("2026-02-01", 100)])
        self.assertFalse(contract.revenue_schedule_ids.item_ids)

    def test_a_cancellation_settles_what_is_left(self):
        # 1,200 a year paid ahead; cancelled at the end of June, 600 given back but for a day: earned is what is kept.
        with freeze_time("2026-01-01"):
            contract = self._make_contract(self.year, **self.annual)
            self._bill(contract, "2026-01-01", "2026-01-31")
        with freeze_time("2026-06-30"):
            contract.action_cancel("2026-06-30")
            contract._bill(contract._get_current_window())
        contract.recognize_revenue("2026-08-31")
        kept = 1200 - round(1200 * 184 / 365, 2)
        self.assertEqual(self._balance(self.income), round(kept, 2))
        self.assertEqual((self._balance(self.liability), self._balance(self.asset)), (0, 0))
