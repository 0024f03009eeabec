from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestCostAccess(CostCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        own = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        groups = {
            "finance": "base.group_user,kor_reporting.group_kor_reporting_user",
            "manager": "base.group_user,kor_account_management.group_kor_account_user",
            "reader": "base.group_user,kor_contracts.group_kor_contract_user",
        }
        for name, group in groups.items():
            setattr(cls, name, new_test_user(cls.env, f"cost_{name}", group, **own))
        cls.portal = new_test_user(cls.env, "cost_portal", "base.group_portal", **own)
        cls.portal.partner_id.parent_id = cls.customer
        cls.first.account_manager_id = cls.manager
        cls.pool = cls._pool(90)
        cls.pool.allocate()

    def test_finance_allocates_and_sees_all(self):
        pool = self._pool(60, "Network").with_user(self.finance)
        self.assertEqual(pool.allocate()[0]["allocated"], 60)
        self.assertEqual(len(self.Allocation.with_user(self.finance).search([("pool_id", "=", pool.id)])), 3)
        self.assertEqual(self.pool.with_user(self.finance).refresh()[0]["amount"], 90)

    def test_account_managers_read_costs_of_their_customers_only(self):
        mine = self.Allocation.with_user(self.manager).search([])
        self.assertEqual(mine.contract_id, self.first)
        self.assertEqual(mine.read(["amount", "explanation_html", "account_manager_id"])[0]["amount"], 30)
        self.assertEqual(
            self.Allocation.with_user(self.manager)._read_group([], ["tier_id"], ["amount:sum"]), [(self.tier, 30)]
        )
        with self.assertRaises(UserError):
            mine.write({"amount": 1})
        with self.assertRaises(AccessError):
            self.pool.with_user(self.manager).allocate()

    def test_others_read_no_cost(self):
        for user in (self.reader, self.portal):
            for model in ("kor.cost.pool", "kor.cost.allocation", "kor.cost.pool.template", "kor.cost.share"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            for call in ("allocate", "refresh", "action_open_source", "action_open_allocations"):
                with self.subTest(user=user.login, call=call), self.assertRaises(AccessError):
                    getattr(self.pool.with_user(user), call)()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["kor.cost.pool.template"].with_user(user).make_pools("2026-03-01")

    def test_a_portal_user_reads_no_analytic_line_of_costs(self):
        lines = self.pool.allocation_ids.analytic_line_id
        self.assertTrue(lines)
        try:
            found = self.env["account.analytic.line"].with_user(self.portal).search([("id", "in", lines.ids)])
        except AccessError:
            found = lines.browse()
        self.assertFalse(found)

    def test_nothing_of_the_engine_is_forged(self):
        mine = self.env(user=self.finance)
        forged = {"default_state": "allocated", "default_amount": 5, "default_booked_amount": 5}
        pool = mine["kor.cost.pool"].with_context(**forged).create({"name": "Forged", "month": "2026-03-01"})
        self.assertEqual((pool.state, pool.amount, pool.booked_amount), ("draft", 0, 0))
        account = self.pool.allocation_ids[0].analytic_line_id.auto_account_id or self.env[
            "account.analytic.account"
        ].search([("kor_contract_id", "=", self.first.id)])
        other = account.sudo().copy({"name": "Other"})
        bookkeeper = new_test_user(
            self.env,
            "cost_bookkeeper",
            "base.group_user,analytic.group_analytic_accounting,account.group_account_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        line = self.pool.allocation_ids[0].analytic_line_id
        values = {"name": "Mine", "amount": -1, "account_id": other.id}
        lines = self.env["account.analytic.line"].with_user(bookkeeper)
        cases = [
            lambda: other.with_user(bookkeeper).write({"kor_contract_id": self.second.id}),
            lambda: account.with_user(bookkeeper).write({"plan_id": other.plan_id.id}),
            lambda: line.with_user(bookkeeper).write({"amount": -1}),
            lambda: line.with_user(bookkeeper).unlink(),
            lambda: lines.create({**values, "kor_cost_category": "support"}),
            lambda: lines.with_context(default_kor_cost_category="support").create(values),
        ]
        for number, case in enumerate(cases):
            with self.subTest(number=number), self.assertRaises(UserError):
                case()

    def test_finance_of_another_company_sees_nothing(self):
        other = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        self.finance.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(self.Allocation.with_user(self.finance).search([("pool_id", "=", self.pool.id)]))
        with self.assertRaises(AccessError):
            self.pool.with_user(self.finance).allocate()
