from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import NOON, OnboardingCase


@tagged("post_install", "-at_install")
class TestFollow(OnboardingCase):
    """What is observed closes tasks with its evidence; the job keeps all plans up to date."""

    def setUp(self):
        super().setUp()
        self.startClassFreeze = freeze_time(NOON)
        self.startClassFreeze.__enter__()
        self.addCleanup(lambda: self.startClassFreeze.__exit__(None, None, None))

    def _log_in(self, user, moment):
        log = self.env["res.users.log"].with_user(user).sudo().create({})
        self.env.cr.execute("UPDATE res_users_log SET create_date = %s WHERE id = %s", [moment, log.id])
        log.invalidate_recordset()

    def _follow(self, day):
        with freeze_time(f"2026-04-{day:02} 12:00:00"):
            self.env["kor.onboarding"]._cron_follow()

    def test_first_login_of_the_customer_closes_its_task(self):
        onboarding = self._onboard()
        user = self._create_portal_user(self.customer, "onb_harbour")
        stranger = self._create_portal_user(self._create_customer("Fjord"), "onb_fjord")
        self._log_in(stranger, "2026-04-02 08:00:00")
        self._log_in(user, "2026-03-30 08:00:00")
        self._follow(2)
        task = self._task(onboarding, "login")
        self.assertFalse(task.kor_date_done, "somebody else's login, and one before the signature, count for nothing")
        self._log_in(user, "2026-04-02 09:00:00")
        self._follow(7)
        self.assertEqual((task.state, task.kor_date_done), ("1_done", self._april(2)))
        self.assertEqual(task.kor_evidence, "onb_harbour (base.group_portal) logged in")

    def test_first_key_closes_its_task(self):
        onboarding = self._onboard(with_integration=True)
        user = self._create_portal_user(self.customer, "onb_harbour")
        self._follow(2)
        self.assertFalse(self._task(onboarding, "key").kor_date_done)
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        keys._generate(None, "Warehouse", self.env.cr.now().replace(year=2099))
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET create_date = '2026-04-07 10:00:00' WHERE user_id = %s", [user.id]
        )
        keys.invalidate_model()
        self._follow(8)
        task = self._task(onboarding, "key")
        self.assertEqual((task.kor_date_done, task.kor_evidence), (self._april(7), "API key “Warehouse”"))

    def test_first_use_closes_its_task_and_is_the_time_to_value(self):
        onboarding = self._onboard()
        self._report_use(onboarding.contract_id, "2026-03-30")
        self._follow(2)
        self.assertFalse(onboarding.date_first_use or onboarding.has_value, "use before the signature is none of it")
        self._report_use(onboarding.contract_id, "2026-04-10")
        self._report_use(onboarding.contract_id, "2026-04-09")
        self._follow(10)
        self.assertEqual(self._task(onboarding, "use").kor_date_done, self._april(9))
        # From the 1st to the 9th.
        self.assertEqual((onboarding.date_first_use, onboarding.days_to_value), (self._april(9), 8))
        self.assertEqual(onboarding.status()["time_to_value"], 8)

    def test_integration_is_observed_by_who_knows_of_one(self):
        onboarding = self._onboard(with_integration=True)
        self._task(onboarding, "build").kor_observation = "integration"
        self._follow(2)
        self.assertFalse(self._task(onboarding, "build").kor_date_done)

        def observe(_self, onboardings):
            return {one: (self._april(2), "Connector answers") for one in onboardings}

        self.patch(self.registry["kor.onboarding"], "_observe_integration", observe)
        self._follow(7)
        self.assertEqual(self._task(onboarding, "build").kor_evidence, "Connector answers")

    def test_contract_that_is_over_stops_its_onboarding(self):
        onboarding = self._onboard()
        onboarding.contract_id.action_cancel("2026-04-01")
        self._follow(2)
        self.assertEqual((onboarding.state, onboarding.is_open), ("cancelled", False))
        with self.assert_refused("is over: nothing of it changes"):
            onboarding.complete_step("training")

    def test_manager_is_told_once_that_it_is_late(self):
        onboarding = self._onboard()
        for day in (20, 21):
            self._follow(day)
        late = onboarding.message_ids.filtered(lambda message: "is late" in (message.subject or ""))
        self.assertEqual(len(late), 1)
        self.assertEqual(late.notified_partner_ids, self.manager.partner_id)
        self.assertTrue(late.is_internal or late.subtype_id.internal, "customers do not read it")
        self.assertEqual(onboarding.activity_ids.user_id, self.manager)
        onboarding.date_agreed = "2026-06-30"
        self.assertFalse(onboarding.activity_ids, "it is no longer late")

    def test_one_that_cannot_be_planned_keeps_no_other_waiting(self):
        broken, whole = self._onboard(), self._onboard()
        account, live = (self._task(broken, name) for name in ("account", "live"))
        self.env.cr.execute(
            "INSERT INTO task_dependencies_rel (task_id, depends_on_id) VALUES (%s, %s)", [account.id, live.id]
        )
        account.invalidate_recordset(["depend_on_ids"])
        with self.assertLogs("odoo.addons.kor_onboarding", "WARNING"):
            self._follow(9)
        self.assertEqual(whole.state, "late")
        self.assertEqual(len(broken.activity_ids), 1)
        self.assertIn("wait for each other", broken.activity_ids.note)

    def test_many_onboardings_take_no_more_queries_than_one(self):
        onboardings = self._onboard_many(40)
        self._finish_accounts(onboardings)
        onboardings.date_agreed = "2026-06-30"
        user = self._create_portal_user(onboardings[7].partner_id, "onb_seventh")
        self._log_in(user, "2026-04-02 09:00:00")
        # The first run moves every plan by a day and closes one task; the next one finds nothing to do.
        for limit in (75, 35):
            self.env.flush_all()
            self.env.invalidate_all()
            with freeze_time("2026-04-08 12:00:00"), self.assertQueryCount(limit):
                self.env["kor.onboarding"]._cron_follow()
                self.env.flush_all()
        self.assertEqual(len(onboardings.task_ids.filtered("kor_evidence")), 1)

    def _onboard_many(self, count):
        """Return onboardings of three tasks each, without mails."""
        spare = [key for key in self.template_tasks if key not in ("account", "login", "live")]
        self.template_tasks["live"].depend_on_ids = [Command.set(self.template_tasks["login"].ids)]
        self.env["project.task"].concat(*(self.template_tasks[key] for key in spare)).unlink()
        self.patch(self.registry["kor.onboarding"], "_mail", lambda *_arguments, **_values: None)
        contracts = [self._sign(partner_id=self._create_customer(f"Customer {one}").id) for one in range(count)]
        return self.env["kor.onboarding"].concat(*(self._onboard(contract) for contract in contracts))

    def _finish_accounts(self, onboardings):
        onboardings.task_ids.filtered(lambda task: task.name == "account").write({"state": "1_done"})

    def test_template_of_the_house_onboards_each_tier(self):
        # The data that comes with the addon: all four tiers are onboarded with all that they could have bought.
        for code in ("starter", "professional", "enterprise", "custom"):
            tier = self.env.ref(f"kor_enterprise_tiers.tier_{code}")
            contract = self._create_contract({}, tier_id=tier.id, date_start="2026-04-01")
            contract.feature_ids = [Command.set(self.env["kor.feature"].search([]).ids)]
            contract.action_activate()
            onboarding = self._onboard(contract)
            with self.subTest(code):
                self.assertEqual(onboarding.template_id, self.env.ref(f"kor_onboarding.template_{code}"))
                self.assertEqual(len(onboarding.step_ids), 5)
                self.assertEqual(len(onboarding.task_ids.filtered("kor_is_go_live")), 1)
                self.assertTrue(onboarding.task_ids.filtered(lambda task: task.kor_owner == "customer"))
                others = self.env["kor.feature"].browse()
                contract_without = self._create_contract({}, tier_id=tier.id, date_start="2026-04-01")
                contract_without.feature_ids = others
                preview = contract_without.preview_onboarding()
                self.assertNotIn("integration", {task["step"] for task in preview["tasks"]})
