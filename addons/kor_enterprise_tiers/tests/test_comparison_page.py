import json

from lxml import html

from odoo.fields import Command, Date
from odoo.tests import HttpCase, tagged

from .common import MODULE, TierCase


@tagged("post_install", "-at_install")
class TestComparisonPage(TierCase, HttpCase):
    def _get_page(self):
        response = self.url_open("/kor/tiers")
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.content)

    def _get_row(self, page, label):
        rows = page.xpath(f"//table//tr[th[@scope='row'][normalize-space()='{label}']]")
        self.assertEqual(len(rows), 1, label)
        return [" ".join(cell.text_content().split()) for cell in rows[0].xpath("td")]

    def test_visitor_sees_the_matrix_of_the_delivered_tiers(self):
        delivered = ["starter", "professional", "enterprise", "custom"]
        self.env["kor.tier"].search([("code", "not in", delivered)]).active = False
        page = self._get_page()
        for label, expected in [
            ("Users", ["10 users", "100 users", "Unlimited", "As agreed"]),
            ("Storage", ["10 GB", "100 GB", "1,024 GB and more", "As agreed"]),
            ("Support", ["Basic", "Priority", "Dedicated", "As agreed (Premium)"]),
            ("SLA uptime", ["99 %", "99.5 %", "99.9 %", "As agreed"]),
        ]:
            with self.subTest(label):
                self.assertEqual(self._get_row(page, label), expected)
        self.assertIn("Everything in Enterprise; plus: ", self._get_row(page, "What differs")[3])

    def test_page_shows_prices_of_public_plans_that_are_valid_today(self):
        today = Date.today()
        charge = [Command.create(self._prepare_charge(unit_price=12.5))]
        self._create_plan(name="Shown", is_public=True, charge_ids=charge)
        self._create_plan(name="Hidden")
        self._create_plan(name="Over", is_public=True, date_end=Date.subtract(today, days=1))
        self._create_plan(name="Coming", is_public=True, date_start=Date.add(today, days=1))
        text = self._get_page().text_content()
        self.assertIn("12.50\N{NO-BREAK SPACE}T$ per month", text)
        self.assertIn("Shown", text)
        for name in ("Hidden", "Over", "Coming"):
            self.assertNotIn(name, text)

    def test_page_leaves_out_other_companies_and_escapes_names(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.tier.create({"name": "Theirs", "code": "theirs", "company_id": other.id})
        self.tier.name = "<script>alert(1)</script>"
        response = self.url_open("/kor/tiers")
        self.assertNotIn("Theirs", response.text)
        self.assertNotIn("<script>alert(1)</script>", response.text)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", response.text)

    def test_comparison_is_plain_json_without_nothing(self):
        self._create_plan(is_public=True, code="test_plan")
        data = self.env["kor.tier"].comparison()
        self.assertEqual(json.loads(json.dumps(data)), data)
        self.assertNotIn("null", json.dumps(data))
        column = next(index for index, tier in enumerate(data["tiers"]) if tier["code"] == "test_tier")
        self.assertEqual(data["tiers"][column]["plans"][0]["code"], "test_plan")
        for row in data["limits"] + data["services"]:
            self.assertEqual(len(row["values"]), len(data["tiers"]))

    def test_uptime_is_written_as_the_language_writes_numbers(self):
        self.env["res.lang"]._activate_lang("de_DE")
        professional = self.env.ref(f"{MODULE}.tier_professional")
        for lang, expected in [("en_US", "99.5 %"), ("de_DE", "99,5 %")]:
            with self.subTest(lang):
                self.assertEqual(professional.with_context(lang=lang)._get_uptime_text(), expected)

    def test_report_holds_the_selected_tiers(self):
        starter = self.env.ref(f"{MODULE}.tier_starter")
        report = self.env["ir.actions.report"]
        content, _kind = report._render_qweb_html(f"{MODULE}.action_report_tier_comparison", starter.ids)
        names = html.fromstring(content).xpath("//div[hasclass('kor_tier_name')]/text()")
        self.assertEqual(names, [starter.name])

    def test_page_takes_a_fixed_number_of_queries_whatever_the_number_of_plans(self):
        def count_queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["kor.tier"]._get_comparison(self.env.company)
            return self.env.cr.sql_log_count - before

        charge = [Command.create(self._prepare_charge(unit_price=1))]
        self._create_plan(is_public=True, charge_ids=charge)
        count_queries()
        few = count_queries()
        for _number in range(10):
            self._create_plan(is_public=True, charge_ids=charge)
        self.assertEqual(count_queries(), few)
