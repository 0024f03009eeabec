from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..engine.mrr import KINDS
from ..models.kor_report_drill_mixin import SOURCES, TOTAL
from .report_common import ReportCase

QUARTER = ("2026-01-01", "2026-03-31")
# What the records of a source add up to; percentages and the like are of them, and no sum.
SUMS = {
    "profit": "margin",
    "earned": "margin",
    "cost": "amount",
    "pool": "open_amount",
    "movement": "amount",
    "mrr": "amount",
    "lines": "balance",
    "payments": "balance",
}
ADDED = {"recognised", "invoiced", "infrastructure", "support", "sales_marketing", "overhead", "cost", "open", "gross",
         "contribution", "profit", *KINDS, "mrr_opening", "mrr_closing", "earned", "by_taxes", "cash"}  # fmt: skip


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportDrill(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-31 12:00:00"):
            for contract in cls.all_contracts:
                contract.generate_invoice(*QUARTER)
                contract.recognize_revenue("2026-03-31")
        invoice = cls.env["account.move"].search([("kor_contract_id", "=", cls.first.id)], limit=1)
        cls._register_payment(invoice, payment_date="2026-03-31")
        cls._pool(90, "Hosting", month="2026-02-01").allocate()
        cls._pool(60, "Fair", category="sales_marketing", month="2026-03-01").allocate()
        cls._pool(7, "Left", month="2026-03-01")
        if "kor.mrr.movement" in cls.env:
            cls.env["kor.mrr.movement"].sudo().refresh()

    def _request(self, report, group_by="customer", **values):
        return self.env["kor.report.request"].create(
            {"report": report, "group_by": group_by, "span": "other", "date_from": QUARTER[0], "date_to": QUARTER[1],
             "company_id": self.company.id, "currency_id": self.currency.id, **values}
        )  # fmt: skip

    def _check(self, request, key, row):
        """Check that the records that open add up to the figure, or are as many."""
        action = request.action_drill(key, row.get("key") or TOTAL)
        found = self.env[action["res_model"]].search(action["domain"])
        kind = SOURCES[key][0]
        if kind == "customers" and key.startswith("customers_"):
            self.assertEqual(len(found), row[key])
        elif key in ADDED:
            sign = -1 if kind in ("lines", "payments") else 1
            self.assertAlmostEqual(sign * sum(found.mapped(SUMS[kind])), row[key], 2)

    def test_each_linked_figure_is_the_sum_of_what_opens(self):
        seen = set()
        for report in ("revenue", "cost", "profitability", "churn", "lifetime_value", "bridge"):
            for group_by in ("customer", "tier", "country") + (("month",) if report != "lifetime_value" else ()):
                request = self._request(report, group_by)
                result = request._generate(0)
                linked = request._get_linked(result["measures"])
                for row in (result["totals"], *result["rows"]):
                    for key in linked & row.keys():
                        with self.subTest(report=report, group_by=group_by, key=key, row=row.get("key")):
                            self._check(request, key, row)
                seen |= linked
        self.assertLessEqual({"invoiced", "cost", "infrastructure", "customers_new", "cash", "by_taxes"}, seen)

    def test_each_cell_of_the_cohorts_opens_its_customers(self):
        request = self._request("churn")
        for cohort in request._generate(0)["cohorts"]:
            for cell in cohort["cells"]:
                with self.subTest(month=cohort["month"], age=cell["age"]):
                    action = request.action_drill("cohort", f"{cohort['month']}/{cell['age']}")
                    self.assertEqual(len(self.env["res.partner"].search(action["domain"])), cell["customers"])

    def test_component_opens_its_revenue_and_links_to_no_cost(self):
        request = self._request("profitability", "component")
        request.action_show()
        columns = {one["key"]: (one["linked"], one["linked_total"]) for one in request.result["columns"]}
        self.assertEqual((columns["recognised"], columns["cost"]), ((True, True), (False, True)))
        result = request._generate(0)
        nothing = request.action_drill("recognised", "component:0")
        self.assertFalse(self.env[nothing["res_model"]].search_count(nothing["domain"]))
        self.assertTrue(result["rows"])
        for row in result["rows"]:
            with self.subTest(row=row["name"]):
                self._check(request, "recognised", row)
                with self.assertRaisesRegex(UserError, "open the total"):
                    request.action_drill("cost", row["key"])
        self._check(request, "cost", result["totals"])

    def test_account_managers_open_what_is_theirs(self):
        user = self._make_user("manager", "base.group_user,kor_account_management.group_kor_account_user")
        self.first.account_manager_id = user
        request = self.env["kor.report.request"].with_user(user).create(
            {"report": "cost", "span": "other", "date_from": QUARTER[0], "date_to": QUARTER[1],
             "company_id": self.company.id, "currency_id": self.currency.id, "group_by": "customer"}
        )  # fmt: skip
        domain = request.action_drill("cost")["domain"]
        found = self.Allocation.search(domain)
        self.assertTrue(found)
        self.assertEqual(found.contract_id.account_manager_id, user)
        with self.assertRaises(AccessError):
            request.action_drill("open")
        customers = request.action_drill("customers_closing")["domain"]
        self.assertEqual(self.env["res.partner"].search(customers), self.first.partner_id)
        reader = self._make_user("reader", "base.group_user,kor_contracts.group_kor_contract_user")
        with self.assertRaises(AccessError):
            self._request("cost").with_user(reader).action_drill("cost")

    def test_what_is_no_figure_is_refused_with_a_sentence(self):
        request = self._request("cost")
        for key, row, sentence in (
            ("colour", TOTAL, "no figure"),
            (["cost"], TOTAL, "no figure"),
            ("cost", "tier:1", "no row"),
            ("cost", "customer:x", "no row"),
            ("cost", 5, "no row"),
            ("cohort", "2026-01", "no part of a cohort"),
            ("cohort", None, "no part of a cohort"),
            ("cohort", "2026-13/1", "no part of a cohort"),
        ):
            with self.subTest(key=key, row=row), self.assertRaisesRegex(UserError, sentence):
                request.action_drill(key, row)
