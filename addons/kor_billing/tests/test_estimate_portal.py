from lxml import html

from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-20 12:00:00")
class TestEstimatePortal(KorBillingCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("kor_usage.group_kor_usage_reporter")
        cls.tax.amount = 15
        cls.own = cls._make_metered(cls.customer)
        cls.other = cls._make_metered(cls.other_customer)
        cls.user = cls._make_portal_user(cls.customer, "estimate_portal")
        cls._report(cls.own, 12345)
        cls._report(cls.other, 98765)

    @classmethod
    def _make_metered(cls, customer):
        metrics = {name: cls.env.ref(f"kor_enterprise_tiers.metric_{name}").id for name in ("api_calls", "storage")}
        usage = {"charge_type": "usage", "quantity": 0}
        return cls._make_contract(
            {"name": "Base"},
            {**usage, "name": "API calls", "metric_id": metrics["api_calls"], "unit_price": 0.0137},
            {**usage, "name": "Storage", "metric_id": metrics["storage"], "unit_price": 0.5},
            partner_id=customer.id,
        )

    @classmethod
    def _report(cls, contract, quantity):
        event = {"id": f"{contract.id}-calls", "contract": contract.id, "metric": "api_calls",
                 "time": "2026-03-19T12:00:00Z", "quantity": quantity}  # fmt: skip
        cls.env["kor.usage.event"].ingest([event])

    def _log_in(self):
        self.authenticate("estimate_portal", "estimate_portal-estimate_portal")

    def _open(self, contract, query=""):
        return self.url_open(f"/my/contracts/{contract.id}/usage{query}", allow_redirects=False)

    def _read_estimate(self, response):
        self.assertEqual(response.status_code, 200)
        (estimate,) = html.fromstring(response.content).xpath("//div[@id='kor_usage_estimate']")
        return estimate

    def _text(self, node):
        return " ".join(node.text_content().split())

    def _format(self, amount):
        return f"$ {amount:,.2f}"

    def _call(self, contract, method, *arguments):
        params = {"model": "kor.contract", "method": method, "args": [contract.ids, *arguments], "kwargs": {}}
        return self.make_jsonrpc_request(f"/web/dataset/call_kw/kor.contract/{method}", params)

    def test_numbers_on_the_page_are_those_of_the_preview(self):
        self._log_in()
        page = self._read_estimate(self._open(self.own))
        estimate = self.own.estimate_invoice()
        preview = self.own.preview_invoice(estimate["date_from"], estimate["date_to"])
        amounts = [self._text(one) for one in page.xpath(".//details/summary/strong")]
        self.assertEqual(amounts, [self._format(line["amount"]) for line in preview])
        taxed = [self._text(one) for one in page.xpath(".//details//p[contains(., 'with taxes')]/span")]
        wanted = [self._format(line[key]) for line in preview for key in ("tax_amount", "total")]
        self.assertEqual(taxed, wanted)
        totals = [self._text(one) for one in page.xpath(".//table[last()]//td[2]")][-3:]
        self.assertEqual(totals, [self._format(estimate[key]) for key in ("amount", "tax_amount", "total")])

    def test_each_line_is_explained(self):
        self._log_in()
        page = self._read_estimate(self._open(self.own))
        (line,) = page.xpath(".//details[contains(summary, 'API calls') and contains(summary, '03/01/2026')]")
        self.assertIn("12,345 calls × $ 0.0137", self._text(line).replace("\N{NO-BREAK SPACE}", " "))
        self.assertTrue(line.xpath(".//table[contains(@class, 'kor_explanation')]"))

    def test_line_without_reading_says_so(self):
        self._log_in()
        page = self._read_estimate(self._open(self.own))
        unread = [self._text(one) for one in page.xpath(".//summary[span[contains(., 'No reading yet')]]")]
        self.assertEqual(len([one for one in unread if "Storage" in one]), 3)
        self.assertFalse([one for one in unread if "03/01/2026" in one and "API calls" in one])

    def test_earlier_months_show_no_estimate(self):
        self._log_in()
        page = self._read_estimate(self._open(self.own, "?month=2026-02-01"))
        self.assertFalse(self._text(page))

    def test_nothing_to_invoice_is_said(self):
        yearly = self._make_contract({"name": "Yearly", "billing_months": 12}, date_end="2026-12-31", term="custom")
        yearly.generate_invoice("2026-01-01", "2026-01-31")
        self._log_in()
        self.assertIn("Nothing is waiting", self._text(self._read_estimate(self._open(yearly))))

    def test_token_opens_this_contract_only(self):
        token, foreign = self.own._portal_ensure_token(), self.other._portal_ensure_token()
        self.assertIn("next", self._text(self._read_estimate(self._open(self.own, f"?access_token={token}"))))
        self.assertEqual(self._open(self.own, f"?access_token={foreign}").status_code, 303)
        self.assertEqual(self._open(self.own).status_code, 303)

    def test_customer_asks_for_the_own_estimate_only(self):
        self._log_in()
        answer = self._call(self.own, "estimate_invoice")
        wanted = self.own.estimate_invoice()
        self.assertEqual(answer, wanted)
        self.assertEqual(self._open(self.other).status_code, 303)
        for contract, method, arguments in (
            (self.other, "estimate_invoice", ()),
            (self.own | self.other, "estimate_invoice", ()),
            (self.own, "preview_invoice", (wanted["date_from"], wanted["date_to"])),
        ):
            with self.subTest(method), self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
                self._call(contract, method, *arguments)
