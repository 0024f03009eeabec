from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestCostSource(CostCase):
    def test_typed_amounts_are_converted_at_the_rate_of_the_months_end(self):
        dollar = self.setup_other_currency("GBP", rates=[("2026-01-01", 2.0), ("2026-03-20", 4.0), ("2026-04-01", 8.0)])
        pool = self._pool(100.0, currency_id=dollar.id)
        self.assertEqual(pool.amount, 25.0)
        pool.typed_amount = 200
        self.assertEqual(pool.amount, 50.0)

    def test_journal_items_count_by_account_and_month_once_posted(self):
        for day, amount in (("2026-02-28", 1), ("2026-03-01", 100), ("2026-03-31", 20.5), ("2026-04-01", 4)):
            self._post(day, amount)
        self._post(amount=-10)
        self._post(amount=1000).button_draft()
        pool = self._pool(0, source="journal", account_ids=self.expense.ids)
        self.assertEqual(pool.amount, 110.5)
        self.assertEqual(pool.facts[0]["count"], 3)
        action = pool.action_open_source()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(sum(found.mapped("balance")), 110.5)

    def test_analytic_accounts_take_their_part_of_journal_items(self):
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Teams"})
        cloud, people = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("Cloud", "People")]
        )
        self._post(amount=100, analytic={str(cloud.id): 60, str(people.id): 40})
        self._post(amount=50)
        pool = self._pool(0, source="journal", analytic_account_ids=cloud.ids)
        both = self._pool(0, "Both", source="journal", analytic_account_ids=(cloud | people).ids)
        self.assertEqual((pool.amount, both.amount), (60, 100))
        action = pool.action_open_source()
        self.assertEqual(sum(self.env[action["res_model"]].search(action["domain"]).mapped("amount")), -60)

    def test_what_is_allocated_is_no_cost_again(self):
        pool = self._pool(90)
        pool.allocate()
        accounts = self.env["account.analytic.account"].search([("kor_contract_id", "in", self.contracts.ids)])
        again = self._pool(0, "Again", source="journal", analytic_account_ids=accounts.ids)
        self.assertEqual(again.amount, 0)

    def test_infrastructure_is_read_by_month_and_contract(self):
        euro = self.company.currency_id.id
        cluster = self.env["kor.infrastructure"].sudo().create({"name": "Cluster", "contract_id": self.first.id})
        row = {"infrastructure_id": cluster.id, "resource_id": 1, "month": date(2026, 3, 1), "currency_id": euro}
        rows = [
            {**row, "contract_id": self.first.id, "amount": Decimal("30.004")},
            {**row, "contract_id": self.first.id, "amount": Decimal("12.50"), "resource_id": 2},
            {**row, "contract_id": self.third.id, "amount": Decimal(7)},
            {**row, "contract_id": self.third.id, "amount": Decimal(99), "month": date(2026, 4, 1)},
        ]
        with patch.object(type(self.Pool), "_read_infrastructure_costs", lambda *args: rows):
            pool = self._direct(source="infrastructure", amount=0)
            pool.allocate()
        self.assertEqual(pool.amount, 49.5)
        self.assertEqual({fact["name"] for fact in pool.facts}, {"Cluster"})
        self.assertEqual(self._shares(pool), [42.5, 0, 7])

    def test_a_pool_follows_its_source_until_it_is_allocated(self):
        pool = self._pool(0, source="journal", account_ids=self.expense.ids)
        self._post(amount=30)
        self.assertEqual(pool.amount, 0)
        pool.allocate()
        self.assertEqual(pool.amount, 30)
        self._post(amount=3)
        pool.allocate()
        self.env["kor.cost.pool"]._cron_refresh()
        self.assertEqual((pool.amount, self._shares(pool)), (30, [10, 10, 10]))
        self.assertEqual(pool.refresh(), [{"pool": pool.id, "before": 30, "amount": 33, "open": 3}])
        self.assertEqual(pool.allocate()[0]["booked"], 3)
        self.assertEqual(self._shares(pool), [11, 11, 11])

    def test_what_makes_no_pool_is_refused_with_a_sentence(self):
        cases = [
            (ValidationError, {"source": "journal"}, "choose the accounts"),
            (ValidationError, {"method": "metric"}, "choose the metric"),
            (UserError, {"source": "magic"}, "use one of"),
            (UserError, {"typed_amount": "much"}, "must be a number"),
            (UserError, {"month": "March"}, "YYYY-MM-DD"),
            (UserError, {"amount": 5}, "typed_amount"),
            (UserError, {"state": "allocated"}, "typed_amount"),
        ]
        for kind, values, sentence in cases:
            with self.subTest(values=values), self.assertRaisesRegex(kind, sentence), self.env.cr.savepoint():
                self.Pool.create({"name": "Odd", "month": "2026-03-01", **values})
