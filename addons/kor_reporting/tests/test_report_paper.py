import base64
from io import BytesIO
from unittest import skipUnless
from unittest.mock import patch

import openpyxl
import xlsxwriter
from pypdf import PdfReader

from odoo.tests import BaseCase, freeze_time, tagged

from odoo.addons.kor_contracts.models import kor_pdf
from odoo.addons.kor_contracts.tests.test_contract_pdf import read_page

from ..models.kor_report_file import PAPER_ROWS
from ..models.kor_report_paper import COLUMNS, _split
from .report_common import ReportCase
from .spreadsheet_common import SOFFICE, WITHOUT, recalculate

HALF = ("2026-01-01", "2026-06-30")
EVERY = (("revenue", "month"), ("cost", "tier"), ("profitability", "customer"), ("lifetime_value", "customer"),
         ("churn", "month"), ("bridge", "month"))  # fmt: skip


@tagged("post_install", "-at_install", "kor_engine")
class TestReportPaperBlocks(BaseCase):
    def test_columns_are_split_into_blocks_of_about_one_width(self):
        self.assertEqual(_split(0), [])
        self.assertEqual(_split(13), [(0, 7), (7, 13)])
        for count in range(1, 80):
            with self.subTest(count=count):
                blocks = _split(count)
                widths = [last - first for first, last in blocks]
                self.assertEqual([one for first, last in blocks for one in range(first, last)], [*range(count)])
                self.assertLessEqual(max(widths), COLUMNS)
                self.assertLess(max(widths) - min(widths), len(blocks) + 1)


@tagged("post_install", "-at_install")
@freeze_time("2026-07-15 12:00:00")
class TestReportPaper(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-31 12:00:00"):
            for contract in cls.all_contracts:
                contract.generate_invoice("2026-01-01", "2026-03-31")
                contract.recognize_revenue("2026-03-31")
        cls._pool(90, "Hosting", month="2026-02-01").allocate()
        cls._pool(60, "Fair", category="sales_marketing", month="2026-03-01").allocate()

    def _make(self, report, group_by, user=None, days=HALF):
        """Return the HTML that is printed, in which the reader sees what stands in the PDF."""
        files = self.env["kor.report.file"].with_user(user or self.env.user)
        with patch.object(type(self.env["kor.pdf"]), "_render", lambda self, html: str(html).encode()):
            made = files._make("pdf", report, *days, {"company": self.company.id, "group_by": group_by})
        self.assertEqual(made["name"], f"{report}_{days[0]}_{days[1]}.pdf")
        return made["content"].decode()

    def test_every_report_prints_its_figures_and_explains_them(self):
        for report, group_by in EVERY:
            with self.subTest(report=report):
                html = self._make(report, group_by)
                generate = getattr(self.Report, f"generate_{report}_report")
                table = self.env["kor.report.table"]._lay_out(generate(*HALF, {"group_by": group_by}))
                for row in (*table["rows"], table["total"]):
                    for cell in row["cells"]:
                        self.assertIn(f">{cell['text']}<", html)
                for measure in table["measures"]:
                    self.assertIn(measure["label"].replace("&", "&amp;"), html)
                self.assertIn("06/30/2026", html)

    def test_reason_of_a_missing_figure_is_told_once_below_the_table(self):
        html = self._make("lifetime_value", "customer", days=("2026-01-01", "2026-03-31"))
        self.assertEqual(html.count("No customer was lost"), 1)
        self.assertIn("<sup>1</sup>", html)
        self.assertNotIn("<sup>1</sup>", self._make("cost", "tier"))

    def test_report_without_rows_says_so(self):
        html = self._make("cost", "customer", days=("2001-01-01", "2001-01-31"))
        self.assertIn("Nothing is booked", html)
        self.assertNotIn('<tr class="total">', html)

    def test_account_manager_prints_own_customers_and_it_is_said(self):
        user = self._make_user("manager", "base.group_user,kor_account_management.group_kor_account_user")
        self.first.account_manager_id = user
        html = self._make("revenue", "customer", user)
        self.assertIn(self.customer.name, html)
        self.assertNotIn(self.delta.name, html)
        self.assertIn(f"Contracts of {user.name} only.", html)
        self.assertNotIn("only.</", self._make("revenue", "customer"))

    def test_rows_beyond_what_is_read_on_paper_are_counted(self):
        with patch("odoo.addons.kor_reporting.models.kor_report_file.ROWS", {"pdf": 2}):
            html = self._make("revenue", "contract")
        left = len(self.Report.generate_revenue_report(*HALF, {"group_by": "contract"})["rows"]) - 2
        self.assertIn(f"{left} more rows are in the workbook", html)
        self.assertGreater(PAPER_ROWS, 200)

    @skipUnless(kor_pdf.weasyprint, "WeasyPrint or Pango is not installed")
    def test_pdf_has_numbered_pages_with_period_currency_and_company(self):
        request = self.env["kor.report.request"].create(
            {"report": "churn", "group_by": "month", "span": "other", "date_from": HALF[0], "date_to": HALF[1],
             "company_id": self.company.id, "currency_id": self.currency.id}
        )  # fmt: skip
        self.assertIn("churn_2026-01-01_2026-06-30.pdf", request.action_download_pdf()["url"])
        pages = [read_page(page) for page in PdfReader(BytesIO(base64.b64decode(request.file))).pages]
        self.assertGreater(len(pages), 1)
        for number, page in enumerate(pages, 1):
            with self.subTest(page=number):
                self.assertIn(f"{number} / {len(pages)}", page)
                for text in ("Churn and Retention", "01/01/2026 to 06/30/2026", self.currency.name, self.company.name):
                    self.assertIn(text, page)

    def _write_books(self):
        """Return {name: content} of the workbooks of all reports."""
        files, books = self.env["kor.report.file"], {}
        for report, group_by in (*EVERY, ("revenue", "customer"), ("profitability", "component"), ("bridge", "tier")):
            made = files._make("xlsx", report, *HALF, {"company": self.company.id, "group_by": group_by})
            books[f"{report}_{group_by}"] = made["content"]
        books["empty"] = files._make("xlsx", "cost", "2001-01-01", "2001-01-31", {"group_by": "customer"})["content"]
        return books

    @skipUnless(SOFFICE, WITHOUT)
    def test_libreoffice_works_out_the_values_that_stand_in_the_workbooks(self):
        books, stream = self._write_books(), BytesIO()
        with xlsxwriter.Workbook(stream, {"in_memory": True}) as wrong:
            wrong.add_worksheet("Report").write_formula(0, 0, "=1+1", None, 3)
        found, seen = recalculate({**books, "wrong": stream.getvalue()}), 0
        # What is wrong comes back right: it does recalculate.
        self.assertEqual(found["wrong"]["Report"]["A1"].value, 2)
        for name, content in books.items():
            formulas = openpyxl.load_workbook(BytesIO(content))
            values = openpyxl.load_workbook(BytesIO(content), data_only=True)
            self.assertEqual(found[name].sheetnames, formulas.sheetnames)
            for sheet in formulas:
                for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
                    with self.subTest(book=name, sheet=sheet.title, cell=cell.coordinate, formula=cell.value):
                        own, other = (book[sheet.title][cell.coordinate].value for book in (values, found[name]))
                        self.assertAlmostEqual(own or 0, other or 0, 6)
                        seen += 1
        self.assertGreater(seen, 100)
