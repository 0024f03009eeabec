from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestContractCost(KorRevenueCommon):
    """A commission of 3,600 on a contract of three years."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asset_of_costs = cls.company.kor_commission_account_id
        cls.payable = cls.company.kor_commission_credit_account_id
        cls.expense = cls.company.kor_commission_expense_account_id
        cls.contract = cls._make_contract(term="multi_year", term_months=36)
        cls.seller = cls.env["res.partner"].create({"name": "Seller"})

    def _make_cost(self, confirm=True, **values):
        cost = self.env["kor.contract.cost"].create(
            {
                "contract_id": self.contract.id,
                "payee_id": self.seller.id,
                "amount": 3600,
                "date": "2026-01-01",
                **values,
            }
        )
        if confirm:
            cost.action_confirm()
        return cost

    def _targets(self, cost):
        rows = cost.schedule_ids.month_ids.filtered("amount").sorted("month")
        return {str(row.month)[:7]: row.amount for row in rows}

    def test_a_commission_is_an_asset_that_each_month_expenses(self):
        cost = self._make_cost()
        self.assertEqual((cost.months, str(cost.date_end)), (36, "2028-12-31"))
        self.assertEqual((self._balance(self.asset_of_costs), self._balance(self.payable)), (-3600, 3600))
        self.assertEqual(self._targets(cost)["2026-01"], 100)
        self.assertEqual(len(self._targets(cost)), 36)
        self.contract.recognize_revenue("2026-03-31")
        self.assertEqual((self._balance(self.asset_of_costs), self._balance(self.expense)), (-3300, -300))
        self.assertEqual(cost.remaining, 3300)
        again = self.contract.recognize_revenue("2026-03-31")
        self.assertEqual(again["items"], 0)

    def test_revenue_of_the_result_is_without_costs(self):
        self._make_cost()
        self.assertEqual(self.contract.recognize_revenue("2026-01-31")["revenue"], 100)

    def test_capitalising_moves_no_contract_balance(self):
        self._make_cost()
        self.contract.recognize_revenue("2026-01-31")
        # The month's fee is earned and not billed: 100 of contract asset, whatever was paid to the seller.
        self.assertEqual((self._balance(self.asset), self._balance(self.liability)), (-100, 0))

    def test_a_middle_of_a_month_is_cut_by_days(self):
        # From 16 January on, by month: 16 / 31 of one month, 35 whole, 15 / 31: 36 months in all.
        cost = self._make_cost(date="2026-01-16")
        found = self._targets(cost)
        self.assertEqual((found["2026-01"], found["2026-02"], found["2029-01"]), (51.61, 100, 48.39))
        self.contract.recognize_revenue("2026-02-14")
        # Half of February: 14 of 28 days.
        self.assertEqual(self._balance(self.expense), -101.61)

    def test_what_an_early_end_leaves_is_expensed_on_the_last_day(self):
        cost = self._make_cost()
        with freeze_time("2026-10-20"):
            self.contract.recognize_revenue("2026-08-31")
            self.contract.action_cancel("2026-10-15")
            self.contract.recognize_revenue("2026-10-31")
        # Nine months of 100, and in October all the rest: 3,600 − 900.
        self.assertEqual(self._balance(self.expense), -3600)
        self.assertEqual(self._balance(self.asset_of_costs), 0)
        self.assertEqual((self._targets(cost)["2026-10"], str(cost.date_impaired)), (2700, "2026-10-15"))
        self.assertEqual(self.contract.recognize_revenue("2026-12-31")["items"], 0)

    def test_over_the_term_it_ends_with_the_contract(self):
        contract = self._make_contract(term="annual")
        cost = self._make_cost(contract_id=contract.id, span="term", amount=1200, date="2026-03-01")
        self.assertEqual(str(cost.date_end), "2026-12-31")
        self.assertEqual(self._targets(cost), {f"2026-{month:02}": 120 for month in range(3, 13)})
        contract.recognize_revenue("2026-12-31")
        self.assertEqual(cost.remaining, 0)

    def test_a_contract_without_an_end_needs_a_life(self):
        cost = self._make_cost(confirm=False, contract_id=self._make_contract().id, span="term")
        with self.assertRaisesRegex(UserError, "give the expected life"), self.env.cr.savepoint():
            cost.action_confirm()

    def test_a_year_or_less_is_expensed_at_once_where_the_company_says_so(self):
        self.company.kor_expense_short_costs = True
        cases = [
            ({"months": 12, "amount": 100}, True),
            ({"months": 13, "amount": 200}, False),
            # The relief is for costs of obtaining a contract only.
            ({"months": 12, "kind": "fulfil", "amount": 400}, False),
        ]
        for values, expensed in cases:
            with self.subTest(values):
                cost = self._make_cost(**values)
                self.assertEqual((cost.is_expensed, not cost.schedule_ids), (expensed, expensed))
        self.assertEqual((self._balance(self.expense), self._balance(self.asset_of_costs)), (-100, -600))

    def test_a_commission_that_is_paid_back_is_a_cost_below_nothing(self):
        self._make_cost()
        with freeze_time("2026-07-01"):
            self.contract.action_cancel("2026-06-30")
            back = self._make_cost(amount=-900, date="2026-07-01")
            self.contract.recognize_revenue("2026-07-31")
        self.assertEqual(self._targets(back), {"2026-07": -900})
        self.assertEqual((self._balance(self.expense), self._balance(self.asset_of_costs)), (-2700, 0))
        self.assertEqual(self._balance(self.payable), 2700)

    def test_a_foreign_cost_is_expensed_at_the_rate_of_its_day(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0), ("2026-02-01", 4.0)])
        contract = self._make_contract(term="annual", currency_id=euro.id)
        cost = self._make_cost(contract_id=contract.id, amount=1200, months=12)
        self.assertEqual(cost.balance, 600)
        contract.recognize_revenue("2026-02-28")
        items = cost.schedule_ids.item_ids
        self.assertEqual((items.mapped("amount"), items.mapped("balance")), ([100, 100], [50, 50]))
        contract.recognize_revenue("2026-12-31")
        self.assertEqual(self._balance(self.asset_of_costs), 0)

    def test_what_is_confirmed_stays(self):
        cost = self._make_cost()
        for values in ({"amount": 1}, {"date_end": "2026-12-31"}, {"state": "draft"}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "stays as it is"), self.env.cr.savepoint():
                cost.write(values)
        with self.assertRaisesRegex(UserError, "kept as evidence"), self.env.cr.savepoint():
            cost.unlink()
        with self.assertRaisesRegex(UserError, "capitalises"), self.env.cr.savepoint():
            cost.move_id.button_draft()

    def test_bad_input_gets_a_sentence(self):
        with self.assertRaisesRegex(UserError, "created as a draft"), self.env.cr.savepoint():
            self._make_cost(confirm=False, state="confirmed")
        with self.assertRaisesRegex(ValidationError, "starts on"), self.env.cr.savepoint():
            self._make_cost(confirm=False, date_start="2025-12-31")
        draft = self._make_contract(activate=False)
        with self.assertRaisesRegex(UserError, "is a draft"), self.env.cr.savepoint():
            self._make_cost(contract_id=draft.id)
        self.company.kor_commission_account_id = False
        with self.assertRaisesRegex(UserError, "Choose the accounts"), self.env.cr.savepoint():
            self._make_cost()

    def test_accountants_confirm_and_readers_read(self):
        users = {}
        for name in ("user", "reader"):
            users[name] = new_test_user(
                self.env,
                f"kor_cost_{name}",
                f"base.group_user,kor_revenue.group_kor_revenue_{name}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
        cost = self._make_cost(confirm=False)
        self.assertEqual(cost.with_user(users["reader"]).amount, 3600)
        with self.assertRaises(AccessError):
            cost.with_user(users["reader"]).action_confirm()
        with self.assertRaises(AccessError):
            cost.with_user(self.biller).check_access("read")
        cost.with_user(users["user"]).action_confirm()
        self.assertEqual(cost.state, "confirmed")

    def test_who_may_write_no_entry_still_cancels_what_has_none(self):
        seller = new_test_user(self.env, "kor_seller_of_nothing_invoiced", groups="base.group_user")
        # As a quotation does that has no invoice.
        self.env["account.move"].with_user(seller).button_cancel()

    def test_costs_of_other_companies_are_not_seen(self):
        cost = self._make_cost()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "kor_cost_stranger",
            "base.group_user,kor_revenue.group_kor_revenue_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["kor.contract.cost"].with_user(stranger).search([("id", "=", cost.id)]))
