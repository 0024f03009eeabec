from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, freeze_time, tagged

from .uptime_common import UptimeCase, at


@tagged("post_install", "-at_install")
class TestBudget(UptimeCase, TransactionCase):
    """June 2026 has 43,200 minutes: 99.9 % allow 43.2 of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-06-01 00:00:00"):
            cls._set_up_uptime()
            cls.manager = cls._make_agent("sla_manager", "kor_contracts.group_kor_contract_officer")
            cls.contract.account_manager_id = cls.manager
        cls.Budget = cls.env["kor.sla.budget"]

    def _measure(self, now):
        with freeze_time(now):
            budgets = self.Budget._measure_running(self.contract)
            return budgets.filtered(lambda one: one.month == at(now).date().replace(day=1))

    def _get_summaries(self):
        return self.contract.activity_ids.filtered(lambda one: one.user_id == self.manager).mapped("summary")

    def _get_mails(self, budget):
        return self.env["mail.mail"].sudo().search([("model", "=", "kor.sla.budget"), ("res_id", "=", budget.id)])

    def _fail(self, start, end):
        with freeze_time("2026-06-30 00:00:00"):
            return self._outage(start, end)

    def _run_job(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref("kor_sla.ir_cron_kor_sla_budget").method_direct_trigger(), True)

    def test_budget_of_the_running_month(self):
        self._fail("2026-06-10 10:00:00", "2026-06-10 10:10:48")
        budget = self._measure("2026-06-16 00:00:00")
        self.assertRecordValues(
            budget,
            [
                {
                    "down_minutes": 10.8,
                    "allowed_minutes": 43.2,
                    "left_minutes": 32.4,
                    "left_percent": 75,
                    "left_shown": 75,
                    "target": 99.9,
                    "is_measured": True,
                    "is_met": True,
                    "burn_hour": 0,
                }
            ],
        )
        # 10.8 of 15 days.
        self.assertAlmostEqual(budget.availability, 100 - 100 * 10.8 / (15 * 1440), 5)
        self.assertFalse(self._get_summaries())
        self.assertEqual(self._measure("2026-06-17 00:00:00"), budget, "one record a month")

    def test_each_threshold_is_told_once_a_month(self):
        self._fail("2026-06-10 10:00:00", "2026-06-10 10:21:35")
        self._measure("2026-06-14 00:00:00")
        self.assertEqual(self._get_summaries(), [], "a little less than half")
        self._fail("2026-06-10 10:21:00", "2026-06-10 10:21:36")
        for _again in range(2):
            budget = self._measure("2026-06-14 00:00:00")
        self.assertEqual(len(self._get_summaries()), 1)
        self.assertIn("half of its error budget", self._get_summaries()[0])
        self._fail("2026-06-11 10:00:00", "2026-06-11 10:30:00")
        for _again in range(2):
            self._measure("2026-06-15 00:00:00")
        self.assertEqual(len(self._get_summaries()), 2)
        self.assertIn("used up", self._get_summaries()[-1])
        self.assertEqual(self._get_mails(budget).recipient_ids, self.manager.partner_id)
        self.assertEqual(len(self._get_mails(budget)), 2)
        self.assertTrue(budget.told_half and budget.told_all)
        self.assertFalse(budget.told_fast)

    def test_fast_burn_is_told_before_half_is_used(self):
        # 10 minutes down in the last hour: 10 / (60 x 0.001) = 166.7 times as fast as allowed.
        self._fail("2026-06-10 09:50:00", "2026-06-10 10:00:00")
        budget = self._measure("2026-06-10 10:00:00")
        self.assertAlmostEqual(budget.burn_hour, 166.67, 2)
        self.assertAlmostEqual(budget.burn_six_hours, 27.78, 2)
        self.assertAlmostEqual(budget.burn_three_days, 2.31, 2)
        self.assertEqual(len(self._get_summaries()), 1)
        self.assertIn("goes fast", self._get_summaries()[0])

    def test_of_several_thresholds_at_once_the_gravest_is_told(self):
        self._fail("2026-06-10 09:00:00", "2026-06-10 10:00:00")
        budget = self._measure("2026-06-10 10:00:00")
        self.assertEqual(len(self._get_summaries()), 1)
        self.assertIn("used up", self._get_summaries()[0])
        self.assertTrue(budget.told_fast and budget.told_half and budget.told_all)
        self.assertFalse(budget.is_met)

    def test_new_month_begins_anew_and_the_last_one_is_closed(self):
        with freeze_time("2026-07-01 00:10:00"):
            self._outage("2026-06-30 23:30:00")
        july = self._measure("2026-07-01 00:20:00")
        june = self.Budget.search([("contract_id", "=", self.contract.id), ("month", "=", "2026-06-01")])
        self.assertAlmostEqual(june.down_minutes, 30)
        self.assertAlmostEqual(july.down_minutes, 20)

    def test_contract_without_a_service_is_never_warned_of(self):
        self.service.contract_ids = False
        budget = self._measure("2026-06-10 10:00:00")
        self.assertEqual((budget.is_measured, budget.availability), (False, 0))
        self.assertFalse(self._get_summaries())

    def test_target_of_100_percent_is_used_up_by_the_first_minute(self):
        with freeze_time("2026-06-01 00:00:00"):
            contract = self._make_contract(
                self.customer, terms={"uptime_target": 100}, account_manager_id=self.manager.id
            )
            service = self._make_service("perfect", contract)
        with freeze_time("2026-06-10 10:00:00"):
            budget = self.Budget._measure_running(contract)
            self.assertFalse(budget._find_warnings())
            self._outage("2026-06-10 09:00:00", "2026-06-10 09:01:00", service_id=service.id)
            self.Budget._measure_running(contract)
        self.assertTrue(budget.told_all)

    def test_job_measures_all(self):
        with freeze_time("2026-06-10 10:00:00"):
            self._run_job()
            found = self.Budget.search([("contract_id", "in", (self.contract | self.other_contract).ids)])
        self.assertEqual(len(found), 2)

    def test_outage_of_a_month_that_is_over_is_measured_by_the_next_job(self):
        self._fail("2026-06-10 10:00:00", "2026-06-10 10:10:48")
        for now in ("2026-05-31 12:00:00", "2026-06-30 12:00:00"):
            self._measure(now)
        may, june = (
            self.Budget.search([("contract_id", "=", self.contract.id), ("month", "=", month)])
            for month in ("2026-05-01", "2026-06-01")
        )
        with freeze_time("2026-07-20 10:00:00"):
            late = self._outage("2026-05-10 10:00:00", "2026-05-10 11:00:00")
            self.assertEqual((may.is_stale, june.is_stale), (True, False))
            self._run_job()
        self.assertFalse(may.is_stale)
        self.assertAlmostEqual(may.down_minutes, 60)
        self.assertAlmostEqual(may.availability, 100 - 100 * 60 / (31 * 1440), 5)
        self.assertFalse(may.is_met)
        self.assertEqual(self._get_summaries(), [], "nobody is warned of a month that is over")
        with freeze_time("2026-07-21 10:00:00"):
            late.action_exclude("The customer had cut the line.")
            self._run_job()
        self.assertEqual((may.down_minutes, may.availability, may.is_met), (0, 100, True))
        self.assertAlmostEqual(june.down_minutes, 10.8)

    def test_outage_of_the_running_month_leaves_no_note(self):
        budget = self._measure("2026-06-10 10:00:00")
        with freeze_time("2026-06-12 10:00:00"):
            self._outage("2026-06-11 10:00:00", "2026-06-11 11:00:00")
        self.assertFalse(budget.is_stale)

    def test_records_are_measured_not_written(self):
        budget = self._measure("2026-06-10 10:00:00")
        reader = self._make_agent("budget_reader", "kor_contracts.group_kor_contract_user")
        with self.assertRaises(AccessError):
            budget.with_user(reader).left_percent = 100
        with freeze_time("2026-06-11 10:00:00"):
            budget.with_user(reader).action_measure()
        self.assertEqual(budget.date_measured, at("2026-06-11 10:00"))
