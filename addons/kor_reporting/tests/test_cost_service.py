from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestCostService(CostCase):
    def _service(self, amount, name, *uses, **values):
        return self._pool(
            amount,
            name,
            role="service",
            use_ids=[Command.create({"target_pool_id": pool.id, "quantity": quantity}) for pool, quantity in uses],
            **values,
        )

    def test_maintenance_by_hours_of_machines(self):
        users = [self._pool(0, name) for name in ("Cutting", "Welding", "Painting")]
        service = self._service(8000, "Maintenance", *zip(users, (2000, 1500, 2500), strict=True))
        result = (service | users[0] | users[1] | users[2]).allocate()
        self.assertEqual(
            {share["name"]: share["amount"] for share in result[0]["shares"]},
            {"Cutting": 2666.67, "Welding": 2000, "Painting": 3333.33},
        )
        self.assertEqual([one["allocated"] for one in result], [8000, 2666.67, 2000, 3333.33])
        self.assertEqual(service.state, "allocated")

    def _make_pair(self, method):
        """Return two services that serve each other: Y 7,260 uses 0.2 of itself for Z; Z 4,000 hands 0.3 to Y."""
        self.company.kor_cost_method = method
        first, last = self._pool(100, "Delivery"), self._pool(50, "Sales")
        left = self._service(7260, "Y", (first, 50), (last, 30))
        right = self._service(4000, "Z", (first, 40), (last, 30), (left, 30))
        left.use_ids = [Command.create({"target_pool_id": right.id, "quantity": 20})]
        return first, last, left, right

    def test_services_that_serve_each_other_are_solved(self):
        # Y = 7,260 + 0.3 Z and Z = 4,000 + 0.2 Y give 9,000 and 5,800.
        first, last, left, right = self._make_pair("reciprocal")
        results = (first | last | left | right).allocate()
        self.assertEqual([one["amount"] for one in results[:2]], [100 + 4500 + 2320, 50 + 2700 + 1740])
        self.assertEqual(first.received, {"Y": 4500, "Z": 2320})
        self.assertEqual(round(sum(self._shares(first | last)), 2), 11410)

    def test_direct_and_step_down_by_hand(self):
        # Direct: Y 5/8 and 3/8, Z 4/7 and 3/7. Step-down: Z, which serves services most, goes first:
        # Y gets 1,200 of 4,000 and hands on 8,460 by 5/8 and 3/8.
        cases = [("direct", 4537.5 + 2285.71, 2722.5 + 1714.29), ("step_down", 5287.5 + 1600, 3172.5 + 1200)]
        for method, delivery, sales in cases:
            with self.subTest(method=method):
                self.Pool.search([("month", "=", "2026-03-01"), ("company_id", "=", self.company.id)]).unlink()
                first, last, _left, _right = self._make_pair(method)
                # Handed on, not booked: the pools can be deleted again.
                handed = (_left | _right).allocate()
                self.assertFalse([one["reason"] for one in handed if one["reason"]])
                self.assertEqual((first.received_amount, last.received_amount), (round(delivery, 2), round(sales, 2)))

    def test_a_service_that_nobody_uses_says_why_and_leaves_the_others_alone(self):
        pool = self._pool(90)
        service = self._service(10, "Idle")
        results = (service | pool).allocate()
        self.assertIn("Nobody", results[0]["reason"])
        self.assertEqual((service.state, pool.state), ("blocked", "allocated"))
        self.assertEqual(self._shares(pool), [30, 30, 30])
        service.use_ids = [Command.create({"target_pool_id": pool.id})]
        results = pool.allocate()
        self.assertEqual((results[0]["booked"], service.state, pool.received), (10, "allocated", {"Idle": 10}))

    def test_more_of_a_service_shows_as_open_until_it_is_allocated(self):
        pool = self._pool(90)
        service = self._service(9, "Desk", (pool, 1))
        pool.allocate()
        service.typed_amount = 12
        service.allocate()
        self.assertEqual((pool.total_amount, pool.open_amount), (102, 3))
        pool.allocate()
        self.assertEqual((pool.open_amount, self._shares(pool)), (0, [34, 34, 34]))
