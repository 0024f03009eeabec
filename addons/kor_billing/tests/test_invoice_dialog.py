from datetime import date

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestInvoiceDialog(KorBillingCommon):
    def _open(self, contract, opener="action_open_invoicing", user=None):
        contract = contract.with_user(user or self.biller)
        action = getattr(contract, opener)()
        return self.env["kor.contract.invoice"].with_user(user or self.biller).with_context(**action["context"])

    def _read_totals(self, dialog):
        cells = html.fromstring(dialog.preview_html).xpath("//tfoot//td")
        return [float(cell.text_content().replace("$", "").replace(",", "")) for cell in cells[1:]]

    def test_span_chooses_the_days(self):
        contract = self._make_contract({"name": "Yearly", "billing_months": 12})
        contract.generate_invoice("2026-01-01", "2026-01-31")
        for span, expected in (
            ("due", (date(2026, 1, 1), date(2026, 3, 10))),
            ("next", (date(2026, 1, 1), date(2027, 1, 1))),
            ("month", (date(2026, 3, 1), date(2026, 3, 31))),
            ("last_month", (date(2026, 2, 1), date(2026, 2, 28))),
        ):
            with self.subTest(span), Form(self._open(contract)) as form:
                form.span = span
                self.assertEqual((form.date_from, form.date_to), expected)

    def test_other_dates_are_those_given(self):
        with Form(self._open(self._make_contract())) as form:
            form.span = "other"
            form.date_to = date(2026, 2, 28)
        self.assertEqual(form.record.date_to, date(2026, 2, 28))
        self.assertEqual(len(html.fromstring(form.record.preview_html).xpath("//details")), 2)

    def test_totals_are_those_of_the_invoice_also_where_taxes_are_rounded_globally(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        self.tax.amount = 15
        contract = self._make_contract(*({"name": name, "unit_price": 10.07} for name in ("A", "B", "C")))
        dialog = self._open(contract).create({"date_to": "2026-01-31", "span": "other", "date_from": "2026-01-01"})
        totals = self._read_totals(dialog)
        move = self.env["account.move"].browse(dialog.action_invoice()["res_id"])
        self.assertEqual(totals, [move.amount_untaxed, move.amount_tax, move.amount_total])

    def test_what_is_billed_is_no_longer_due(self):
        contract = self._make_contract()
        self.assertEqual(self._open(contract).create({}).action_invoice()["res_model"], "account.move")
        again = self._open(contract).create({})
        self.assertFalse(again.is_due)
        self.assertEqual(again.action_invoice()["tag"], "display_notification")
        self.assertEqual(contract.invoice_count, 1)

    def test_days_outside_the_contract_are_a_problem_not_an_error(self):
        dialog = self._open(self._make_contract()).create(
            {"span": "other", "date_from": "2025-01-01", "date_to": "2025-12-31"}
        )
        self.assertIn("outside contract", dialog.problem)
        self.assertFalse(dialog.is_due)

    def test_draft_can_be_looked_at(self):
        draft = self._make_contract(activate=False)
        dialog = self._open(draft, "action_open_invoice_preview").create({})
        self.assertTrue(dialog.is_due)

    def test_reader_of_contracts_previews_but_does_not_invoice(self):
        reader = new_test_user(
            self.env,
            "kor_reader",
            "base.group_user,kor_contracts.group_kor_contract_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        contract = self._make_contract()
        dialog = self._open(contract, "action_open_invoice_preview", reader).create({})
        self.assertTrue(dialog.is_due)
        with self.assertRaises(AccessError):
            dialog.action_invoice()
        with self.assertRaises(AccessError):
            contract.with_user(reader).action_open_invoicing()
        self.assertFalse(contract.billing_item_ids)

    def test_invoicing_clears_the_failure_of_the_last_run(self):
        contract = self._make_contract()
        contract._set_billing_error("No journal.")
        self._open(contract).create({}).action_invoice()
        self.assertFalse(contract.billing_error)
        self.assertFalse(contract.billing_retry_date)

    def test_invoice_clerk_without_contract_rights_reads_the_explanation(self):
        clerk = new_test_user(
            self.env,
            "kor_clerk",
            "base.group_user,account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        line = self._bill(self._make_contract(), "2026-01-01", "2026-01-31").invoice_line_ids.with_user(clerk)
        self.assertTrue(line.kor_is_explained)
        action = line.action_kor_explain()
        item = self.env[action["res_model"]].with_user(clerk).browse(action["res_id"])
        [values] = item.web_read(
            {"explanation_html": {}, "contract_id": {"fields": {"display_name": {}}}, "tier_id": {}}
        )
        self.assertIn("100.00", values["explanation_html"])
