from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestCostTemplate(CostCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Template = cls.env["kor.cost.pool.template"]
        cls.hosting, cls.desk = cls.Template.create(
            [
                {
                    "name": "Hosting",
                    "month_from": "2026-03-01",
                    "typed_amount": 100,
                    "method": "fixed",
                    "share_ids": [Command.create({"contract_id": cls.first.id, "percent": 100})],
                },
                {"name": "Desk", "month_from": "2026-03-01", "month_to": "2026-04-30", "role": "service",
                 "typed_amount": 20},
            ]
        )  # fmt: skip
        cls.desk.use_ids = [Command.create({"target_template_id": cls.hosting.id, "quantity": 3})]

    def _months(self, template):
        return [str(month)[:7] for month in template.pool_ids.sorted("month").mapped("month")]

    def test_the_job_makes_pools_up_to_the_next_month_once(self):
        for _time in range(2):
            self.Template.sudo()._cron_make_pools()
            self.env.invalidate_all()
            self.assertEqual(self._months(self.hosting), ["2026-03", "2026-04", "2026-05"])
            self.assertEqual(self._months(self.desk), ["2026-03", "2026-04"])
        uses = self.desk.pool_ids.use_ids
        self.assertEqual(uses.target_pool_id, self.hosting.pool_ids.filtered(lambda pool: pool.month.month < 5))
        march = self.hosting.pool_ids.sorted("month")[0]
        self.assertEqual(march.allocate()[0]["allocated"], 120)
        self.assertEqual(self._shares(march), [120, 0, 0])

    def test_pools_of_a_month_are_made_on_demand(self):
        ids = (self.hosting | self.desk).make_pools("2026-04-20")
        self.assertEqual((self.hosting | self.desk).make_pools("2026-04-01"), ids)
        self.assertEqual(len(ids), 2)
        self.assertEqual(self.desk.make_pools("2026-06-01"), [])
        for wrong in ("April", 4, None, False):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self.hosting.make_pools(wrong)

    def test_a_pool_made_by_hand_is_taken_for_the_month(self):
        self._pool(50, "Hosting")
        self.assertEqual(self.hosting.make_pools("2026-03-01"), [])

    def test_a_changed_recurring_cost_leaves_earlier_pools(self):
        self.hosting.make_pools("2026-03-01")
        self.hosting.typed_amount = 150
        self.hosting.make_pools("2026-04-01")
        self.assertEqual(self.hosting.pool_ids.sorted("month").mapped("amount"), [100, 150])
