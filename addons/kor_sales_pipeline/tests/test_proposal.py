from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ProposalCase


@tagged("post_install", "-at_install")
class TestProposal(ProposalCase):
    def test_proposal_takes_over_the_plans_charges(self):
        order = self._propose()
        # Pioneer takes 5 off the seats, Partner 10 % of everything.
        expected = {
            "Base fee": (1, 100, 10, 90),
            "Seats": (1, 40.5, 0, 40.5),
            "Storage": (0, 0, 10, 0),
            "Set-up": (1, 500, 10, 450),
            "Training": (0, 30, 10, 0),
        }
        found = {
            line.kor_terms_id.name: (line.product_uom_qty, line.price_unit, line.discount, line.price_subtotal)
            for line in order.order_line.filtered("kor_terms_id")
        }
        self.assertEqual(found, expected)
        self.assertEqual(order.currency_id, self.currency)
        self.assertEqual(order.opportunity_id.partner_id, self.customer)

    def test_charges_are_grouped_by_how_often_they_are_due(self):
        order = self._propose()
        titles = order.order_line.filtered("display_type").sorted("sequence").mapped("name")
        self.assertEqual(titles, ["Each month", "Once, at the start", "By use, each month", "Options – each month"])
        self.assertTrue(self._get(order, "Training")._is_line_optional())
        self.assertFalse(self._get(order, "Base fee")._is_line_optional())

    def test_figures(self):
        order = self._propose()
        self.product.standard_price = 10
        self.assertEqual(
            order._kor_figures(),
            {
                "mrr": 130.5,
                "arr": 1566,
                "one_time": 450,
                "tcv": 130.5 * 12 + 450,
                # List: 150 a month and 500 once.
                "discount_percent": round(100 - 2016 / 2300 * 100, 2),
                # 10 for the base fee and each of 5 seats a month, 10 for the set-up.
                "margin": 2016 - 60 * 12 - 10,
                "margin_percent": round((2016 - 730) / 2016 * 100, 2),
            },
        )

    def test_quantities_come_from_the_lead(self):
        users = self.env.ref("kor_enterprise_tiers.metric_users")
        plan = self._create_plan(
            charge_ids=[
                Command.create(
                    {
                        "name": "Users",
                        "charge_type": "per_unit",
                        "metric_id": users.id,
                        "unit_price": 29,
                        "quantity": 10,
                        "product_id": self.product.id,
                    }
                )
            ],
            discount_ids=False,
        )
        line = self._get(self._propose(plan, kor_users=60), "Users")
        self.assertEqual((line.product_uom_qty, line.price_subtotal), (60, 1740))

    def test_every_price_model_shows_what_a_full_period_costs(self):
        tiers = [(10, 10, 0), (0, 8, 0)]
        cases = {
            "graduated": (tiers, 10 * 10 + 15 * 8),
            "volume": (tiers, 25 * 8),
            "stairstep": ([(20, 0, 150), (0, 0, 240)], 240),
        }
        for model, (steps, amount) in cases.items():
            with self.subTest(model):
                order = self._propose(self._create_tiered_plan(model, steps))
                line = self._get(order, "Seats")
                self.assertEqual((line.product_uom_qty, line.price_unit), (1, amount))
                self.assertEqual(line.kor_terms_id.quantity, 25)
                self.assertEqual(line.kor_monthly, amount)
        package = self._create_tiered_plan("package", [], unit_price=70, package_size=10)
        self.assertEqual(self._get(self._propose(package), "Seats").price_unit, 210)

    def test_six_parts_are_written_and_filled(self):
        content = self._propose()._kor_get_content()
        parts = ["summary", "solution", "pricing", "implementation", "service", "terms"]
        self.assertEqual([one["part"] for one in content["sections"]], parts)
        text = "".join(one["body"] for one in content["sections"])
        self.assertIn("Harbour &amp; Sons", text)
        self.assertIn("130.50", text.replace("\N{NO-BREAK SPACE}", " "))
        self.assertNotIn("{{", text)
        self.assertEqual(content["clauses"], [{"name": "Quiet hours", "body": "<p>Nobody calls at night.</p>"}])
        self.assertEqual([step["date_start"] for step in content["steps"]][:2], ["2030-02-01", "2030-02-03"])
        self.assertIn({"label": "Availability", "text": "99.5 %"}, content["sla"])

    def test_a_name_cannot_bring_markup_into_the_document(self):
        self.customer.name = "<script>alert(1)</script>"
        text = "".join(one["body"] for one in self._propose()._kor_get_content()["sections"])
        self.assertNotIn("<script>", text)
        self.assertIn("&lt;script&gt;", text)

    def test_texts_with_unknown_placeholders_are_refused(self):
        with self.assert_refused("no placeholder {{secret}}", ValidationError):
            self.env["kor.proposal.section.template"].create({"name": "X", "body": "<p>{{secret}}</p>"})

    def test_lead_without_customer_or_plan_is_refused_with_a_sentence(self):
        for values, sentence in (({"partner_id": False}, "no customer"), ({"kor_plan_id": False}, "no plan")):
            with self.subTest(sentence), self.assert_refused(sentence):
                self._create_lead(**values).generate_proposal()

    def test_customizing_lines_and_texts(self):
        order = self._propose()
        base, seats, training = (self._get(order, name) for name in ("Base fee", "Seats", "Training"))
        summary = order.kor_section_ids.filtered(lambda one: one.part == "summary")
        result = order.customize_proposal(
            {
                "lines": [
                    {"line": base.id, "price_unit": 95},
                    {"charge": seats.kor_charge_id.id, "quantity": 8},
                ],
                "options": [{"line": training.id, "quantity": 1}],
                "sections": [
                    {"section": summary.id, "title": "Why us"},
                    {"part": "solution", "title": "More", "body": "<p>For {{customer}}</p>"},
                ],
                "clauses": [{"clause": order.kor_clause_ids.id, "body": "<p>Nobody calls.</p>"}],
            }
        )
        self.assertEqual(result, order.id)
        self.assertEqual(base.price_subtotal, 85.5)
        # 80 less 5, less 10 %.
        self.assertEqual(seats.price_subtotal, 67.5)
        self.assertEqual(training.price_subtotal, 27)
        self.assertEqual(summary.title, "Why us")
        self.assertIn("More", order.kor_section_ids.mapped("title"))
        self.assertEqual(str(order.kor_clause_ids.body), "<p>Nobody calls.</p>")
        self.assertEqual(order._kor_figures()["mrr"], 180)

    def test_customizing_terms(self):
        order = self._propose()
        order.customize_proposal(
            {
                "term_months": 24,
                "date_start": "2030-03-01",
                "valid_until": "2030-01-31",
                "uptime_target": 99.9,
                "support_level": "test_night",
            }
        )
        self.assertEqual((order.kor_term_months, order.kor_uptime_target), (24, 99.9))
        self.assertEqual((str(order.kor_date_start), str(order.validity_date)), ("2030-03-01", "2030-01-31"))
        self.assertEqual(order.kor_support_level_id.code, "test_night")

    def test_a_new_price_of_a_tiered_line_scales_its_tiers(self):
        order = self._propose(self._create_tiered_plan("graduated", [(10, 10, 0), (0, 8, 0)]))
        line = self._get(order, "Seats")
        order.customize_proposal({"lines": [{"line": line.id, "price_unit": 198}]})
        self.assertEqual(line.price_subtotal, 198)
        self.assertEqual(line.kor_terms_id.price_tier_ids.sorted("up_to").mapped("unit_price"), [7.2, 9])

    def test_lines_that_no_plan_lists(self):
        order = self._propose()
        order.customize_proposal(
            {"lines": [{"product": self.product.id, "name": "Audit", "price_unit": 900, "months": 12}]}
        )
        line = self._get(order, "Audit")
        self.assertEqual((line.price_subtotal, line.kor_monthly), (900, 75))
        self.assertFalse(line._is_line_optional())
        groups = order._kor_build_groups()
        self.assertEqual(groups[-1]["title"], "Options – each month")
        self.assertEqual(
            [one["name"] for group in groups if group["title"] == "Each year" for one in group["lines"]], ["Audit"]
        )

    def test_ramp_of_the_plan_is_said_signed_and_agreed(self):
        charges = {charge.name: charge.id for charge in self.plan.charge_ids}
        self.plan.step_ids = [
            Command.create({"kind": "free", "month": 1, "free_months": 2}),
            Command.create({"kind": "price", "month": 7, "charge_id": charges["Seats"], "unit_price": 12}),
            Command.create({"kind": "price", "month": 7, "charge_id": charges["Training"], "unit_price": 99}),
            Command.create({"kind": "percent", "month": 30, "percent": 5}),
        ]
        lead = self._create_lead()
        self.assertIn("Not counted here", lead.kor_estimate_html)
        order = self.env["sale.order"].browse(lead.generate_proposal())
        # Training is not chosen, and month 30 lies beyond the term.
        self.assertEqual([one["date_start"] for one in order._kor_get_content()["ramp"]], ["2030-02-01", "2030-08-01"])
        contract = self._sign(self._send(order))
        self.assertEqual(sorted(contract.step_ids.mapped("month")), [1, 7])
        later = contract.line_ids.filtered(lambda line: line.name == "Seats" and str(line.date_start) == "2030-08-01")
        self.assertEqual(later.unit_price, 12)

    def test_line_that_no_plan_lists_stands_with_those_that_are_due_as_often(self):
        order = self._propose()
        order.customize_proposal({"lines": [{"product": self.product.id, "name": "Workshop", "price_unit": 700}]})
        line = self._get(order, "Workshop")
        self.assertEqual((line.kor_terms_id.charge_type, line._is_line_optional()), ("one_time", False))
        (group,) = [one for one in order._kor_build_groups() if one["title"] == "Once, at the start"]
        self.assertEqual([one["name"] for one in group["lines"]], ["Set-up", "Workshop"])

    def test_bad_customizations_are_refused_with_a_sentence(self):
        order = self._propose()
        base = self._get(order, "Base fee")
        cases = {
            "as a dict": [],
            "does not know": {"colour": "red"},
            "list of dicts": {"lines": {"line": 1}},
            "“lines” does not know": {"lines": [{"line": base.id, "prize": 1}]},
            "no such line": {"lines": [{"line": 0, "price_unit": 1}]},
            "from 0 to 100": {"lines": [{"line": base.id, "discount": 101}]},
            "number of 0 or more": {"lines": [{"line": base.id, "price_unit": "cheap"}]},
            "whole number of months": {"term_months": 0},
            "written as YYYY-MM-DD": {"valid_until": "tomorrow"},
            "no support level": {"support_level": "gold"},
            "no part": {"sections": [{"part": "prologue", "title": "x", "body": "y"}]},
            "needs “name” and “body”": {"clauses": [{"name": "Only a name"}]},
            "no product": {"lines": [{"product": -1}]},
        }
        for sentence, changes in cases.items():
            with self.subTest(sentence), self.assert_refused(sentence):
                order.customize_proposal(changes)
        with self.assert_refused("is no proposal"):
            self.env["sale.order"].create({"partner_id": self.customer.id}).customize_proposal({})

    def test_price_lists_do_not_change_a_proposal(self):
        order = self._propose()
        order.order_line.filtered("product_id").product_id.list_price = 777
        order.action_update_prices()
        seats = self._get(order, "Training")
        seats.product_uom_qty = 1
        self.assertEqual((seats.price_unit, self._get(order, "Base fee").price_unit), (30, 100))

    def test_native_line_and_terms_stay_together(self):
        order = self._propose()
        base = self._get(order, "Base fee")
        base.write({"price_unit": 80, "product_uom_qty": 2})
        self.assertEqual((base.kor_terms_id.unit_price, base.kor_terms_id.quantity), (80, 2))
        with self.assert_refused("charged by use", UserError):
            self._get(order, "Storage").product_uom_qty = 4
        with self.assert_refused("counts once", UserError):
            self._get(order, "Seats").product_uom_qty = 4
