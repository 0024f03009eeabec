import json
from ast import literal_eval

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import freeze_time, tagged

from .pipeline_common import PIPELINE, PipelineCase

# Name, value, and where it stood from when on; None: lost then. The table of the engine's test.
STORIES = (
    ("straight", 1000, (("lead", "01-01"), ("qualification", "01-03"), ("proposal", "01-08"), ("negotiation", "01-10"),
                        ("signing", "01-20"), ("onboarding", "01-25"))),
    ("skips", 400, (("lead", "01-05"), ("proposal", "01-09"), (None, "01-19"))),
    ("returns", 600, (("lead", "01-06"), ("qualification", "01-08"), ("proposal", "01-12"), ("qualification", "01-14"),
                      ("proposal", "01-20"), ("negotiation", "02-01"))),
    ("lost", 0, (("lead", "02-02"), (None, "02-05"))),
    ("young", 300, (("lead", "02-10"), ("qualification", "02-20"))),
    ("late start", 2000, (("proposal", "02-03"), ("negotiation", "02-04"), ("signing", "02-08"),
                          ("onboarding", "02-13"))),
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestPipelineFigures(PipelineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["kor.stage.condition"].search([]).active = False
        team = cls.env["crm.team"].create({"name": "Measured"})
        cls.team.kor_stage_ids.team_ids = [(4, team.id)]
        cls.team = team
        cls.leads = {name: cls._tell(name, value, steps) for name, value, steps in STORIES}
        for name, probability, closing in (("returns", 50, "2026-04-20"), ("young", 20, "2026-02-25")):
            cls.leads[name].write({"probability": probability, "date_deadline": closing})

    @classmethod
    def _tell(cls, name, value, steps):
        lead = cls.env["crm.lead"]
        for key, day in steps:
            with freeze_time(f"2026-{day} 00:00:00"):
                if key is None:
                    lead.action_set_lost()
                elif lead:
                    lead.stage_id = cls.stages[key]
                else:
                    lead = cls._create_lead(name, expected_revenue=value, stage_id=cls.stages[key].id)
        return lead

    def _ask(self, method, *arguments, user=None):
        team = self.team.with_user(user) if user else self.team
        with freeze_time("2026-03-01 00:00:00"):
            return getattr(team, method)(*arguments)

    def test_conversion_between_any_two_stages_by_hand(self):
        found = {
            (one["from"], one["to"]): (one["reached"], one["converted"], one["lost"], one["open"], one["rate"])
            for one in self._ask("kor_funnel", "2026-01-01", "2026-02-28")["conversions"]
        }
        for pair, expected in (
            (("lead", "qualification"), (6, 5, 1, 0, 83.33)),
            (("qualification", "proposal"), (5, 4, 0, 1, 80)),
            (("proposal", "negotiation"), (4, 3, 1, 0, 75)),
            (("negotiation", "signing"), (3, 2, 0, 1, 66.67)),
            (("signing", "onboarding"), (2, 2, 0, 0, 100)),
            (("lead", "onboarding"), (6, 2, 2, 2, 33.33)),
        ):
            with self.subTest(pair=pair):
                self.assertEqual(found[pair], expected)

    def test_cohorts_and_times_by_hand(self):
        found = self._ask("kor_funnel", "2026-01-01", "2026-02-28")
        cohorts = {one["month"]: [stage["reached"] for stage in one["stages"]] for one in found["cohorts"]}
        self.assertEqual(cohorts, {"2026-01": [3, 3, 3, 2, 1, 1], "2026-02": [3, 2, 1, 1, 1, 1]})
        times = {
            one["key"]: (one["left"], one["days_mean"], one["days_median"], one["standing"]) for one in found["stages"]
        }
        self.assertEqual(times["lead"], (5, 4.2, 3, 0))
        self.assertEqual(times["qualification"], (2, 7.5, 7.5, 1))
        self.assertEqual(times["proposal"], (4, 6.75, 6, 0))
        self.assertEqual(times["onboarding"], (0, 0, 0, 2))

    def test_velocity_by_hand(self):
        found = self._ask("kor_velocity", "2026-01-01", "2026-02-28")
        self.assertEqual((found["won"], found["lost"], found["win_rate"], found["cycle_days"]), (2, 2, 50, 17))
        self.assertEqual((found["open"], found["mean_value"], found["velocity"]), (2, 1500, 88.24))
        # At the end of January straight was won and skips lost; only returns was open.
        january = self._ask("kor_velocity", "2026-01-01", "2026-01-31")
        self.assertEqual((january["won"], january["lost"], january["open"], january["cycle_days"]), (1, 1, 1, 24))

    def test_forecast_by_month(self):
        found = self._ask("kor_forecast", "2026-03-01", "2026-12-31")["months"]
        self.assertEqual(
            [(one["month"], one["deals"], one["value"], one["weighted"]) for one in found],
            [("overdue", 1, 300, 60), ("2026-04", 1, 600, 300)],
        )

    def test_the_report_tells_the_same_as_the_engine(self):
        self.env.flush_all()
        found = self.env["kor.conversion.report"]._read_group(
            [("team_id", "=", self.team.id)], ["from_stage_id", "to_stage_id"], ["__count", "converted:sum", "rate:avg"]
        )
        report = {
            (source.kor_key, target.kor_key): (count, converted, round(rate, 2))
            for source, target, count, converted, rate in found
        }
        engine = {
            (one["from"], one["to"]): (one["reached"], one["converted"], one["rate"])
            for one in self._ask("kor_funnel", "2026-01-01", "2026-02-28")["conversions"]
        }
        self.assertEqual(report, engine)

    def test_dashboard_brings_figures_with_searches_that_find_as_many(self):
        found = self._ask("kor_dashboard", "2026-01-01", "2026-02-28")
        cards = {card["key"]: card for card in found["cards"]}
        Lead = self.env["crm.lead"].with_context(active_test=False)
        for key, expected in (("open", 2), ("won", 2), ("lost", 2)):
            with self.subTest(key):
                self.assertEqual(cards[key]["value"], expected)
                self.assertEqual(Lead.search_count(cards[key]["domain"]), expected)
        self.assertEqual(cards["weighted"]["value"], 360)
        self.assertEqual(sum(one["deals"] for one in found["standing"].values()), 2)

    def test_answers_are_plain_json_without_nulls(self):
        for method in ("kor_funnel", "kor_velocity", "kor_forecast", "kor_dashboard"):
            with self.subTest(method):
                self.assertNotIn("null", json.dumps(self._ask(method, "2026-01-01", "2026-02-28")))

    def test_a_reopened_deal_is_open_again(self):
        self.leads["lost"].action_restore()
        self.assertEqual(self._ask("kor_velocity", "2026-01-01", "2026-02-28")["lost"], 1)

    def test_a_seller_is_told_of_own_leads_only(self):
        seller = self._create_user("kor_figure_seller")
        (self.leads["straight"] | self.leads["returns"]).user_id = seller
        found = self._ask("kor_funnel", "2026-01-01", "2026-02-28", user=seller)
        self.assertEqual(found["stages"][0]["reached"], 2)

    def test_who_may_not_read_leads_is_refused(self):
        stranger = self._create_user("kor_stranger", "base.group_user")
        for method in ("kor_funnel", "kor_velocity", "kor_forecast", "kor_dashboard"):
            with self.subTest(method), self.assertRaises(AccessError):
                self._ask(method, "2026-01-01", "2026-02-28", user=stranger)

    def test_unusable_periods_are_refused_with_a_sentence(self):
        for first, last in (("2026-02-01", "2026-01-01"), ("yesterday", "2026-01-01"), (False, None)):
            with self.subTest(first=first), self.assert_refused("Give a period as two days"):
                self._ask("kor_funnel", first, last)
        other = self.env["crm.team"].create({"name": "Other"})
        with self.assert_refused("one sales team"):
            other.kor_funnel("2026-01-01", "2026-01-31")

    def test_figures_of_many_deals_take_few_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(__system__=20):
            self._ask("kor_funnel", "2026-01-01", "2026-02-28")

    def test_weighted_amounts_follow_what_odoo_has_learnt(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        lead = self._create_lead("Learnt", kor_plan_id=self.plan.id, stage_id=self.stages["negotiation"].id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET probability = 1, automated_probability = 1 WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        lead.modified(["probability"])
        self.assertEqual((lead.kor_arr_weighted, lead.prorated_revenue), (18, 23))
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.assertGreater(lead.probability, 1)
        self.assertAlmostEqual(lead.kor_arr_weighted, 18 * lead.probability, 2)
        self.assertAlmostEqual(lead.prorated_revenue, 23 * lead.probability, 2)
        self.assertAlmostEqual(lead.recurring_revenue_prorated, lead.kor_arr_weighted, 2)

    def test_reasons_are_shown_of_lost_deals_only(self):
        action = self.env.ref(f"{PIPELINE}.crm_lead_closed_action")
        context = literal_eval(action.context)
        arch = etree.fromstring(action.search_view_id.arch)
        domains = [
            literal_eval(arch.find(f".//filter[@name='{name.removeprefix('search_default_')}']").get("domain"))
            for name in context
            if name.startswith("search_default_")
        ]
        Lead = self.env["crm.lead"].with_context(**context)
        shown = Lead.search(Domain.AND([literal_eval(action.domain), *domains, [("team_id", "=", self.team.id)]]))
        self.assertEqual(shown, self.leads["skips"] | self.leads["lost"])
