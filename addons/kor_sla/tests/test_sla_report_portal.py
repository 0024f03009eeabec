from io import BytesIO
from unittest import skipUnless

from lxml import html
from pypdf import PdfReader

from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.kor_contracts.models import kor_pdf

from .compliance_common import ComplianceCase


@tagged("post_install", "-at_install")
class TestSlaReportPortal(ComplianceCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for login, partner in (("aurora_sla", cls.customer), ("borealis_sla", cls.other_customer)):
            cls.env["res.users"].with_context(no_reset_password=True).create(
                {
                    "name": partner.name,
                    "login": login,
                    "password": login * 2,
                    "partner_id": partner.id,
                    "group_ids": [(6, 0, cls.env.ref("base.group_portal").ids)],
                    "company_id": cls.company.id,
                    "company_ids": [(6, 0, cls.company.ids)],
                }
            )

    def setUp(self):
        super().setUp()
        self.contract = self._promise(terms={"penalty_mode": "automatic"})
        for day in ("2026-03-01", "2026-04-01", "2026-05-01"):
            self._bill_at(self.contract, day)
        self._outage("2026-04-10 10:00:00", 50)
        self.report = self._report(self.contract, "2026-04")
        frozen = freeze_time("2026-05-10 12:00:00")
        frozen.start()
        self.addCleanup(frozen.stop)

    def _read(self, url, login="aurora_sla"):
        self.env.flush_all()
        self.authenticate(login, login * 2)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return response.url, " ".join(html.fromstring(response.text).text_content().split())

    def test_customer_reads_why_there_is_a_credit(self):
        _url, text = self._read("/my/sla-reports")
        for part in ("April 2026", "99.884259 %", "1 missed", "100.00"):
            self.assertIn(part, text)
        _url, text = self._read(f"/my/sla-reports/{self.report.id}")
        for part in (
            "1 of 1 targets were missed",
            "99.884259 % of the promised 99.9 %",
            "the credit is 10 %",
            "Base fee",
            "Sign-in fails",
            "50 min count",
            "comes with your next invoice",
            "Dispute this report",
        ):
            self.assertIn(part, text)

    def test_customer_finds_the_credit_note_when_it_is_made(self):
        note = self._bill_at(self.contract, "2026-06-01").filtered(lambda move: move.move_type == "out_refund")
        _url, text = self._read(f"/my/sla-reports/{self.report.id}")
        self.assertIn(note.name, text)
        _url, text = self._read("/my/status")
        self.assertIn("Service reports and credits", text)
        self.assertIn(note.name, text)
        _url, text = self._read(f"/my/invoices/{note.id}/explanation")
        self.assertIn("99.884259 % of the promised 99.9 %", text)

    def test_pages_of_others_and_drafts_stay_closed(self):
        other = self._report(self._promise(partner_id=self.other_customer.id), "2026-04")
        draft = self._report(self.contract, "2026-03", freeze=False)
        for report in (other, draft):
            url, text = self._read(f"/my/sla-reports/{report.id}")
            self.assertTrue(url.rstrip("/").endswith("/my"), url)
        _url, text = self._read("/my/sla-reports")
        self.assertNotIn(other.contract_id.name, text)
        self.url_open(f"/my/sla-reports/{other.id}/dispute", data={"text": "Mine", "csrf_token": "x"})
        self.assertFalse(other.dispute_ids)

    def test_customer_disputes_and_reads_the_answer(self):
        self.env.flush_all()
        self.authenticate("aurora_sla", "aurora_sla" * 2)
        page = html.fromstring(self.url_open(f"/my/sla-reports/{self.report.id}").text)
        form = page.xpath("//form[@id='dispute']")[0]
        token = form.xpath(".//input[@name='csrf_token']/@value")[0]
        line = self.report.line_ids.filtered(lambda one: one.kind == "uptime")
        data = {"csrf_token": token, "text": "It was down for 8 hours", "line_id": str(line.id)}
        answer = self.url_open(form.get("action"), data=data)
        self.assertIn("We look into it", answer.text)
        dispute = self.report.dispute_ids
        self.assertEqual((dispute.text, dispute.line_id, dispute.user_id.login), (data["text"], line, "aurora_sla"))
        empty = self.url_open(form.get("action"), data={**data, "text": " "})
        self.assertIn("Say in a sentence what is wrong", empty.text)
        dispute.answer = "The log shows 50 minutes"
        dispute.action_decline()
        _url, text = self._read(f"/my/sla-reports/{self.report.id}")
        self.assertIn("The log shows 50 minutes", text)

    def test_page_shows_nothing_that_its_address_says(self):
        said = "Call+0900+now"
        url, text = self._read(
            f"/my/sla-reports/{self.report.id}?problem={said}&dispute_text={said}&text={said}&disputed={said}"
        )
        self.assertIn("problem=Call", url)
        self.assertIn("Dispute this report", text)
        for words in ("Call 0900 now", "We look into it"):
            self.assertNotIn(words, text)

    @skipUnless(kor_pdf.weasyprint, "WeasyPrint or Pango is not installed")
    def test_pdf_says_the_same(self):
        customer = self.env["res.users"].search([("login", "=", "aurora_sla")])
        with self.allow_pdf_render():
            action = self.env["ir.actions.report"].with_user(customer).sudo().with_context(force_report_rendering=True)
            content, kind = action._render_qweb_pdf("kor_sla.action_report_kor_sla_report", self.report.ids)
        self.assertEqual(kind, "pdf")
        text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())
        for part in ("Service report April 2026", "99.884259 %", "Missed", "Sign-in fails", self.contract.name):
            self.assertIn(part, text)
