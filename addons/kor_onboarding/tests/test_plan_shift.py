from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import NOON, OnboardingCase


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestPlanShift(OnboardingCase):
    """Whatever moves the plan moves it at once, as computed by hand. Easter: the 3rd and the 6th are closed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(NOON):
            cls.onboarding = cls._onboard()

    def _assert_live(self, day):
        self.assertEqual(self.onboarding.date_forecast, self._april(day))

    def test_holiday_that_is_added_moved_and_removed(self):
        leave = self._close(self._april(9))
        # The workshop on 8, 10 and 13; live on 14.
        self._assert_live(14)
        self.assertEqual(self._get_days(self.onboarding)["workshop"], (8, 13))
        leave.write({"date_from": "2026-04-13 00:00:00", "date_to": "2026-04-14 23:59:59"})
        self._assert_live(15)
        leave.unlink()
        self._assert_live(13)

    def test_what_is_no_holiday_of_the_company_moves_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        resource = self.env["resource.resource"].create({"name": "Ada", "calendar_id": self.calendar.id})
        self._close(self._april(9), calendar_id=other.resource_calendar_id.id, company_id=other.id)
        self._close(self._april(9), resource_id=resource.id)
        half = self._close(self._april(9))
        self._assert_live(14)
        half.write({"date_to": "2026-04-09 12:00:00"})
        self.assertEqual(self.onboarding.date_forecast, self._april(13), "half a day is left to work on")

    def test_longer_task_later_appointment_and_new_dependency(self):
        workshop, webinar = (self._task(self.onboarding, name) for name in ("workshop", "webinar"))
        workshop.kor_duration = 5
        self._assert_live(15)
        workshop.kor_duration = 3
        webinar.kor_date_fixed = "2026-04-14"
        self._assert_live(15)
        webinar.kor_date_fixed = False
        self._assert_live(13)
        webinar.depend_on_ids = [Command.link(workshop.id)]
        # The webinar on 13, live on 14.
        self._assert_live(14)
        self.assertEqual(self.onboarding.date_planned, self._april(13), "the first plan stays")

    def test_task_that_is_added_or_removed_moves_the_plan(self):
        task = self.env["project.task"].create(
            {
                "name": "extra",
                "project_id": self.onboarding.project_id.id,
                "kor_step": "integration",
                "kor_duration": 4,
                "depend_on_ids": [Command.set(self._task(self.onboarding, "kickoff").ids)],
            }
        )
        self._assert_live(13)
        self.assertEqual(self._step(self.onboarding, "integration").task_ids, task)
        self._task(self.onboarding, "live").depend_on_ids = [Command.link(task.id)]
        # The extra one from 8 to 13, live on 14.
        self._assert_live(14)
        self.assertEqual((task.kor_planned_end, task.kor_is_critical), (self._april(13), True))
        task.unlink()
        self._assert_live(13)

    def test_tasks_that_are_no_part_of_the_plan_move_nothing(self):
        task = self.env["project.task"].create(
            {"name": "aside", "project_id": self.onboarding.project_id.id, "kor_duration": 90}
        )
        self.assertNotIn(task, self.onboarding.task_ids)
        self._assert_live(13)

    def test_time_that_passes_makes_it_late_with_reasons(self):
        self._finish(self.onboarding, "account")
        with freeze_time("2026-04-09 12:00:00"):
            self.env["kor.onboarding"]._cron_follow()
        # Login and kick-off today at the earliest: workshop 10, 13, 14, live 15.
        self._assert_live(15)
        self.assertEqual((self.onboarding.state, self.onboarding.color), ("late", "red"))
        self.assertIn("2 working days after the agreed", self.onboarding.reason)
        self.assertEqual(self._step(self.onboarding, "account_setup").days_late, 2)

    def test_late_step_within_the_agreed_go_live_is_a_risk(self):
        self.onboarding.date_agreed = "2026-04-30"
        with freeze_time("2026-04-09 12:00:00"):
            self._finish(self.onboarding, "account")
        # The login takes the 10th and the 13th: from the 7th these are the 8th, 9th, 10th and 13th.
        self.assertEqual((self.onboarding.state, self.onboarding.color), ("at_risk", "amber"))
        self.assertIn("Account setup is 4 working days behind its plan", self.onboarding.reason)

    def test_reasons_count_days_as_people_do(self):
        for days, words in ((1, "for 1 working day"), (2, "for 2 working days")):
            self.assertEqual(self.onboarding._describe_reason("idle", {"days": days}), f"Nothing has gone on {words}")

    def test_going_on_keeps_it_on_track_and_reopening_takes_it_back(self):
        self._finish(self.onboarding, "account")
        self.assertEqual((self.onboarding.state, self.onboarding.color), ("on_track", "green"))
        self.assertEqual(self._task(self.onboarding, "account").kor_date_done, self._april(1))
        self._task(self.onboarding, "account").action_kor_reopen()
        self.assertFalse(self._task(self.onboarding, "account").kor_date_done)
        self.assertEqual(self.onboarding.state, "not_started")

    def test_blocked_step_says_why_until_it_goes_on(self):
        step = self.onboarding.block_step("configuration", "Their network is closed to us")
        self.assertEqual((step["status"], self.onboarding.state), ("blocked", "blocked"))
        self.assertIn("Initial configuration is blocked: Their network", self.onboarding.reason)
        self.assertEqual(self.onboarding.block_step("configuration", "")["status"], "planned")
        self.assertEqual(self.onboarding.state, "not_started")

    def test_idle_onboarding_is_a_risk(self):
        self.onboarding.date_agreed = "2026-05-29"
        self._finish(self.onboarding, "account")
        for day, is_idle in (("10", False), ("13", True)):
            # The login could begin on the 2nd; until the 13th pass the 7th, 8th, 9th, 10th and 13th: five working days.
            with freeze_time(f"2026-04-{day} 12:00:00"):
                self.env["kor.onboarding"]._cron_follow()
            self.assertEqual("Nothing has gone on for 5 working days" in self.onboarding.reason, is_idle)
        self.company.kor_onboarding_patience = 0
        self.onboarding._replan()
        self.assertNotIn("Nothing has gone on", self.onboarding.reason)

    def test_circular_dependencies_are_refused(self):
        account, live = (self._task(self.onboarding, name) for name in ("account", "live"))
        with self.assertRaises(Exception) as refusal:  # the native check or ours, whichever comes first
            account.depend_on_ids = [Command.link(live.id)]
        self.assertTrue(str(refusal.exception))

    def test_planning_again_changes_nothing(self):
        self.env.flush_all()
        before = self.onboarding.status()
        self.onboarding._replan()
        self.assertEqual(self.onboarding.status(), before)
        with self.assertQueries([]):
            self.env.flush_all()
