from lxml import html

from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from .collection_common import KorCollectionCommon


@tagged("post_install", "-at_install")
class TestCollectionPortal(KorCollectionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_user = cls._make_portal_user(cls.customer, "portal_aurora")
        cls.other_user = cls._make_portal_user(cls.other_customer, "portal_borealis")

    def _read(self, user, url):
        self.authenticate(user.login, f"{user.login}-{user.login}")
        return html.fromstring(self.url_open(url).content)

    def _text(self, page, xpath):
        return " ".join(" ".join(one.text_content() for one in page.xpath(xpath)).split())

    def setUp(self):
        super().setUp()
        self._save_token("error")
        self.move = self._make_due()
        self.contract = self.move.kor_contract_id

    def test_customer_reads_what_is_open_why_it_failed_and_what_comes_next(self):
        # Far from now, as the server's clock is not frozen: the next attempt lies in the future.
        self._run_on("2026-02-01")
        self.move.kor_retry_date = "2030-05-20"
        for url, xpath in (
            (f"/my/contracts/{self.contract.id}", "//section[@id='kor_open_amounts']"),
            (f"/my/invoices/{self.move.id}", "//div[@id='kor_collection']"),
        ):
            text = self._text(self._read(self.own_user, url), xpath)
            for part in ("115.00", "02/01/2026", "did not succeed", "demo payment status: error", "05/20/2030"):
                with self.subTest(url=url, part=part):
                    self.assertIn(part, text)

    def test_customer_whose_charge_is_given_up_is_asked_to_pay(self):
        self.company.kor_retry_days = ""
        self._run_on("2026-02-01")
        page = self._read(self.own_user, f"/my/contracts/{self.contract.id}")
        self.assertIn("please pay it", self._text(page, "//section[@id='kor_open_amounts']"))
        self.assertTrue(page.xpath(f"//a[contains(@href, '/my/invoices/{self.move.id}?payment=True')]"))

    def test_customer_reads_why_the_service_is_suspended(self):
        for day in ("2026-02-04", "2026-02-11", "2026-02-21", "2026-03-03"):
            self._run_on(day, "dun")
        text = self._text(self._read(self.own_user, f"/my/contracts/{self.contract.id}"), "//div[@role='alert']")
        self.assertIn(f"suspended until invoice {self.move.name} is paid", text)

    def test_paid_invoice_shows_nothing_of_it(self):
        self._run_on("2026-02-01")
        with freeze_time("2026-02-02"):
            self._register_payment(self.move)
        self.assertFalse(self._read(self.own_user, f"/my/invoices/{self.move.id}").xpath("//div[@id='kor_collection']"))
        page = self._read(self.own_user, f"/my/contracts/{self.contract.id}")
        self.assertFalse(page.xpath("//section[@id='kor_open_amounts']"))

    def test_nobody_else_reads_what_the_customer_owes(self):
        self._run_on("2026-02-01")
        url = f"/my/contracts/{self.contract.id}"
        self.assertFalse(self._read(self.other_user, url).xpath("//section[@id='kor_open_amounts']"))
        # A contract's link is none to its invoices.
        self.authenticate(None, None)
        page = html.fromstring(self.url_open(self.contract.get_portal_url()).content)
        self.assertIn(self.contract.name, page.text_content())
        self.assertNotIn("115.00", page.text_content())

    def test_customer_reads_the_service_by_rpc_and_cannot_settle_attempts(self):
        self._run_on("2026-02-01")
        self.authenticate(self.own_user.login, f"{self.own_user.login}-{self.own_user.login}")
        params = {"model": "kor.contract", "method": "entitlements", "args": [self.contract.ids], "kwargs": {}}
        found = self.make_jsonrpc_request("/web/dataset/call_kw/kor.contract/entitlements", params)
        self.assertEqual((found["service"], found["reason"]), ("full", "The service runs in full."))
        params = {**params, "model": "kor.payment.attempt", "method": "action_mark_failed", "args": [[1]]}
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self.make_jsonrpc_request("/web/dataset/call_kw/kor.payment.attempt/action_mark_failed", params)
