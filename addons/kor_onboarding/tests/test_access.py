from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .common import NOON, OnboardingCase

# What a customer may read of an onboarding over RPC; all else is between colleagues.
SHOWN = {
    # Of activities natively only what they look like.
    "activity_exception_decoration", "activity_exception_icon", "activity_type_icon",
    "access_token", "access_url", "access_warning", "company_id", "contract_id", "create_date", "create_uid",
    "display_name", "id", "name", "partner_id", "rating_ids", "website_message_ids", "write_date", "write_uid",
}  # fmt: skip


@tagged("post_install", "-at_install")
@freeze_time(NOON)
class TestAccess(OnboardingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(NOON):
            cls.onboarding = cls._onboard()
            cls.other = cls._onboard(partner_id=cls._create_customer("Fjord").id)
        cls.portal = cls._create_portal_user(cls.customer, "onb_harbour")

    def test_customer_reads_the_own_one_and_little_of_it(self):
        mine = self.env["kor.onboarding"].with_user(self.portal).search([])
        self.assertEqual(mine, self.onboarding)
        names = set(mine.fields_get())
        hidden = {name for name in names if name not in SHOWN and not name.startswith(("message_", "has_message"))}
        self.assertFalse(hidden)
        with self.assertRaises(AccessError):
            mine.read(["reason"])
        with self.assertRaises(AccessError):
            self.other.with_user(self.portal).read(["name"])

    def test_customer_reaches_nothing_of_project_steps_and_templates(self):
        names = ("kor.onboarding.step", "kor.onboarding.template", "kor.onboarding.role", "kor.onboarding.start")
        for name in names:
            with self.subTest(name), self.assertRaises(AccessError):
                self.env[name].with_user(self.portal).search([])
        # Also not as a follower of project and tasks, nor as the customer that they name.
        project = self.onboarding.project_id
        project.message_subscribe(partner_ids=self.portal.partner_id.ids)
        project.task_ids.message_subscribe(partner_ids=self.portal.partner_id.ids)
        self.assertFalse(self.env["project.task"].with_user(self.portal).search([]))
        self.assertFalse(self.env["project.project"].with_user(self.portal).search([]))

    def test_collaborator_of_a_shared_project_works_in_it_as_ever(self):
        project = self.env["project.project"].create({"name": "Shared", "privacy_visibility": "portal"})
        project._add_collaborators(self.portal.partner_id)
        project._add_followers(self.portal.partner_id)
        tasks = self.env["project.task"].with_user(self.portal).with_context(default_project_id=project.id)
        task = tasks.create({"name": "Ours"})
        task.write({"state": "1_done"})
        self.assertEqual((task.project_id, task.state), (project, "1_done"))

    def test_customer_calls_and_writes_nothing(self):
        mine = self.onboarding.with_user(self.portal)
        step = self.onboarding.step_ids[0]
        calls = (
            mine.status,
            lambda: mine.complete_step("training"),
            lambda: mine.sign_off("training", "Ada"),
            lambda: mine.block_step("training", "x"),
            lambda: mine.preview_delay(self.onboarding.task_ids[0].id, 1),
            mine.stop,
            mine.action_follow,
            lambda: mine.write({"date_agreed": "2026-05-01"}),
            lambda: step.with_user(self.portal).action_complete(),
            lambda: step.with_user(self.portal).write({"note": "x"}),
            lambda: self.onboarding.contract_id.with_user(self.portal).start_onboarding(),
            lambda: self.onboarding.contract_id.with_user(self.portal).preview_onboarding(),
            lambda: self.onboarding.contract_id.with_user(self.portal).start_billing("2026-04-01"),
        )
        for number, call in enumerate(calls):
            with self.subTest(number), self.assertRaises(AccessError):
                call()

    def test_colleagues_by_group(self):
        reader = new_test_user(self.env, "onb_reader", "kor_contracts.group_kor_contract_user")
        own = self.onboarding.with_user(reader)
        self.assertEqual(own.state, "not_started")
        with self.assertRaises(AccessError):
            own.write({"date_agreed": "2026-05-01"})
        self.onboarding.with_user(self.manager).write({"date_agreed": "2026-05-01"})
        with self.assertRaises(AccessError):
            self.template.with_user(self.manager).write({"name": "Mine"})
        administrator = new_test_user(self.env, "onb_admin", "kor_onboarding.group_kor_onboarding_manager")
        self.template.with_user(administrator).write({"name": "Mine"})
        plain = new_test_user(self.env, "onb_plain", "base.group_user")
        with self.assertRaises(AccessError):
            self.onboarding.with_user(plain).read(["name"])

    def test_other_company_reads_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "onb_stranger",
            "kor_onboarding.group_kor_onboarding_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self.env["kor.onboarding"].with_user(stranger).search([]))
        self.assertFalse(self.env["kor.onboarding.step"].with_user(stranger).search([]))
        self.template.company_id = self.company
        self.assertNotIn(self.template, self.env["kor.onboarding.template"].with_user(stranger).search([]))

    def test_colleague_without_project_rights_to_the_task_still_moves_the_plan(self):
        task = self._task(self.onboarding, "account").with_user(self.trainer)
        task.write({"state": "1_done"})
        self.assertEqual(self.onboarding.state, "on_track")
