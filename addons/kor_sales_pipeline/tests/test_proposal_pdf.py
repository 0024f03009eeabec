from io import BytesIO
from unittest import skipUnless
from unittest.mock import patch

from pypdf import PdfReader

from odoo.tests import tagged

from odoo.addons.kor_contracts.tests.common import ContractCase

from ..models import kor_pdf
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

    def test_document_loads_nothing_from_outside(self):
        urls = ("file:///etc/hostname", "http://127.0.0.1:9/x.png", "kor-font:../../x.py")
        html = "<p>x</p>" + "".join(f"<img src='{url}'/>" for url in urls)
        fetched = []
        real = kor_pdf._Fetcher.fetch

        def fetch(fetcher, url, headers=None):
            try:
                result = real(fetcher, url, headers)
            except Exception as error:
                fetched.append((url, type(error).__name__))
                raise
            fetched.append((url, "loaded"))
            return result

        with patch.object(kor_pdf._Fetcher, "fetch", fetch):
            self.assertTrue(self.env["kor.pdf"]._render(html).startswith(b"%PDF"))
        self.assertEqual(len(fetched), 3)
        self.assertNotIn("loaded", [outcome for _url, outcome in fetched])


@tagged("post_install", "-at_install")
class TestPdfFallback(ContractCase):
    def test_without_weasyprint_wkhtmltopdf_prints(self):
        report = type(self.env["ir.actions.report"])
        with (
            patch.object(kor_pdf, "weasyprint", None),
            patch.object(report, "_run_wkhtmltopdf", lambda self, bodies: bodies[0].encode()),
            self.assertLogs(kor_pdf.__name__, "WARNING") as logs,
        ):
            self.assertEqual(self.env["kor.pdf"]._render("<p>x</p>"), b"<p>x</p>")
        self.assertIn("no page numbers", logs.output[0])
