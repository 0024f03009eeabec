from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from odoo.addons.kor_reporting.tests.cost_common import CostCase


@tagged("post_install", "-at_install")
@freeze_time("2026-04-15 12:00:00")
class TestTime(CostCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = (
            cls.env["hr.employee"].sudo().create({"name": "Grace", "hourly_cost": 40, "company_id": cls.company.id})
        )

    def _time(self, task, hours, day="2026-03-12"):
        return (
            self.env["account.analytic.line"]
            .sudo()
            .create(
                {
                    "name": "Work",
                    "task_id": task.id,
                    "project_id": task.project_id.id,
                    "employee_id": self.employee.id,
                    "unit_amount": hours,
                    "date": day,
                }
            )
        )

    def test_time_costs_what_employees_cost_or_an_hours_price(self):
        ticket = self._ticket(self.first)
        other = self._ticket(self.second)
        self._time(ticket, 1.5)
        self._time(other, 0.5)
        self._time(other, 3, "2026-04-01")
        project = (
            self.env["project.project"]
            .sudo()
            .create({"name": "Next version", "allow_timesheets": True, "company_id": self.company.id})
        )
        task = self.env["project.task"].sudo().create({"name": "Code", "project_id": project.id})
        self._time(task, 10)
        cases = [
            ({"source": "ticket"}, 80),
            ({"source": "ticket", "hour_cost": 100}, 200),
            ({"source": "timesheet"}, 480),
            ({"source": "timesheet", "project_ids": project.ids}, 400),
        ]
        for number, (values, amount) in enumerate(cases):
            with self.subTest(values=values):
                pool = self._pool(0, f"Time {number}", **values)
                self.assertEqual(pool.amount, amount)
                action = pool.action_open_source()
                hours = sum(self.env[action["res_model"]].search(action["domain"]).mapped("unit_amount"))
                self.assertEqual(hours * (values.get("hour_cost") or 40), amount)
        pool = self._direct(name="Support", source="ticket", amount=0)
        pool.allocate()
        self.assertEqual(self._shares(pool), [60, 20, 0])

    def test_a_changed_hour_price_is_read_at_once(self):
        self._time(self._ticket(self.first), 2)
        pool = self._pool(0, source="ticket")
        pool.hour_cost = 50
        self.assertEqual(pool.amount, 100)

    def test_minutes_on_tickets_divide_support(self):
        for contract, hours in ((self.first, 0.25), (self.first, 0.25), (self.second, 1.5)):
            self._time(self._ticket(contract), hours)
        result = self._pool(100, method="minutes").allocate()[0]
        self.assertEqual([(one["quantity"], one["amount"]) for one in result["shares"]], [(30, 25), (90, 75)])

    def test_a_month_without_minutes_says_why(self):
        pool = self._pool(10, method="minutes")
        self.assertIn("All drivers are zero", pool.allocate()[0]["reason"])
        self.assertEqual((pool.state, pool.open_amount), ("blocked", 10))

    def test_a_typed_pool_has_no_records_behind_it(self):
        with self.assertRaisesRegex(UserError, "typed in"):
            self._pool(10).action_open_source()
