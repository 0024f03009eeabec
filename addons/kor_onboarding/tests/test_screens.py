from odoo.tests import Form, freeze_time, tagged

from .common import NOON, OnboardingCase


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestScreens(OnboardingCase):
    def test_wizard_shows_the_plan_and_starts_it(self):
        contract = self._sign()
        action = contract.action_open_onboarding()
        form = Form(self.env["kor.onboarding.start"].with_context(**action["context"]))
        self.assertEqual(form.date_planned, self._april(13))
        self.assertIn("workshop", form.preview_html)
        self.assertIn("key, build", form.preview_html)
        form.date_agreed = "2026-04-20"
        opened = form.save().action_start()
        onboarding = self.env["kor.onboarding"].browse(opened["res_id"])
        self.assertEqual((onboarding.date_agreed, onboarding.manager_id), (self._april(20), self.manager))
        self.assertEqual(contract.action_open_onboarding()["res_id"], onboarding.id)

    def test_wizard_says_what_is_missing(self):
        self.env["kor.onboarding.template"].search([]).active = False
        contract = self._sign()
        form = Form(self.env["kor.onboarding.start"].with_context(default_contract_id=contract.id))
        self.assertIn("There is no onboarding template", form.problem)

    def test_contract_says_how_far_it_is_and_is_found(self):
        contract = self._sign()
        self.assertIn(contract, self.env["kor.contract"].search([("onboarding_id", "=", False)]))
        onboarding = self._onboard(contract)
        self.assertEqual((contract.onboarding_id, contract.onboarding_state), (onboarding, "not_started"))
        self.assertNotIn(contract, self.env["kor.contract"].search([("onboarding_id", "=", False)]))
        self.assertIn(contract, self.env["kor.contract"].search([("onboarding_id", "in", onboarding.ids)]))

    def test_board_has_all_states_and_forms_open(self):
        onboarding = self._onboard()
        columns = dict(self.env["kor.onboarding"]._read_group([], ["state"], ["__count"]))
        self.assertTrue(columns)
        self.assertEqual(onboarding._expand_states(["late"], [])[-1], "done")
        with Form(onboarding) as form:
            form.date_agreed = "2026-04-30"
        for action in (onboarding.action_open_tasks(), onboarding.step_ids[0].action_open_tasks()):
            self.assertTrue(self.env[action["res_model"]].search(action["domain"]))
        self.assertEqual(onboarding.action_open_contract()["res_id"], onboarding.contract_id.id)
        self.assertEqual(onboarding.action_preview()["url"], f"/my/onboarding/{onboarding.id}")

    def test_time_to_value_and_on_time_rate_by_tier(self):
        kept, missed = self._onboard(), self._onboard()
        missed.date_agreed = "2026-03-31"
        for onboarding, day in ((kept, "2026-04-05"), (missed, "2026-04-09")):
            self._finish(onboarding, "live")
            self._report_use(onboarding.contract_id, day)
        self.env["kor.onboarding"]._cron_follow()
        rows = self.env["kor.onboarding"]._read_group(
            [("id", "in", (kept | missed).ids)], ["tier_id"], ["days_to_value:avg", "on_time_rate:avg"]
        )
        # 4 and 8 days; one of two on the agreed day.
        self.assertEqual(rows, [(self.tier, 6, 50)])

    def test_template_tells_its_days(self):
        # Without closed days: 1 account, 2 login, 1 key, 2 build, 1 live; workshop is 3 after login. 1+2+3+1 = 7.
        self.assertEqual((self.template.task_count, self.template.days), (9, 7))
