from unittest import skipUnless
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from ..models import kor_pdf


@tagged("post_install", "-at_install")
class TestPdf(TransactionCase):
    @skipUnless(kor_pdf.weasyprint, "WeasyPrint or Pango is not installed")
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

    def test_without_weasyprint_wkhtmltopdf_prints(self):
        report = type(self.env["ir.actions.report"])
        with (
            patch.object(kor_pdf, "weasyprint", None),
            patch.object(report, "_run_wkhtmltopdf", lambda self, bodies: bodies[0].encode()),
            self.assertLogs(kor_pdf.__name__, "WARNING") as logs,
        ):
            self.assertEqual(self.env["kor.pdf"]._render("<p>x</p>"), b"<p>x</p>")
        self.assertIn("no page numbers", logs.output[0])
