import base64
from io import BytesIO
from unittest import skipUnless

from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from ..models import kor_pdf

REPORT = "kor_contracts.action_report_kor_contract"


def read_page(page):
    return " ".join(page.extract_text().replace("\N{NO-BREAK SPACE}", " ").split())


class ContractPdfCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env["kor.metric"].create(
            {"name": "Seats", "code": "pdf_seats", "unit": "seat", "unit_plural": "seats", "aggregation": "latest"}
        )
        cls.tier = cls.env["kor.tier"].create(
            {
                "name": "Summit",
                "code": "pdf_summit",
                "uptime_target": 99.95,
                "limit_ids": [Command.create({"metric_id": cls.metric.id, "kind": "limited", "quantity": 40})],
                "feature_ids": [Command.create({"name": "Night shift", "code": "pdf_night", "category": "services"})],
            }
        )
        cls.product = cls.env["product.product"].create({"name": "Seat", "type": "service"})
        cls.customer = cls.env["res.partner"].create({"name": "Harbour & Sons", "is_company": True, "tz": "UTC"})
        cls.env["kor.clause"].search([]).is_default = False
        cls.clause = cls.env["kor.clause"].create({"name": "Quiet hours", "body": "<p>Nobody calls at night.</p>"})
        cls.contract = cls.env["kor.contract"].create(cls._prepare_contract_values())

    @classmethod
    def _prepare_contract_values(cls):
        return {
            "partner_id": cls.customer.id,
            "tier_id": cls.tier.id,
            "term": "annual",
            "date_start": "2026-02-01",
            "client_order_ref": "PO-4711",
            "payment_term_id": cls.env.ref("account.account_payment_term_30days").id,
            "line_ids": [
                Command.create(
                    {
                        "name": "Seats",
                        "product_id": cls.product.id,
                        "charge_type": "per_unit",
                        "metric_id": cls.metric.id,
                        "unit_price": 12.5,
                        "quantity": 30,
                    }
                ),
                Command.create(
                    {"name": "Set-up", "product_id": cls.product.id, "charge_type": "one_time", "unit_price": 750}
                ),
            ],
            "discount_ids": [Command.create({"name": "Pioneer", "kind": "percent", "value": 7})],
        }


@tagged("post_install", "-at_install")
class TestContractPdf(ContractPdfCase):
    def _render(self, contract):
        html, _type = self.env["ir.actions.report"]._render_qweb_html(REPORT, contract.ids)
        return " ".join(html.decode().replace("\N{NO-BREAK SPACE}", " ").split())

    def test_report_states_everything_that_is_agreed(self):
        self.contract.action_activate()
        html = self._render(self.contract)
        expected = {
            "number": self.contract.name,
            "customer, escaped": "Harbour &amp; Sons",
            "tier": "Summit",
            "start": "02/01/2026",
            "end": "01/31/2027",
            "order": "PO-4711",
            "payment terms": "30 Days",
            "quantity": "30 seats",
            "price in words": "12.50 per seat and month",
            "amount of a full period": "375.00",
            "one-time price": "750.00 once",
            "discount": "Pioneer: 7 % off",
            "limit": "40 seats",
            "feature": "Night shift",
            "uptime": "99.95 %",
            "clause": "Nobody calls at night.",
            "signature": "For the customer",
        }
        for name, text in expected.items():
            with self.subTest(name):
                self.assertIn(text, html)

    def test_draft_is_marked_until_it_is_activated(self):
        self.assertIn("Draft contract", self._render(self.contract))
        self.contract.action_activate()
        self.assertNotIn("Draft contract", self._render(self.contract))

    def test_document_names_a_hard_limit(self):
        self.assertNotIn("more is refused", self._render(self.contract))
        self.contract.limit_ids._write_agreed({"enforcement": "hard"})
        self.assertIn("more is refused", self._render(self.contract))

    def test_usage_has_no_amount_per_period(self):
        line = self.contract.line_ids[0]
        line.write({"charge_type": "usage", "timing": "arrears"})
        html = self._render(self.contract)
        self.assertIn("As used", html)
        self.assertNotIn("375.00", html)

    def test_clause_changed_in_the_library_later_keeps_the_agreed_text(self):
        self.contract.action_activate()
        self.clause.body = "<p>Everybody calls at night.</p>"
        self.assertIn("Nobody calls at night.", self._render(self.contract))

    def test_file_is_named_after_the_contract(self):
        self.assertIn(self.contract.name, self.contract._get_report_base_filename())


@tagged("post_install", "-at_install")
@skipUnless(kor_pdf.weasyprint, "WeasyPrint or Pango is not installed")
class TestContractPdfPages(ContractPdfCase):
    def _print(self, contract):
        with self.allow_pdf_render():
            report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
            content, kind = report._render_qweb_pdf(REPORT, contract.ids)
        self.assertEqual(kind, "pdf")
        return [read_page(page) for page in PdfReader(BytesIO(content)).pages]

    def test_pages_after_the_cover_have_header_and_number(self):
        self.contract.action_activate()
        pages = self._print(self.contract)
        self.assertIn("Summit for Harbour & Sons", pages[0])
        self.assertNotIn(f"1 / {len(pages)}", pages[0])
        self.assertGreater(len(pages), 1)
        for number, page in enumerate(pages[1:], 2):
            with self.subTest(page=number):
                self.assertIn(f"{number} / {len(pages)}", page)
                self.assertIn(f"Contract {self.contract.name}", page)
                self.assertIn(self.env.company.name, page)

    def test_document_says_what_the_html_says(self):
        text = " ".join(self._print(self.contract))
        prices = ("375.00", "750.00 once", "7 % off", "30 Days")
        service = ("40 seats", "Night shift", "99.95 %", "Nobody calls at night.")
        for part in ("Draft contract", "PO-4711", *prices, *service, "For the customer"):
            with self.subTest(part):
                self.assertIn(part, text)

    def test_several_contracts_are_printed_one_after_the_other(self):
        other = self.env["kor.contract"].create(self._prepare_contract_values())
        pages = self._print(self.contract + other)
        half = len(pages) // 2
        self.assertIn(self.contract.name, pages[0])
        self.assertIn(other.name, pages[half])
        self.assertIn(f"{half} / {half}", pages[-1])

    def test_contract_of_another_company_is_not_printed(self):
        company = self.env["res.company"].create({"name": "Harbour Overseas"})
        user = new_test_user(
            self.env,
            "pdf_overseas",
            "kor_contracts.group_kor_contract_user",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        report = self.env["ir.actions.report"].with_user(user).with_context(force_report_rendering=True)
        with self.allow_pdf_render(), self.assertRaises(AccessError):
            report._render_qweb_pdf(REPORT, self.contract.ids)

    def test_message_to_the_customer_has_the_document_attached(self):
        action = self.contract.action_send()
        self.assertEqual(action["context"]["default_res_ids"], self.contract.ids)
        template = self.env["mail.template"].browse(action["context"]["default_template_id"])
        template = template.with_context(force_report_rendering=True)
        with self.allow_pdf_render():
            messages = template._generate_template(self.contract.ids, ("subject", "report_template_ids"))
        values = messages[self.contract.id]
        self.assertIn(self.contract.name, values["subject"])
        ((name, content),) = values["attachments"]
        self.assertEqual(name, f"Contract {self.contract.name}.pdf")
        first = read_page(PdfReader(BytesIO(base64.b64decode(content))).pages[0])
        self.assertIn("Summit for Harbour & Sons", first)
