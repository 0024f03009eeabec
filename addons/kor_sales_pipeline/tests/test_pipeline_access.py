from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .pipeline_common import PipelineCase


@tagged("post_install", "-at_install")
class TestPipelineAccess(PipelineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("kor_access_seller")
        cls.manager = cls._create_user("kor_access_manager", "manager")
        cls.own = cls._create_lead("Own", user_id=cls.seller.id, kor_plan_id=cls.plan.id)
        cls.foreign = cls._create_lead("Foreign", user_id=cls.manager.id, kor_plan_id=cls.plan.id)
        usage = [Command.create({"metric_id": cls.storage.id, "quantity": 1})]
        (cls.own | cls.foreign).kor_usage_ids = usage
        cls.env.flush_all()

    def test_a_seller_sees_what_belongs_to_own_leads(self):
        for model in ("kor.stage.visit", "kor.lead.usage", "kor.conversion.report"):
            with self.subTest(model):
                leads = (
                    self.env[model].with_user(self.seller).search([("lead_id", "in", (self.own | self.foreign).ids)])
                )
                self.assertEqual(leads.lead_id, self.own)
                leads = (
                    self.env[model].with_user(self.manager).search([("lead_id", "in", (self.own | self.foreign).ids)])
                )
                self.assertEqual(leads.lead_id, self.own | self.foreign)

    def test_a_seller_moves_own_leads_and_no_others(self):
        self.own.partner_id = self.customer
        self.own.with_user(self.seller).stage_id = self.stages["qualification"]
        self.assertEqual(len(self.own.kor_visit_ids), 2)
        with self.assertRaises(AccessError):
            self.foreign.with_user(self.seller).stage_id = self.stages["qualification"]

    def test_nobody_writes_history_by_hand(self):
        values = {
            "lead_id": self.own.id,
            "team_id": self.team.id,
            "stage_id": self.stages["proposal"].id,
            "entry": "won",
            "currency_id": self.currency.id,
        }
        for user in (self.seller, self.manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["kor.stage.visit"].with_user(user).create(values)

    def test_only_a_manager_sets_conditions_and_reasons(self):
        for model, values in (
            ("kor.stage.condition", {"name": "Smile.", "stage_id": self.stages["proposal"].id, "requirement": "email"}),
            ("kor.won.reason", {"name": "Smile"}),
        ):
            with self.subTest(model):
                self.assertTrue(self.env[model].with_user(self.manager).create(values))
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.seller).create(values)

    def test_public_calls_on_foreign_leads_are_refused(self):
        lead = self.foreign.with_user(self.seller)
        for call in (lead.kor_checklist, lead.kor_update_estimate, lead.action_kor_fill_handover):
            with self.subTest(call.__name__), self.assertRaises(AccessError):
                call()

    def test_a_seller_of_sales_alone_works_in_the_pipeline(self):
        user = self._create_user("kor_plain_seller", "sales_team.group_sale_salesman")
        self.own.user_id = user
        lead = self.own.with_user(user)
        lead.write({"partner_id": self.customer.id, "stage_id": self.stages["qualification"].id})
        self.assertEqual(lead.kor_stage_key, "qualification")
        self._create_order(self.own, "sale")
        self.env.invalidate_all()
        lead.action_set_won()
        self.assertIn("Summit annual", lead.kor_handover)

    def test_other_companies_are_not_seen(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user(
            "kor_elsewhere", "manager", company_id=company.id, company_ids=[Command.set(company.ids)]
        )
        self.assertEqual(self.own.company_id, self.env.company)
        for model in ("kor.stage.visit", "kor.lead.usage", "kor.conversion.report"):
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(stranger).search([("lead_id", "=", self.own.id)]))
