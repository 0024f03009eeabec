import base64
from collections import defaultdict
from io import BytesIO

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .report_common import ReportCase

HALF = ("2026-01-01", "2026-06-30")
QUARTER = ("2026-01-01", "2026-03-31")


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportFigures(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-31 12:00:00"):
            for contract in cls.all_contracts:
                contract.generate_invoice(*QUARTER)
                contract.recognize_revenue("2026-03-31")
        cls._pool(90, "Hosting", month="2026-02-01").allocate()
        cls._pool(30, "Support", category="support", month="2026-02-01").allocate()
        cls._pool(60, "Fair", category="sales_marketing", month="2026-03-01").allocate()
        cls._pool(12, "Offices", category="overhead", month="2026-03-01").allocate()
        cls._pool(7, "Left", month="2026-03-01")

    def _recompute_revenue(self):
        """Return {contract: amount} of what income accounts hold of contracts, line by line."""
        found = defaultdict(float)
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("parent_state", "=", "posted"),
                ("account_id.account_type", "in", ("income", "income_other")),
            ]
        )
        for line in lines:
            contract = line.kor_contract_id or line.move_id.kor_contract_id
            if contract and "2026-01-01" <= str(line.date) <= "2026-03-31":
                found[contract] -= line.balance
        return {contract: round(amount, 2) for contract, amount in found.items() if round(amount, 2)}

    def _recompute_costs(self):
        found = defaultdict(lambda: defaultdict(float))
        for slice in self.Allocation.search([("company_id", "=", self.company.id)]):
            found[slice.contract_id][slice.category] += slice.amount
        return found

    def test_revenue_is_what_the_ledger_and_the_invoices_say(self):
        result = self.Report.generate_revenue_report(*QUARTER, {"group_by": "contract"})
        rows = {row["id"]: row for row in result["rows"]}
        ledger = self._recompute_revenue()
        self.assertGreater(sum(ledger.values()), 0)
        for contract in self.all_contracts:
            invoices = self.env["account.move"].search(
                [("kor_contract_id", "=", contract.id), ("state", "=", "posted"), ("move_type", "like", "out_")]
            )
            invoiced = sum(
                one.amount_untaxed_signed for one in invoices if "2026-01-01" <= str(one.invoice_date) <= "2026-03-31"
            )
            self.assertAlmostEqual(rows[contract.id]["invoiced"], invoiced, 2, contract.name)
            self.assertAlmostEqual(rows[contract.id]["recognised"], ledger.get(contract, 0), 2, contract.name)
        self.assertAlmostEqual(result["totals"]["recognised"], sum(ledger.values()), 2)

    def test_a_credit_note_takes_back_what_was_invoiced(self):
        before = self.Report.generate_revenue_report(*HALF)["totals"]["invoiced"]
        invoice = self.env["account.move"].search(
            [("kor_contract_id", "=", self.first.id), ("move_type", "=", "out_invoice")], limit=1
        )
        invoice._reverse_moves([{"invoice_date": "2026-06-20", "date": "2026-06-20"}], cancel=True)
        after = self.Report.generate_revenue_report(*HALF)["totals"]["invoiced"]
        self.assertAlmostEqual(after, before - invoice.amount_untaxed, 2)

    def test_costs_are_those_allocated_and_the_rest_is_said(self):
        result = self.Report.generate_cost_report(*QUARTER, {"group_by": "contract"})
        own = self._recompute_costs()
        for row in result["rows"]:
            contract = self.env["kor.contract"].browse(row["id"])
            for category, amount in own[contract].items():
                self.assertAlmostEqual(row[category], amount, 2)
        self.assertEqual(
            {
                key: result["totals"][key]
                for key in ("infrastructure", "support", "sales_marketing", "overhead", "cost")
            },
            {"infrastructure": 90, "support": 30, "sales_marketing": 60, "overhead": 12, "cost": 192},
        )
        self.assertEqual(result["totals"]["open"], 7)
        months = self._by_key(self.Report.generate_cost_report(*QUARTER))
        self.assertEqual([months[key]["cost"] for key in ("2026-01", "2026-02", "2026-03")], [0, 120, 72])

    def test_margins_by_customer(self):
        result = self.Report.generate_profitability_report(*QUARTER)
        ledger, costs = self._recompute_revenue(), self._recompute_costs()
        rows = self._by_key(result)
        for customer in self.all_contracts.partner_id:
            own = self.all_contracts.filtered(lambda one, customer=customer: one.partner_id == customer)
            revenue = sum(ledger.get(one, 0) for one in own)
            cost = {
                key: sum(costs[one][key] for one in own) for key in ("infrastructure", "support", "sales_marketing")
            }
            gross = revenue - cost["infrastructure"] - cost["support"]
            row = rows[customer.name]
            self.assertAlmostEqual(row["gross"], gross, 2)
            self.assertAlmostEqual(row["contribution"], gross - cost["sales_marketing"], 2)
            self.assertAlmostEqual(row["profit"], revenue - sum(sum(costs[one].values()) for one in own), 2)
            if revenue > 0:
                self.assertAlmostEqual(row["gross_percent"], round(100 * gross / revenue, 2), 2)
        self.assertAlmostEqual(result["totals"]["profit"], sum(ledger.values()) - 192, 2)

    def test_retention_of_a_quarter_at_the_rates_of_its_beginning(self):
        totals = self.Report.generate_churn_report("2026-04-01", "2026-06-30")["totals"]
        # Aurora 160 to 190, Borealis 200 to 100, Cirrus 100, Delta 80 to 88, 8 of it by the clause.
        self.assertEqual(totals["net_retention"], round(100 * 478 / 540, 2))
        self.assertEqual(totals["net_without_escalators"], round(100 * 470 / 540, 2))
        self.assertEqual(totals["gross_retention"], round(100 * 440 / 540, 2))
        self.assertEqual(totals["revenue_churn"], round(100 * 100 / 540, 2))
        self.assertEqual((totals["customers_opening"], totals["customers_lost"], totals["customer_churn"]), (4, 0, 0))

    def test_churn_by_month_and_by_customer(self):
        rows = self._by_key(self.Report.generate_churn_report(*HALF))
        # Borealis has nothing from 1 to 9 June.
        self.assertEqual(rows["2026-01"]["customers_new"], 2)
        self.assertEqual([rows[f"2026-0{month}"]["customers_closing"] for month in range(1, 7)], [3, 4, 4, 4, 4, 4])
        gone = self._by_key(self.Report.generate_churn_report("2026-05-01", "2026-06-05", {"group_by": "customer"}))
        self.assertEqual((gone["Borealis"]["customers_lost"], gone["Borealis"]["customer_churn"]), (1, 100))
        self.assertEqual(gone["Aurora"]["gross_retention"], 100)

    def test_cohorts_by_month_of_the_first_revenue(self):
        cohorts = {
            one["month"]: one for one in self.Report.generate_churn_report("2026-01-01", "2026-06-05")["cohorts"]
        }
        self.assertEqual(
            {key: one["customers"] for key, one in cohorts.items()}, {"2025-06": 1, "2026-01": 2, "2026-02": 1}
        )
        self.assertEqual([cell["customers"] for cell in cohorts["2026-01"]["cells"]], [2, 2, 2, 2, 2, 1])

    def test_lifetime_value_is_the_sum_that_it_shows(self):
        result = self.Report.generate_lifetime_value_report("2026-01-01", "2026-06-05", {"group_by": "tier"})
        totals = result["totals"]
        # 1 of the 20 at the beginnings of months: 1, 3, 4, 4, 4, 4 customers.
        self.assertEqual((totals["customer_months"], totals["customers_new"]), (22, 3))
        self.assertEqual(totals["churn_month"], 5)
        self.assertEqual(totals["lifetime"], 20)
        revenue = sum(self._recompute_revenue().values())
        self.assertAlmostEqual(totals["lifetime_value"], (revenue - 120) / 22 * 20, 1)
        self.assertEqual(totals["acquisition_cost"], 20)
        self.assertIn("÷", totals["shown"]["lifetime_value"])

    def test_what_has_no_plan_is_a_row_beside_the_totals(self):
        result = self.Report.generate_lifetime_value_report("2026-01-01", "2026-06-05", {"group_by": "plan"})
        self.assertEqual([(row["name"], row["customer_months"]) for row in result["rows"]], [("Without a plan", 22)])
        self.assertEqual(result["totals"]["customer_months"], 22)

    def test_without_loss_there_is_a_reason_instead_of_a_value(self):
        totals = self.Report.generate_lifetime_value_report(*QUARTER)["totals"]
        self.assertNotIn("lifetime_value", totals)
        self.assertIn("No customer was lost", totals["reasons"]["lifetime_value"])

    def test_workbook_opens_and_its_formulas_have_the_values_of_the_report(self):
        for report, group_by in (
            ("revenue", "month"), ("revenue", "customer"), ("cost", "tier"), ("profitability", "customer"),
            ("lifetime_value", "customer"), ("churn", "month"),
        ):  # fmt: skip
            with self.subTest(report=report, group_by=group_by):
                request = self._request(report=report, group_by=group_by)
                self.assertIn("/file/", request.action_download()["url"])
                content = BytesIO(base64.b64decode(request.file))
                formulas = openpyxl.load_workbook(content)
                values = openpyxl.load_workbook(content, data_only=True)
                self.assertIn("Measures", formulas.sheetnames)
                self._check_sheet(formulas["Report"], values["Report"])

    def _check_sheet(self, formulas, values):
        self.assertEqual(formulas.freeze_panes, "B6")
        last = max(row for row in range(6, formulas.max_row + 1) if formulas.cell(row, 1).value == "Total")
        seen = 0
        for column in range(2, formulas.max_column + 1):
            formula, value = formulas.cell(last, column).value, values.cell(last, column).value
            if isinstance(formula, str) and formula.startswith("=SUM"):
                seen += 1
                parts = sum(values.cell(row, column).value or 0 for row in range(6, last))
                self.assertAlmostEqual(parts, value, 2, values.cell(5, column).value)
        heads = [values.cell(5, column).value for column in range(2, formulas.max_column + 1)]
        if "MRR After" in heads:
            self._check_closing(values, heads, last)
        self.assertTrue(seen or "Lifetime Value" in heads)

    def _check_closing(self, values, heads, last):
        """Check that the cached value of each row's MRR is what its formula adds up."""
        first, end = heads.index("MRR Before") + 2, heads.index("MRR After") + 2
        for row in range(6, last + 1):
            parts = sum(values.cell(row, column).value or 0 for column in range(first, end))
            self.assertAlmostEqual(parts, values.cell(row, end).value, 2)

    def _request(self, **values):
        return self.env["kor.report.request"].create(
            {"span": "other", "date_from": HALF[0], "date_to": HALF[1], "company_id": self.company.id,
             "currency_id": self.currency.id, **values}
        )  # fmt: skip

    def test_screen_shows_the_table_and_leads_to_records(self):
        request = self._request(report="revenue", group_by="customer")
        self.assertTrue(request.action_show())
        rows = {row["name"]: row for row in request.result["rows"]}
        self.assertIn("Borealis", rows)
        self.assertEqual((rows["Aurora"]["model"], rows["Aurora"]["id"]), ("res.partner", self.customer.id))
        for name in ("contracts", "revenue", "invoices", "costs", "amendments"):
            action = getattr(request, f"action_open_{name}")()
            self.assertTrue(self.env[action["res_model"]].search_count(action["domain"]), name)
        with self.assertRaises(UserError):
            request.write({"result": {}})
