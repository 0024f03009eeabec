from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .pipeline_common import PipelineCase


@tagged("post_install", "-at_install")
class TestExpectedContract(PipelineCase):
    def _get_figures(self, lead):
        return (lead.kor_mrr, lead.kor_arr, lead.kor_tcv, lead.kor_one_time, lead.kor_usage_revenue)

    def _create_usage_plan(self, **values):
        tiers = [Command.create({"up_to": 100}), Command.create({"up_to": 0, "unit_price": 0.5})]
        return self._create_plan(
            {
                "name": "Storage",
                "charge_type": "usage",
                "metric_id": self.storage.id,
                "price_model": "graduated",
                "price_tier_ids": tiers,
            },
            **values,
        )

    def test_figures_by_hand_for_several_plans(self):
        discounted = self._create_plan(
            {"name": "Base fee", "unit_price": 200, "discount_ids": [Command.create({"name": "Own", "value": 10})]},
            discount_ids=[Command.create({"name": "Year", "kind": "amount", "value": 30})],
        )
        yearly = self._create_plan({"name": "Base fee", "unit_price": 2400, "billing_months": 12}, term="multi_year")
        by_month = self._create_plan({"name": "Base fee", "unit_price": 49}, term="monthly")
        least = self._create_plan({"name": "Base fee", "unit_price": 10, "minimum_amount": 25})
        for name, plan, values, expected in (
            ("quantities of the plan", self.plan, {}, (150, 1800, 2300, 500, 0)),
            ("users expected", self.plan, {"kor_users": 20}, (300, 3600, 4100, 500, 0)),
            ("longer term", self.plan, {"kor_users": 20, "kor_term_months": 24}, (300, 3600, 7700, 500, 0)),
            ("discounts of charge and plan", discounted, {}, (150, 1800, 1800, 0, 0)),
            ("paid by the year, for three", yearly, {}, (200, 2400, 7200, 0, 0)),
            ("by the month", by_month, {}, (49, 588, 49, 0, 0)),
            ("minimum", least, {}, (25, 300, 300, 0, 0)),
        ):
            with self.subTest(name):
                lead = self._create_lead(kor_plan_id=plan.id, **values)
                self.assertEqual(self._get_figures(lead), expected)
                self.assertEqual((lead.kor_tier_id, lead.kor_currency_id), (self.tier, self.currency))

    def test_expected_usage_is_rated_and_kept_apart_from_what_is_owed(self):
        lead = self._create_lead(
            kor_plan_id=self._create_usage_plan().id,
            kor_usage_ids=[Command.create({"metric_id": self.storage.id, "quantity": 300})],
        )
        # 100 are free, 200 cost 0.50: 100 a month.
        self.assertEqual(self._get_figures(lead), (0, 0, 0, 0, 1200))
        self.assertEqual(lead.expected_revenue, 1200)
        lead.kor_usage_ids.quantity = 500
        self.assertEqual(lead.kor_usage_revenue, 2400)

    def test_a_sum_grows_with_the_billing_period_and_what_is_held_does_not(self):
        for metric, expected in ((self.calls, 12 * 10), (self.storage, 4 * 10)):
            with self.subTest(metric=metric.code):
                plan = self._create_plan(
                    {
                        "name": "Use",
                        "charge_type": "usage",
                        "metric_id": metric.id,
                        "unit_price": 1,
                        "billing_months": 3,
                    }
                )
                lead = self._create_lead(
                    kor_plan_id=plan.id, kor_usage_ids=[Command.create({"metric_id": metric.id, "quantity": 10})]
                )
                self.assertEqual(lead.kor_usage_revenue, expected)

    def test_options_are_counted_when_chosen(self):
        plan = self._create_plan(
            {"name": "Base fee", "unit_price": 100}, {"name": "Training", "unit_price": 30, "optional": True}
        )
        lead = self._create_lead(kor_plan_id=plan.id)
        self.assertEqual(lead.kor_mrr, 100)
        lead.kor_option_ids = plan.charge_ids.filtered("optional")
        self.assertEqual(lead.kor_mrr, 130)

    def test_the_estimate_is_what_the_contract_will_be(self):
        plan = self._create_plan(
            {"name": "Base fee", "unit_price": 99.99},
            {
                "name": "Users",
                "charge_type": "per_unit",
                "metric_id": self.users.id,
                "unit_price": 7.77,
                "quantity": 13,
            },
            discount_ids=[Command.create({"name": "Partner", "value": 12.5})],
        )
        lead = self._create_lead(kor_plan_id=plan.id, kor_date_start="2026-02-01")
        contract = self.env["kor.contract"].create(
            {"partner_id": self.customer.id, "plan_id": plan.id, "date_start": "2026-02-01"}
        )
        self.assertAlmostEqual(lead.kor_mrr, contract.mrr, 2)

    def test_each_line_is_explained(self):
        lead = self._create_lead(kor_plan_id=self.plan.id, kor_users=8)
        lines = {line["name"]: line for line in lead.kor_estimate["lines"]}
        self.assertEqual((lines["Users"]["quantity"], lines["Users"]["amount"], lines["Users"]["total"]), (8, 80, 960))
        self.assertEqual(lines["Set-up"]["kind"], "one_time")
        self.assertEqual(sum(line["total"] for line in lines.values()), lead.kor_tcv)
        self.assertIn("Base fee", lead.kor_estimate_html)

    def test_native_revenues_follow_and_what_was_typed_stays(self):
        lead = self._create_lead(kor_plan_id=self.plan.id)
        self.assertEqual((lead.expected_revenue, lead.recurring_revenue), (2300, 1800))
        self.assertEqual(lead.recurring_plan.number_of_months, 12)
        lead.kor_users = 10
        self.assertEqual((lead.expected_revenue, lead.recurring_revenue), (2900, 2400))
        lead.expected_revenue = 5000
        lead.kor_users = 20
        self.assertEqual((lead.expected_revenue, lead.recurring_revenue), (5000, 3600))
        lead.expected_revenue = 0
        lead.kor_users = 30
        self.assertEqual(lead.expected_revenue, 5300)

    def test_revenue_given_at_creation_stays(self):
        lead = self._create_lead(kor_plan_id=self.plan.id, expected_revenue=777)
        self.assertEqual((lead.expected_revenue, lead.kor_tcv), (777, 2300))
        self.assertEqual(self._create_lead(expected_revenue=42).expected_revenue, 42)

    def test_a_contract_by_the_month_is_expected_for_a_year(self):
        plan = self._create_plan({"name": "Base fee", "unit_price": 49}, term="monthly")
        lead = self._create_lead(kor_plan_id=plan.id)
        self.assertEqual((lead.kor_term_months, lead.kor_tcv, lead.expected_revenue), (1, 49, 588))

    def test_new_prices_count_when_they_are_asked_for(self):
        lead = self._create_lead(kor_plan_id=self.plan.id)
        self.plan.charge_ids[0].unit_price = 200
        self.assertEqual(lead.kor_mrr, 150)
        self.assertEqual(lead.kor_update_estimate()[str(lead.id)]["mrr"], 250)
        self.assertEqual((lead.kor_mrr, lead.expected_revenue), (250, 3500))

    def test_another_currency_is_converted_into_the_companys(self):
        currency = self.env["res.currency"].create({"name": "TST", "symbol": "T$", "rounding": 0.01})
        self.env["res.currency.rate"].create({"currency_id": currency.id, "name": "2020-01-01", "rate": 2})
        plan = self._create_plan({"name": "Base fee", "unit_price": 100}, currency_id=currency.id)
        lead = self._create_lead(kor_plan_id=plan.id)
        self.assertEqual((lead.kor_arr, lead.kor_arr_company, lead.expected_revenue), (1200, 600, 600))

    def test_the_form_shows_figures_before_saving(self):
        with Form(self.env["crm.lead"].with_context(default_team_id=self.team.id, default_type="opportunity")) as form:
            form.name = "By form"
            form.kor_plan_id = self.plan
            self.assertEqual((form.kor_mrr, form.expected_revenue, form.kor_term_months), (150, 2300, 12))
            form.kor_users = 10
            self.assertEqual((form.kor_mrr, form.expected_revenue), (200, 2900))

    def test_revenue_from_a_form_goes_on_following(self):
        with Form(self.env["crm.lead"].with_context(default_team_id=self.team.id, default_type="opportunity")) as form:
            form.name = "By form"
            form.kor_plan_id = self.plan
        lead = form.record
        with Form(lead) as form:
            form.kor_users = 10
        self.assertEqual((lead.expected_revenue, lead.recurring_revenue), (2900, 2400))
        lead.kor_users = 20
        self.assertEqual((lead.expected_revenue, lead.recurring_revenue), (4100, 3600))
        with Form(lead) as form:
            form.expected_revenue = 9000
        lead.kor_users = 30
        self.assertEqual(lead.expected_revenue, 9000)

    def test_a_copy_goes_on_following(self):
        lead = self._create_lead(kor_plan_id=self.plan.id).copy()
        lead.kor_users = 10
        self.assertEqual(lead.expected_revenue, 2900)

    def test_negative_expectations_are_refused(self):
        with self.assert_refused("0 or more", ValidationError):
            self._create_lead(kor_users=-1)
