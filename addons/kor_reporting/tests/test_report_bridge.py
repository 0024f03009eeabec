import base64
from io import BytesIO

import openpyxl

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.kor_revenue.tests.common import KorRevenueCommon

from ..engine.bridge import DIFFERENCES, STEPS
from ..models.kor_report_bridge_mixin import BRIDGE, KEYS, MEASURES, RESTS

QUARTER = ("2026-01-01", "2026-03-31")


@tagged("post_install", "-at_install")
class TestReportBridge(KorRevenueCommon):
    """A year of 1,200 paid ahead, a part of it given back, with taxes of 15 % and part paid; and use at 2 a call.

    5 calls in January, which are billed in February, and 7 in February, which are not.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.env.ref("kor_reporting.group_kor_reporting_user")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["kor.financial.report"]
        calls = cls.env["kor.metric"].create({"name": "Calls", "code": "br_calls", "unit": "call"})
        use = {"charge_type": "usage", "metric_id": calls.id, "unit_price": 2.0, "timing": "arrears", "quantity": 0}
        with freeze_time("2026-01-01"):
            cls.ahead = cls._make_contract({"unit_price": 1200.0, "billing_months": 12}, term="annual")
            cls.metered = cls._make_contract(use, partner_id=cls.other_customer.id)
            cls.invoice = cls.env["account.move"].browse(cls.ahead.generate_invoice("2026-01-01", "2026-01-31"))
        for day, quantity in (("2026-01-10", 5), ("2026-02-10", 7)):
            event = {"contract": cls.metered.name, "metric": "br_calls", "quantity": quantity, "id": day}
            with freeze_time("2026-03-01"):
                cls.env["kor.usage.event"].sudo().ingest([{**event, "time": f"{day}T00:00:00Z"}])
        with freeze_time("2026-02-10"):
            cls.metered.generate_invoice("2026-01-01", "2026-01-31")
            cls._register_payment(cls.invoice, payment_date="2026-02-10", amount=1000.0)
        with freeze_time("2026-03-15"):
            cls.note = cls._give_back(120.0)
        with freeze_time("2026-03-31"):
            (cls.ahead | cls.metered).recognize_revenue("2026-03-31")

    @classmethod
    def _give_back(cls, amount):
        line = cls.invoice.invoice_line_ids
        note = cls.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": cls.invoice.partner_id.id,
                "invoice_date": "2026-03-15",
                "date": "2026-03-15",
                "reversed_entry_id": cls.invoice.id,
                "kor_contract_id": cls.ahead.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "account_id": line.account_id.id,
                            "price_unit": amount,
                            "tax_ids": [Command.set(line.tax_ids.ids)],
                        }
                    )
                ],
            }
        )
        note._post()
        return note

    def _by(self, group_by, *period):
        result = self.Report.generate_bridge_report(*(period or QUARTER), {"group_by": group_by})
        self._check_adds_up([result["totals"], *result["rows"]])
        return result

    def _check_adds_up(self, rows):
        for row in rows:
            for before, step in zip(STEPS, STEPS[1:], strict=False):
                parts = [row[KEYS[step, key]] for key in DIFFERENCES[step]]
                self.assertAlmostEqual(row[MEASURES[before]] + sum(parts) + row[RESTS[step]], row[MEASURES[step]], 2)

    def _tell(self, row):
        return {name: row[name] for name in BRIDGE if row[name]}

    def test_each_contract_walks_from_fees_to_cash(self):
        rows = {row["id"]: self._tell(row) for row in self._by("contract")["rows"]}
        self.assertEqual(
            rows[self.metered.id],
            {"by_usage": 24, "recognised": 24, "by_accrued": -14, "invoiced": 10, "by_taxes": 1.5, "by_open": -11.5},
        )
        # Of 120 that were given back of the year, 90 of 365 days are gone: 29.59.
        self.assertEqual(
            rows[self.ahead.id],
            {
                "mrr_fees": 300,
                "rest_recognised": -29.59,
                "recognised": 270.41,
                "by_deferred": 929.59,
                "by_credit_notes": -120,
                "invoiced": 1080,
                "by_taxes": 162,
                "by_open": -242,
                "cash": 1000,
            },
        )

    def test_each_month_begins_where_the_one_before_ended(self):
        months = {row["key"]: self._tell(row) for row in self._by("month")["rows"]}
        cash = ("by_taxes", "by_open", "by_earlier", "by_settled", "cash")
        told = {key: {name: row[name] for name in cash if name in row} for key, row in months.items()}
        self.assertEqual(
            told,
            {
                "2026-01": {"by_taxes": 180, "by_open": -1380},
                "2026-02": {"by_taxes": 1.5, "by_open": -11.5, "by_earlier": 1000, "cash": 1000},
                "2026-03": {"by_taxes": -18, "by_settled": 138},
            },
        )
        self.assertEqual([row["mrr_fees"] for row in months.values()], [100, 100, 100])
        self.assertEqual((months["2026-01"]["by_deferred"], months["2026-02"]["by_released"]), (1100, -100))
        # January's use is earned in January and billed in February, when that of February is earned.
        self.assertEqual((months["2026-01"]["by_accrued"], months["2026-02"]["by_accrued"]), (-10, -4))

    def test_any_grouping_has_the_same_totals_and_steps(self):
        whole = self._by("month")
        for group_by in ("customer", "contract", "tier", "country"):
            result = self._by(group_by)
            self.assertEqual(result["totals"], whole["totals"])
            for name in BRIDGE:
                self.assertAlmostEqual(sum(row[name] for row in result["rows"]), whole["totals"][name], 2, name)
        self.assertEqual(
            [step["amount"] for step in whole["steps"]], [whole["totals"][key] for key in MEASURES.values()]
        )
        revenue = self.Report.generate_revenue_report(*QUARTER)["totals"]
        for name in ("recognised", "invoiced"):
            self.assertEqual(whole["totals"][name], revenue[name])

    def test_what_a_payment_writes_off_is_no_cash(self):
        with freeze_time("2026-04-02"):
            self._register_payment(
                self.invoice, payment_date="2026-04-02", amount=200.0, payment_difference_handling="reconcile",
                writeoff_account_id=self.company_data["default_account_expense"].id,
            )  # fmt: skip
        row = self._tell(self._by("customer", "2026-04-01", "2026-04-30")["rows"][0])
        self.assertEqual((row["cash"], row["by_earlier"]), (200, 200))

    def test_workbook_walks_by_formulas(self):
        for group_by in ("month", "customer"):
            request = self.env["kor.report.request"].create(
                {"report": "bridge", "span": "other", "date_from": QUARTER[0], "date_to": QUARTER[1],
                 "company_id": self.company.id, "currency_id": self.currency.id, "group_by": group_by}
            )  # fmt: skip
            request.action_download()
            formulas = openpyxl.load_workbook(BytesIO(base64.b64decode(request.file)))
            values = openpyxl.load_workbook(BytesIO(base64.b64decode(request.file)), data_only=True)
            steps = [row for row in formulas["Bridge"].iter_rows(min_row=2) if str(row[2].value).startswith("=")]
            self.assertEqual(len(steps), 3)
            self.assertEqual(values["Bridge"].cell(steps[-1][2].row, 3).value, 1000)
            heads = [cell.value for cell in formulas["Report"][5]]
            total = formulas["Report"][formulas["Report"].max_row]
            for head in ("Recognised", "Invoiced", "Cash"):
                self.assertRegex(str(total[heads.index(head)].value), r"^=[A-Z]+\d+\+")
