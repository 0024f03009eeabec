from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestCostAllocation(CostCase):
    def test_twice_books_once(self):
        pool = self._pool(99)
        self.assertEqual(pool.allocate()[0]["booked"], 99)
        before = self.Allocation.search_count([]), self.env["account.analytic.line"].search_count([])
        self.assertEqual(pool.allocate()[0]["booked"], 0)
        self.assertEqual((self.Allocation.search_count([]), self.env["account.analytic.line"].search_count([])), before)
        self.assertEqual(self._analytic(self.first), [("2026-03-31", -33)])

    def test_one_analytic_line_holds_a_contracts_costs_of_a_category(self):
        pools = self._pool(99) | self._pool(30, "Network") | self._pool(6, "Desk", category="support")
        pools.allocate()
        self.assertEqual(sorted(self._analytic(self.first)), [("2026-03-31", -43), ("2026-03-31", -2)])
        booked = self.Allocation.search([("contract_id", "=", self.first.id)])
        self.assertEqual(sum(booked.analytic_line_id.mapped("amount")), -45)
        self.assertEqual(set(booked.analytic_line_id.mapped("kor_cost_category")), {"infrastructure", "support"})

    def test_a_changed_driver_books_a_difference_that_names_the_month(self):
        self._ticket(self.first)
        pool = self._pool(90, method="tickets")
        pool.allocate()
        self._ticket(self.second)
        self.assertEqual(pool.allocate()[0]["booked"], 0)
        self.assertEqual(self._shares(pool), [45, 45, 0])
        rows = self.Allocation.search([("pool_id", "=", pool.id)]).sorted(
            lambda row: (row.contract_id.id, row.revision)
        )
        self.assertEqual(
            [(row.contract_id, row.revision, row.amount) for row in rows],
            [(self.first, 0, 90), (self.first, 1, -45), (self.second, 0, 45)],
        )
        correction = rows[1]
        self.assertIn("correction of March 2026", correction.analytic_line_id.name)
        self.assertEqual((correction.explanation["target"], correction.explanation["booked"]), (45, 90))
        self.assertIn("booked before", str(correction.explanation_html))

    def test_a_closed_month_takes_the_difference_in_the_next_open_one(self):
        pool = self._pool(90)
        pool.allocate()
        self.company.sudo().kor_revenue_lock_date = "2026-03-31"
        pool.typed_amount = 93
        pool.allocate()
        self.assertEqual(self._analytic(self.first), [("2026-03-31", -30), ("2026-04-30", -1)])
        row = self.Allocation.search([("pool_id", "=", pool.id), ("revision", "=", 1)], limit=1)
        self.assertEqual((str(row.month), str(row.date)), ("2026-03-01", "2026-04-30"))
        self.assertIn("closed", str(row.explanation_html))

    def test_an_exception_half_way_leaves_nothing_and_the_next_run_books_all(self):
        pools = self._pool(90) | self._pool(60, "Network")
        prepare = type(self.Pool)._explain_row

        def fail(pool, *args):
            if pool == pools[1]:
                raise RuntimeError("cut off")
            return prepare(pool, *args)

        with (
            patch.object(type(self.Pool), "_explain_row", fail),
            self.assertRaises(RuntimeError),
            self.env.cr.savepoint(),
        ):
            pools.allocate()
        self.assertEqual(self._shares(pools), [0, 0, 0])
        pools[0].allocate()
        self.assertEqual([one["booked"] for one in pools.allocate()], [0, 60])
        self.assertEqual(self._shares(pools), [50, 50, 50])
        self.assertEqual(sum(amount for _day, amount in self._analytic(self.first)), -50)

    def test_a_pool_that_cannot_be_spent_any_more_is_taken_back(self):
        pool = self._pool(
            10, method="fixed", share_ids=[Command.create({"contract_id": self.first.id, "percent": 100})]
        )
        pool.allocate()
        pool.share_ids.percent = 90
        self.assertEqual(pool.allocate()[0]["booked"], -10)
        self.assertEqual((pool.state, self._shares(pool)), ("blocked", [0, 0, 0]))

    def test_a_slice_stands_once(self):
        pool = self._pool(90)
        pool.allocate()
        row = self.Allocation.search([("pool_id", "=", pool.id)], limit=1)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.Allocation.sudo().create(row.sudo().copy_data())
            self.env.flush_all()

    def test_what_is_booked_stays_as_it_is(self):
        pool = self._pool(90)
        pool.allocate()
        row = self.Allocation.search([("pool_id", "=", pool.id)], limit=1)
        line = row.analytic_line_id
        cases = [
            lambda: row.sudo().write({"amount": 1}),
            lambda: row.sudo().unlink(),
            lambda: line.with_user(self.env.user).write({"amount": 1}),
            lambda: line.sudo().unlink(),
            lambda: pool.write({"month": "2026-05-01"}),
            lambda: pool.write({"category": "support"}),
            lambda: pool.unlink(),
            lambda: pool.write({"booked_amount": 0}),
            lambda: pool.write({"state": "draft"}),
        ]
        for number, case in enumerate(cases):
            with self.subTest(number=number), self.assertRaises(UserError):
                case()

    def test_pools_of_several_months_keep_to_their_own(self):
        late = self._make_contract(date_start="2026-04-01")
        march, april = self._pool(90), self._pool(100, month="2026-04-20")
        results = (april | march).allocate()
        self.assertEqual(
            [(one["pool"], one["month"]) for one in results], [(april.id, "2026-04"), (march.id, "2026-03")]
        )
        self.assertEqual(len(results[0]["shares"]), 4)
        self.assertEqual(str(april.month), "2026-04-01")
        self.assertFalse(march.allocation_ids.filtered(lambda row: row.contract_id == late))

    def test_twenty_pools_of_two_hundred_contracts_in_one_go(self):
        values = {"partner_id": self.customer.id, "tier_id": self.tier.id, "date_start": "2026-01-01"}
        contracts = self.env["kor.contract"].create([dict(values) for _number in range(197)])
        self.env.flush_all()
        # Agreed without what follows from it: only their number counts here.
        self.env.cr.execute("UPDATE kor_contract SET state = 'active' WHERE id IN %s", (tuple(contracts.ids),))
        pools = self.Pool.create(
            [
                {"name": f"Pool {number}", "month": "2026-03-01", "typed_amount": 1000.01 + number}
                for number in range(20)
            ]
        )
        for most, booked in ((130, 20190.2), (20, 0)):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(most):
                results = pools.allocate()
                self.env.flush_all()
            self.assertEqual(round(sum(result["booked"] for result in results), 2), booked)
        self.assertEqual(self.Allocation.search_count([("pool_id", "in", pools.ids)]), 4000)
