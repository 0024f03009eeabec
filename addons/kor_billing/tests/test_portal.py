from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestBillingPortal(KorBillingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_user = cls._make_portal_user(cls.customer, "portal_aurora")
        cls.other_user = cls._make_portal_user(cls.other_customer, "portal_borealis")
        # 17 of January's 31 days.
        cls.own = cls._make_contract({"name": "Aurora fee"}, date_start="2026-01-15", anchor_day=1)
        cls.other = cls._make_contract({"name": "Borealis fee"}, partner_id=cls.other_customer.id)
        invoices = (cls.own | cls.other).generate_invoice("2026-01-01", "2026-01-31")
        cls.own_invoice, cls.other_invoice = cls.env["account.move"].browse(invoices).sorted("kor_contract_id")

    def _log_in(self, user):
        self.authenticate(user.login, f"{user.login}-{user.login}")

    def _explain(self, invoice, token=None):
        query = f"?access_token={token}" if token else ""
        return self.url_open(f"/my/invoices/{invoice.id}/explanation{query}", allow_redirects=False)

    def _assert_sent_home(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"))

    def _read_text(self, response):
        self.assertEqual(response.status_code, 200)
        return " ".join(html.fromstring(response.content).text_content().split())

    def _call(self, records, method, *arguments):
        params = {"model": records._name, "method": method, "args": [records.ids, *arguments], "kwargs": {}}
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/{records._name}/{method}", params)

    def test_customer_reads_days_and_divisor_of_the_own_invoice(self):
        self._log_in(self.own_user)
        text = self._read_text(self._explain(self.own_invoice))
        self.assertIn("17 of 31 days", text)
        self.assertIn("54.84", text)
        self.assertIn(self.own_invoice.name, text)
        self.assertNotIn("Borealis", text)

    def test_explanation_has_a_row_for_each_line_of_this_invoice_only(self):
        later = self._bill(self.own, "2026-02-01", "2026-02-28")
        self._log_in(self.own_user)
        page = html.fromstring(self._explain(later).content)
        lines = [" ".join(one.text_content().split()) for one in page.xpath("//details/summary")]
        self.assertEqual(len(lines), 1)
        self.assertIn("02/28/2026", lines[0])

    def test_line_written_by_hand_says_so(self):
        self.own_invoice.button_draft()
        self.own_invoice.invoice_line_ids = [Command.create({"name": "Travel", "price_unit": 30, "quantity": 1})]
        self.own_invoice.action_post()
        self._log_in(self.own_user)
        text = self._read_text(self._explain(self.own_invoice))
        self.assertIn("added by hand", text)
        self.assertIn("17 of 31 days", text)

    def test_invoice_of_another_customer_is_refused(self):
        self._log_in(self.own_user)
        self._assert_sent_home(self._explain(self.other_invoice))

    def test_invoice_that_does_not_exist_is_refused(self):
        self._log_in(self.own_user)
        missing = self.env["account.move"].browse(
            self.env["account.move"].search([], order="id desc", limit=1).id + 999
        )
        self._assert_sent_home(self._explain(missing))

    def test_visitor_needs_the_token_of_this_invoice(self):
        token = self.own_invoice._portal_ensure_token()
        foreign = self.other_invoice._portal_ensure_token()
        for label, wrong in (("none", None), ("made up", "0" * 36), ("of another invoice", foreign)):
            with self.subTest(label):
                self._assert_sent_home(self._explain(self.own_invoice, wrong))
        response = self._explain(self.own_invoice, token)
        self.assertIn("17 of 31 days", self._read_text(response))
        back = html.fromstring(response.content).xpath("//a[contains(., 'Back to the invoice')]/@href")
        self.assertEqual(back, [f"/my/invoices/{self.own_invoice.id}?access_token={token}"])

    def test_token_does_not_open_what_is_not_posted(self):
        token = self.own_invoice._portal_ensure_token()
        for move_to in ("button_draft", "button_cancel"):
            getattr(self.own_invoice, move_to)()
            with self.subTest(self.own_invoice.state):
                self._assert_sent_home(self._explain(self.own_invoice, token))

    def test_reading_gives_no_invoice_a_token(self):
        self.own_invoice.access_token = False
        self._log_in(self.own_user)
        self._read_text(self._explain(self.own_invoice))
        self._read_text(self.url_open(f"/my/contracts/{self.own.id}"))
        self.own_invoice.invalidate_recordset(["access_token"])
        self.assertFalse(self.own_invoice.access_token)

    def test_native_invoice_page_leads_to_the_explanation(self):
        self._log_in(self.own_user)
        page = html.fromstring(self.url_open(f"/my/invoices/{self.own_invoice.id}").content)
        links = page.xpath("//a[contains(., 'Explain this invoice')]/@href")
        self.assertEqual(links, [f"/my/invoices/{self.own_invoice.id}/explanation"])

    def test_native_page_of_a_plain_invoice_offers_no_explanation(self):
        invoice = self._create_invoice_one_line(partner_id=self.customer, price_unit=10, post=True)
        self._log_in(self.own_user)
        page = html.fromstring(self.url_open(f"/my/invoices/{invoice.id}").content)
        self.assertFalse(page.xpath("//a[contains(., 'Explain this invoice')]"))

    def test_contract_page_lists_posted_invoices_of_this_contract(self):
        second = self._make_contract({"name": "Second"})
        elsewhere = self._bill(second, "2026-01-01", "2026-01-31")
        draft = self._bill(self.own, "2026-02-01", "2026-02-28")
        draft.button_draft()
        self._log_in(self.own_user)
        page = html.fromstring(self.url_open(f"/my/contracts/{self.own.id}").content)
        [section] = page.xpath("//div[@id='kor_contract_invoices']")
        self.assertEqual(section.xpath(".//a/@href"), [f"/my/invoices/{self.own_invoice.id}"])
        self.assertIn("Open", section.text_content())
        self.assertNotIn(elsewhere.name, section.text_content())

    def test_contract_link_does_not_open_the_invoices(self):
        token = self.own._portal_ensure_token()
        text = self._read_text(self.url_open(f"/my/contracts/{self.own.id}?access_token={token}"))
        self.assertNotIn(self.own_invoice.name, text)
        self.assertIn("to see the invoices", text)

    def test_portal_user_cannot_bill_send_or_collect(self):
        self._log_in(self.own_user)
        token = self.own_invoice._portal_ensure_token()
        days = ("2026-02-01", "2026-02-28")
        count = self.env["account.move"].search_count([])
        for records, method, arguments in (
            (self.own, "preview_invoice", days),
            (self.own, "generate_invoice", days),
            (self.own, "action_open_invoicing", ()),
            (self.own_invoice, "send_invoice", ()),
            (self.own_invoice, "process_payment", ()),
            (self.own_invoice, "action_kor_process_payment", ()),
            (self.own_invoice.invoice_line_ids, "action_kor_explain", ()),
            (self.own.billing_item_ids, "read", (["amount"],)),
        ):
            with self.subTest(method), self.assertRaises(JsonRpcException) as caught, mute_logger("odoo.http"):
                self._call(records, method, *arguments)
            self.assertEqual(caught.exception.args[0], "odoo.exceptions.AccessError", method)
        self.assertEqual(self.env["account.move"].search_count([]), count)
        self.assertEqual(self.own_invoice.access_token, token)
        self.assertFalse(self.own_invoice.transaction_ids)
