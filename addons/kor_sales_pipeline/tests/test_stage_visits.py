from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .pipeline_common import PipelineCase


@tagged("post_install", "-at_install")
class TestStageVisits(PipelineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["kor.stage.condition"].search([]).active = False

    def _get_story(self, lead):
        visits = lead.with_context(active_test=False).kor_visit_ids.sorted("id")
        return [(visit.stage_id.kor_key, visit.entry, visit.exit) for visit in visits]

    def test_moves_are_noted_with_times_people_and_worth(self):
        seller = self._create_user("kor_visit_seller")
        with freeze_time("2026-01-01 08:00:00"):
            lead = self._create_lead(user_id=seller.id, expected_revenue=900, probability=10)
        with freeze_time("2026-01-03 20:00:00"):
            lead.with_user(seller).write({"stage_id": self.stages["qualification"].id, "expected_revenue": 1000})
        first, second = lead.kor_visit_ids.sorted("id")
        self.assertEqual((first.amount, second.amount), (900, 1000))
        self.assertEqual((first.entered_by_id, first.left_by_id, second.entered_by_id), (self.env.user, seller, seller))
        self.assertEqual((first.date_left, first.days), (second.date_entered, 2.5))
        self.assertEqual(first.probability, 10)
        self.assertFalse(second.date_left)

    def test_the_way_of_a_deal_is_told(self):
        lead = self._create_lead()
        for key in ("proposal", "qualification", "negotiation"):
            self._move(lead, key)
        reason = self.env["crm.lost.reason"].create({"name": "Rain"})
        lead.action_set_lost(lost_reason_id=reason.id)
        lead.action_restore()
        self._move(lead, "onboarding")
        self.assertEqual(
            self._get_story(lead),
            [
                ("lead", "created", "forward"),
                ("proposal", "forward", "back"),
                ("qualification", "back", "forward"),
                ("negotiation", "forward", "lost"),
                ("negotiation", "reopened", "forward"),
                ("onboarding", "won", False),
            ],
        )
        self.assertEqual(lead.kor_visit_ids.lost_reason_id, reason)

    def test_why_a_deal_without_a_chance_was_lost_is_told_once(self):
        seller = self._create_user("kor_visit_seller")
        lead = self._create_lead(user_id=seller.id)
        rain, snow = self.env["crm.lost.reason"].create([{"name": "Rain"}, {"name": "Snow"}])
        for reason in (False, rain.id):
            lead.probability = 0
            lead.with_user(seller).action_set_lost(lost_reason_id=reason)
            lead.action_restore()
        lead.lost_reason_id = snow
        visits = lead.kor_visit_ids.sorted("id")
        self.assertEqual(visits.mapped("exit"), ["lost", "lost", False])
        self.assertEqual([visit.lost_reason_id for visit in visits], [rain.browse(), rain, rain.browse()])
        lead.action_set_lost(lost_reason_id=rain.id)
        lead.lost_reason_id = snow
        self.assertEqual(lead.kor_visit_ids.sorted("id")[-1].lost_reason_id, rain)

    def test_imported_opportunity_is_dated_once_by_managers(self):
        lead, lost = self._create_lead(), self._create_lead()
        for key in ("qualification", "onboarding"):
            self._move(lead, key)
        lost.action_set_lost()
        days = ["2026-01-05", "2026-01-19 09:30:00", "2026-03-02"]
        seller = self._create_user("kor_import_seller")
        with self.assertRaises(AccessError):
            lead.with_user(seller).import_stage_dates(days)
        refusals = {
            "3 stages": days[:2],
            "in their order": [days[1], days[0], days[2]],
            "none of them to come": [*days[:2], "2999-01-01"],
            "is no moment": [*days[:2], "yesterday"],
        }
        manager = self._create_user("kor_import_manager", "manager")
        for sentence, given in refusals.items():
            with self.subTest(sentence), self.assert_refused(sentence):
                lead.with_user(manager).import_stage_dates(given)
        lead.with_user(manager).import_stage_dates(days)
        visits = lead.kor_visit_ids.sorted("id")
        self.assertEqual([str(visit.date_entered)[:10] for visit in visits], [day[:10] for day in days])
        self.assertEqual(visits.mapped("date_left"), [*visits[1:].mapped("date_entered"), False])
        self.assertEqual(visits.mapped("is_imported"), [True] * 3)
        self.assertEqual(visits[1].days, 41.604166666666664)
        with self.assert_refused("history of its own"):
            lead.with_user(manager).import_stage_dates(days)
        lost.with_user(manager).import_stage_dates(["2026-01-05"], "2026-02-01")
        self.assertEqual(str(lost.date_closed), "2026-02-01 00:00:00")
        self.assertEqual(lost.with_context(active_test=False).kor_visit_ids.days, 27)

    def test_archiving_alone_and_other_writes_note_nothing(self):
        lead = self._create_lead(probability=20)
        lead.action_archive()
        lead.action_unarchive()
        lead.write({"priority": "3", "stage_id": lead.stage_id.id})
        self.assertEqual(self._get_story(lead), [("lead", "created", False)])

    def test_changing_the_team_ends_and_begins_visits(self):
        lead = self._create_lead()
        lead.team_id = self.env["crm.team"].create({"name": "Other"})
        self.assertEqual(self._get_story(lead), [("lead", "created", "transferred")])
        lead.team_id = self.team
        self.assertEqual(self._get_story(lead)[1:], [("lead", "transferred", False)])

    def test_merging_keeps_the_history_of_the_lead_that_stays(self):
        other = self.env["crm.team"].create({"name": "Other"})
        for name, team, story in (
            ("both inside", self.team, [("lead", "created", "forward"), ("proposal", "forward", False)]),
            ("from another team", other, [("lead", "transferred", False)]),
        ):
            with self.subTest(name):
                first = self._create_lead("First", team_id=team.id, probability=80)
                if team == self.team:
                    self._move(first, "proposal")
                second = self._create_lead("Second", team_id=team.id, probability=1)
                merged = (first | second).merge_opportunity(team_id=self.team.id)
                self.assertEqual((merged, merged.team_id), (first, self.team))
                self.assertEqual(self._get_story(merged), story)

    def test_a_clock_that_was_set_back_hinders_no_move(self):
        with freeze_time("2026-01-02 00:00:00"):
            lead = self._create_lead()
        with freeze_time("2026-01-01 00:00:00"):
            self._move(lead, "proposal")
        self.assertEqual(lead.kor_stage_key, "proposal")

    def test_history_is_neither_changed_nor_deleted(self):
        visit = self._create_lead().kor_visit_ids
        with self.assertRaisesRegex(UserError, "not changed"):
            visit.write({"date_entered": "2020-01-01 00:00:00"})
        with self.assertRaisesRegex(UserError, "not deleted"):
            visit.unlink()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_two_open_visits(self):
        lead = self._create_lead()
        with self.assertRaises(IntegrityError):
            lead.kor_visit_ids.copy()

    def test_history_goes_with_its_lead(self):
        lead = self._create_lead()
        visit = lead.kor_visit_ids
        lead.unlink()
        self.assertFalse(visit.exists())

    def test_moving_many_takes_as_many_queries_as_moving_few(self):
        few, many = (self.env["crm.lead"].union(*(self._create_lead(f"{n}") for n in range(n))) for n in (3, 40))
        counts = []
        for leads in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.write({"stage_id": self.stages["proposal"].id})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        # What Odoo's own scoring takes grows by a few with the number of leads; the history does not.
        self.assertLessEqual(counts[1], counts[0] + 4, counts)

    def test_leads_of_other_teams_are_written_as_if_there_were_no_pipeline(self):
        other = self.env["crm.team"].create({"name": "Other"})
        leads = self.env["crm.lead"].create(
            [{"name": f"{n}", "team_id": other.id, "type": "opportunity", "user_id": False} for n in range(20)]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(__system__=25):
            for lead in leads:
                lead.write({"team_id": other.id, "user_id": self.env.uid})
            self.env.flush_all()
        self.assertFalse(leads.kor_visit_ids)

    def test_mass_moves_judge_and_note_in_few_queries(self):
        self.env["kor.stage.condition"].with_context(active_test=False).search([]).active = True
        leads = self.env["crm.lead"].union(
            *(self._create_lead(f"{n}", partner_id=self.customer.id, kor_plan_id=self.plan.id) for n in range(30))
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(__system__=60):
            leads.write({"stage_id": self.stages["proposal"].id})
            self.env.flush_all()
