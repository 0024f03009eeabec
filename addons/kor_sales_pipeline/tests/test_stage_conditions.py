from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .pipeline_common import PipelineCase


@tagged("post_install", "-at_install")
class TestStageConditions(PipelineCase):
    def test_a_new_lead_stands_in_the_first_own_stage(self):
        lead = self._create_lead()
        self.assertEqual((lead.stage_id, lead.kor_stage_key), (self.stages["lead"], "lead"))

    def test_leads_of_other_teams_keep_the_shared_stages(self):
        team = self.env["crm.team"].create({"name": "Other"})
        lead = self.env["crm.lead"].create({"name": "Other", "type": "opportunity", "team_id": team.id})
        self.assertFalse(lead.stage_id.kor_key)
        lead.team_id = self.team
        self.assertEqual(lead.kor_stage_key, "lead")

    def test_a_shared_stage_is_refused(self):
        shared = self.env["crm.stage"].create({"name": "Anything"})
        lead = self._create_lead()
        with self.assert_refused("with its own stages"):
            lead.stage_id = shared

    def test_a_lead_without_what_blocks_is_refused_however_it_is_moved(self):
        lead = self._create_lead()
        proposal = self.stages["proposal"].id
        for name, move in (
            ("write", lambda: lead.write({"stage_id": proposal})),
            ("web client", lambda: lead.web_save({"stage_id": proposal}, {"stage_id": {}})),
            ("kanban", lambda: lead.web_resequence({"stage_id": {}}) or lead.write({"stage_id": proposal})),
            ("create", lambda: self._create_lead(stage_id=proposal)),
            ("form", lambda: self._save_in_form(lead, self.stages["proposal"])),
        ):
            with self.subTest(name), self.assert_refused("Choose the customer. Choose a plan or a tier."):
                move()
        self.assertEqual(lead.kor_stage_key, "lead")

    def _save_in_form(self, lead, stage):
        with Form(lead) as form:
            form.stage_id = stage

    def test_a_write_that_brings_what_is_asked_is_judged_as_a_whole(self):
        lead = self._create_lead()
        lead.write(
            {"stage_id": self.stages["proposal"].id, "partner_id": self.customer.id, "kor_plan_id": self.plan.id}
        )
        self.assertEqual(lead.kor_stage_key, "proposal")

    def test_a_context_from_outside_opens_no_door(self):
        with self.assert_refused("Choose the customer."):
            self._create_lead().with_context(kor_stage_event=True).stage_id = self.stages["qualification"]

    def test_going_back_asks_nothing(self):
        lead = self._create_lead(partner_id=self.customer.id)
        self._move(lead, "qualification")
        lead.partner_id = False
        self._move(lead, "lead")
        self.assertEqual(lead.kor_stage_key, "lead")

    def test_a_refusal_of_many_names_each_and_moves_none(self):
        ready = self._create_lead(partner_id=self.customer.id)
        lacking = self._create_lead("Poor") | self._create_lead("Poorer")
        with self.assert_refused("“Poor” cannot enter Qualification yet. Still to do: Choose the customer."):
            (ready | lacking).write({"stage_id": self.stages["qualification"].id})
        self.assertEqual(set((ready | lacking).mapped("kor_stage_key")), {"lead"})

    def test_a_warning_that_is_ignored_is_logged(self):
        lead = self._create_lead(partner_id=self.env["res.partner"].create({"name": "Silent"}).id)
        self._move(lead, "qualification")
        self.assertEqual(lead.kor_stage_key, "qualification")
        note = lead.message_ids[0].body
        self.assertIn("Note an e-mail address.", note)
        self.assertIn("Qualification", note)

    def test_negotiation_needs_a_sent_proposal_and_onboarding_a_signed_one(self):
        lead = self._create_lead(partner_id=self.customer.id, kor_plan_id=self.plan.id)
        order = self._create_order(lead, "draft")
        with self.assert_refused("Send a proposal."):
            self._move(lead, "negotiation")
        order.state = "sent"
        self._move(lead, "negotiation")
        with self.assert_refused("Have the proposal signed."):
            lead.action_set_won()
        order.state = "sale"
        lead.action_set_won()
        self.assertEqual((lead.kor_stage_key, lead.won_status), ("onboarding", "won"))

    def test_an_order_that_the_seller_may_not_see_counts(self):
        seller = self._create_user("kor_seller")
        lead = self._create_lead(partner_id=self.customer.id, kor_plan_id=self.plan.id, user_id=seller.id)
        order = self._create_order(lead)
        self.assertFalse(self.env["sale.order"].with_user(seller).search([("id", "=", order.id)]))
        lead.with_user(seller).stage_id = self.stages["negotiation"]
        self.assertEqual(lead.kor_stage_key, "negotiation")

    def test_an_own_rule_is_asked(self):
        self.env["kor.stage.condition"].create(
            {
                "stage_id": self.stages["qualification"].id,
                "name": "Give it two stars.",
                "domain": "[('priority', '>', '1')]",
            }
        )
        lead = self._create_lead(partner_id=self.customer.id)
        with self.assert_refused("Give it two stars."):
            self._move(lead, "qualification")
        lead.priority = "2"
        self._move(lead, "qualification")
        self.assertEqual(lead.kor_stage_key, "qualification")

    def test_an_unusable_rule_is_refused(self):
        for domain in ("[('nothing', '=', 1)]", "[(", "__import__('os')"):
            with self.subTest(domain), self.assert_refused("Give it", ValidationError):
                self.env["kor.stage.condition"].create(
                    {"stage_id": self.stages["qualification"].id, "name": "Give it", "domain": domain}
                )

    def test_events_move_forward_only_and_note_what_lacks(self):
        lead = self._create_lead()
        self.assertEqual(lead._kor_move_to("proposal"), lead)
        self.assertEqual(lead.kor_stage_key, "proposal")
        self.assertIn("Choose the customer.", lead.message_ids[0].body)
        self.assertFalse(lead._kor_move_to("qualification"))
        self.assertEqual(lead.kor_stage_key, "proposal")

    def test_an_event_moves_a_lost_lead_only_when_it_is_won_after_all(self):
        lead = self._create_lead()
        lead.action_set_lost()
        self.assertFalse(lead._kor_move_to("proposal"))
        lead._kor_move_to("onboarding")
        self.assertEqual((lead.won_status, lead.active), ("won", True))

    def test_an_event_leaves_leads_of_other_teams_alone(self):
        team = self.env["crm.team"].create({"name": "Other"})
        lead = self.env["crm.lead"].create({"name": "Other", "type": "opportunity", "team_id": team.id})
        self.assertFalse(lead._kor_move_to("proposal"))

    def test_checklist_says_what_the_next_stages_ask(self):
        lead = self._create_lead(partner_id=self.customer.id)
        checklist = {stage["key"]: stage for stage in lead.kor_checklist()}
        self.assertNotIn("lead", checklist)
        self.assertTrue(checklist["qualification"]["is_ready"])
        self.assertFalse(checklist["proposal"]["is_ready"])
        asked = {one["name"]: (one["is_met"], one["is_blocking"]) for one in checklist["proposal"]["conditions"]}
        self.assertEqual(asked["Choose a plan or a tier."], (False, True))
        self.assertEqual(asked["Note how many users are expected."], (False, False))
        self.assertIn("Choose a plan or a tier.", lead.kor_checklist_html)

    def test_a_step_has_one_stage_of_a_team(self):
        values = {"name": "Twin", "kor_key": "proposal"}
        with self.assert_refused("already is this step", ValidationError):
            self.env["crm.stage"].create({**values, "team_ids": [(4, self.team.id)]})
        with self.assert_refused("of which sales teams", ValidationError):
            self.env["crm.stage"].create(values)

    def test_the_pipeline_shows_its_own_stages_only(self):
        shared = self.env["crm.stage"].create({"name": "Anything"})
        self._create_lead()
        Lead = self.env["crm.lead"].with_context(default_team_id=self.team.id)
        columns = Lead._read_group_stage_ids(self.stages["lead"], [])
        self.assertEqual(columns, self.team.kor_stage_ids)
        self.assertIn(shared, self.env["crm.lead"]._read_group_stage_ids(shared.browse(), []))

    def test_a_change_of_the_seller_keeps_lead_and_stage(self):
        lead = self._create_lead(partner_id=self.customer.id)
        self._move(lead, "qualification")
        lead.user_id = self._create_user("kor_other_seller")
        self.assertEqual((lead.team_id, lead.kor_stage_key), (self.team, "qualification"))

    def test_winning_writes_the_handover_note_and_tells_the_onboarding_owner(self):
        owner = self._create_user("kor_onboarder")
        self.team.kor_onboarding_user_id = owner
        usage = [(0, 0, {"metric_id": self.storage.id, "quantity": 1500})]
        lead = self._create_lead(
            partner_id=self.customer.id, kor_plan_id=self.plan.id, kor_users=7, kor_usage_ids=usage
        )
        self._create_order(lead, "sale")
        lead.action_set_won()
        for text in ("Harbour &amp; Sons", "Summit annual", "7 users", "Storage: 1,500 GB a month"):
            self.assertIn(text, lead.kor_handover)
        self.assertEqual(lead.activity_ids.user_id, owner)
        lead.kor_handover = "<p>By hand</p>"
        self._move(lead, "signing")
        self._move(lead, "onboarding")
        self.assertIn("By hand", lead.kor_handover)
