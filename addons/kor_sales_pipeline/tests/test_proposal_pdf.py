from io import BytesIO
from unittest import skipUnless

from pypdf import PdfReader

from odoo.tests import tagged

from odoo.addons.kor_contracts.models import kor_pdf
from odoo.addons.kor_contracts.tests.common import ContractCase

from .common import PNG


@tagged("post_install", "-at_install")
@skipUnless(kor_pdf.weasyprint, "WeasyPrint or Pango is not installed")
class TestProposalPdf(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lead = cls.env["crm.lead"].create(
            {
                "name": "Harbour",
                "type": "opportunity",
                "partner_id": cls.customer.id,
                "kor_plan_id": cls.plan.id,
                "kor_date_start": "2030-02-01",
            }
        )
        cls.order = cls.env["sale.order"].browse(lead.generate_proposal())
        cls.order.action_quotation_sent()

    def _read(self, order):
        reader = PdfReader(BytesIO(order._kor_render_pdf()))
        return [" ".join(page.extract_text().replace("\N{NO-BREAK SPACE}", " ").split()) for page in reader.pages]

    def test_document_has_cover_contents_headers_and_page_numbers(self):
        pages = self._read(self.order)
        self.assertIn("Summit for Harbour & Sons", pages[0])
        self.assertNotIn(f"1 / {len(pages)}", pages[0])
        self.assertIn("Contents", pages[1])
        for number, page in enumerate(pages[1:], 2):
            with self.subTest(page=number):
                self.assertIn(f"{number} / {len(pages)}", page)
                self.assertIn(f"Proposal {self.order.name}", page)
                self.assertIn(self.env.company.name, page)

    def test_contents_name_the_page_on_which_each_part_begins(self):
        pages = self._read(self.order)
        # Letters are set apart where their shapes ask for it.
        plain = [page.replace(" ", "") for page in pages]
        titles = (
            "Executivesummary",
            "Solutionoverview",
            "Pricing",
            "Implementationplan",
            "SupportandSLA",
            "Termsandconditions",
            "Signature",
        )
        begins = [next(number for number in range(3, len(pages) + 1) if one in plain[number - 1]) for one in titles]
        self.assertIn(" ".join(map(str, begins)), pages[1])
        self.assertEqual(begins, sorted(begins))

    def test_document_says_what_the_page_says(self):
        text = " ".join(self._read(self.order))
        for expected in ("130.50 T$", "Pioneer", "Nobody calls at night.", "Kick-off", "99.5 %", "Free up to 10"):
            with self.subTest(expected):
                self.assertIn(expected, text)

    def test_signed_document_names_who_signed(self):
        self.order.write({"signed_by": "Jane Harbour", "signed_on": "2030-01-15 09:30:00", "signature": PNG})
        self.order._validate_order()
        text = " ".join(self._read(self.order))
        self.assertIn("Jane Harbour", text)
        self.assertIn("2030-01-15 09:30:00", text)
        self.assertIn(self.order.kor_snapshot_hash, text.replace(" ", ""))

    def test_native_report_prints_the_proposal(self):
        with self.allow_pdf_render():
            report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
            pdf, kind = report._render_qweb_pdf("sale.action_report_saleorder", self.order.ids)
        self.assertEqual(kind, "pdf")
        self.assertIn("Executive summary", PdfReader(BytesIO(pdf)).pages[1].extract_text())

    def test_file_sent_to_the_customer_is_named_after_proposal_and_version(self):
        template = self.order._find_mail_template().with_context(force_report_rendering=True)
        native = self.env["sale.order"].create({"partner_id": self.customer.id})
        (attached,) = self._generate_attachments(template, self.order)
        self.assertEqual(attached, f"Proposal {self.order.name}, version 1.pdf")
        self.assertEqual(self._generate_attachments(template, native), [f"Quotation - {native.name}.pdf"])

    def _generate_attachments(self, template, order):
        with self.allow_pdf_render():
            values = template._generate_template(order.ids, ("report_template_ids",))[order.id]
        return [name for name, _content in values["attachments"]]
