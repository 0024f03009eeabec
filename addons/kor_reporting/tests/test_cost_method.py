from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestCostMethod(CostCase):
    def _allocate(self, pool):
        """Return the result of a pool and its shares; it is spent to the cent, or not at all."""
        result = pool.allocate()[0]
        shares = self._shares(pool)
        self.assertEqual(round(sum(shares), 2), 0 if result["reason"] else pool.total_amount)
        return result, shares

    def test_equal_parts_go_to_contracts_that_run_in_the_month(self):
        ended = self._make_contract(date_start="2026-01-01", date_end="2026-02-28", term="custom")
        later = self._make_contract(date_start="2026-04-01")
        draft = self._make_contract(activate=False)
        result, shares = self._allocate(self._pool(100))
        self.assertEqual(sorted(shares), [33.33, 33.33, 33.34])
        self.assertFalse(self.Allocation.search([("contract_id", "in", (ended | later | draft).ids)]))
        self.assertEqual(len(result["shares"]), 3)

    def test_tiers_bound_who_bears_a_pool(self):
        _result, shares = self._allocate(self._pool(100, tier_ids=self.other_tier.ids))
        self.assertEqual(shares, [0, 0, 100])

    def test_use_of_a_metric_divides_by_the_months_rollups(self):
        metric = self.env["kor.metric"].create(
            {"name": "Calls", "code": "test_cost_calls", "unit": "call", "aggregation": "sum"}
        )
        used = [(self.first, 100, 3), (self.first, 50, 2), (self.second, 300, 3), (self.third, 9, 4)]
        events = [
            {
                "id": f"cost-{number}",
                "contract": contract.name,
                "metric": metric.code,
                "quantity": quantity,
                "time": f"2026-0{month}-10T12:00:00Z",
            }
            for number, (contract, quantity, month) in enumerate(used)
        ]
        self.assertEqual(self.env["kor.usage.event"].sudo().ingest(events)["accepted"], 4)
        result, shares = self._allocate(self._pool(1000, method="metric", metric_id=metric.id))
        self.assertEqual(shares, [250, 750, 0])
        self.assertEqual((result["shares"][0]["quantity"], result["shares"][0]["unit"]), (100, "call"))

    def test_seats_count_by_the_days_that_they_are_held(self):
        seat = {"charge_type": "per_unit", "metric_id": self.users.id, "unit_price": 10, "name": "Seats"}
        ten = self._make_contract({**seat, "quantity": 10})
        late = self._make_contract({**seat, "quantity": 30}, date_start="2026-03-22")
        pool = self._pool(610, method="seats")
        self._allocate_named(pool, {ten: 310, late: 300})

    def _allocate_named(self, pool, expected):
        pool.allocate()
        groups = self.Allocation._read_group([("pool_id", "=", pool.id)], ["contract_id"], ["amount:sum"])
        self.assertEqual(dict(groups), expected)

    def test_revenue_divides_by_what_is_earned_or_invoiced_in_the_month(self):
        self.company.action_kor_setup_revenue()
        dear = self._make_contract({"unit_price": 300}, partner_id=self.customer.id)
        cheap = self._make_contract({"unit_price": 100}, partner_id=self.customer.id)
        (dear | cheap).recognize_revenue("2026-03-31")
        self._allocate_named(self._pool(40, method="revenue"), {dear: 30, cheap: 10})
        bills = self.env["account.move"].browse(
            dear.generate_invoice("2026-03-01", "2026-03-31") + cheap.generate_invoice("2026-03-01", "2026-03-31")
        )
        bills.filtered(lambda move: move.state == "draft").action_post()
        month = bills[0].invoice_date.replace(day=1)
        pool = self._pool(80, "Invoiced", method="revenue", revenue_basis="invoiced", month=month)
        self._allocate_named(pool, {dear: 60, cheap: 20})
        # As in reports, a receipt is an invoice.
        receipt = bills.filtered(lambda move: move.kor_contract_id == cheap).copy(
            {"move_type": "out_receipt", "invoice_date": bills[0].invoice_date, "kor_contract_id": cheap.id}
        )
        receipt.action_post()
        self._allocate_named(pool, {dear: 48, cheap: 32})

    def test_tickets_divide_support(self):
        for contract in (self.first, self.first, self.second):
            self._ticket(contract)
        self._ticket(self.third, "2026-04-01")
        self.assertEqual(self._allocate(self._pool(90, "A", method="tickets"))[1], [60, 30, 0])

    def test_fixed_shares_must_make_a_hundred(self):
        pool = self._pool(
            100.01,
            method="fixed",
            share_ids=[
                Command.create({"contract_id": self.first.id, "percent": 50}),
                Command.create({"contract_id": self.second.id, "percent": 30}),
            ],
        )
        result, shares = self._allocate(pool)
        self.assertIn("80 %", result["reason"])
        self.assertEqual((pool.state, shares), ("blocked", [0, 0, 0]))
        pool.share_ids[1].percent = 50
        self.assertEqual(sorted(self._allocate(pool)[1]), [0, 50.0, 50.01])
        self.assertEqual((pool.state, pool.reason), ("allocated", ""))

    def test_direct_amounts_come_from_source_and_notes(self):
        self._post(amount=70, contract=self.first)
        self._post(amount=30)
        pool = self._direct(source="journal", account_ids=self.expense.ids)
        self.assertIn("30 is left", self._allocate(pool)[0]["reason"])
        pool.share_ids = [Command.create({"contract_id": self.third.id, "amount": 30})]
        self.assertEqual(self._allocate(pool)[1], [70, 0, 30])

    def test_a_refund_is_spent_as_well(self):
        self.assertEqual(sorted(self._allocate(self._pool(-0.02))[1]), [-0.01, -0.01, 0])

    def test_a_pool_without_drivers_says_why_and_stays(self):
        for method in ("tickets", "seats", "revenue"):
            with self.subTest(method=method):
                pool = self._pool(10, method, method=method)
                result, _shares = self._allocate(pool)
                self.assertIn("All drivers are zero", result["reason"])
                self.assertEqual((pool.state, pool.open_amount, pool.reason), ("blocked", 10, result["reason"]))
