from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import PNG, ProposalCase


@tagged("post_install", "-at_install")
class TestProposalPortal(ProposalCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env, "prop_portal", "base.group_portal", password="prop_portal", partner_id=cls.contact.id
        )
        cls.order = cls._send(cls._propose())
        cls.order._portal_ensure_token()

    def _open(self, order=None):
        order = order or self.order
        return self.url_open(order.get_portal_url()).text.replace("\N{NO-BREAK SPACE}", " ")

    def _accept(self, order=None, **params):
        order = order or self.order
        values = {"access_token": order.access_token, "name": "Jane Harbour", "signature": PNG, **params}
        return self.make_jsonrpc_request(f"/my/orders/{order.id}/accept", values)

    def test_page_shows_all_parts_and_nothing_internal(self):
        self.product.standard_price = 33.77
        page = self._open()
        for text in (
            "Executive summary",
            "Solution overview",
            "Pricing",
            "Implementation plan",
            "Support and SLA",
            "Terms and conditions",
            "Nobody calls at night.",
            "Kick-off",
            "99.5 %",
            "130.50 T$",
            "Pioneer",
            "5 unit",
            "as used",
            "Proposal",
            self.order.kor_snapshot_hash,
        ):
            with self.subTest(text):
                self.assertIn(text, page)
        for text in ("Margin", "margin", "33.77", "{{"):
            with self.subTest(text):
                self.assertNotIn(text, page)

    def test_customer_chooses_an_option_and_the_totals_follow(self):
        training = self._get(self.order, "Training")
        self.assertRegex(self._open(), r'id="kor_total_monthly"[^>]*>(<[^>]*>)?130\.50')
        params = {"line_id": training.id, "access_token": self.order.access_token, "input_quantity": 2}
        self.make_jsonrpc_request(f"/my/orders/{self.order.id}/update_line_dict", params)
        self.assertEqual(
            (training.product_uom_qty, training.kor_terms_id.quantity, training.price_subtotal), (2, 2, 54)
        )
        self.assertRegex(self._open(), r'id="kor_total_monthly"[^>]*>(<[^>]*>)?184\.50')
        self.assertNotIn("error", self._accept())
        line = self.order.kor_contract_id.line_ids.filtered(lambda one: one.name == "Training")
        self.assertEqual(line.quantity, 2)

    def test_what_is_no_option_cannot_be_changed(self):
        base = self._get(self.order, "Base fee")
        params = {"line_id": base.id, "access_token": self.order.access_token, "input_quantity": 0}
        self.make_jsonrpc_request(f"/my/orders/{self.order.id}/update_line_dict", params)
        self.assertEqual(base.product_uom_qty, 1)

    def test_signing_with_the_link(self):
        self.assertIn('data-bs-target="#modalaccept"', self._open())
        result = self._accept()
        self.assertTrue(result.get("force_refresh"), result)
        self.assertEqual((self.order.state, self.order.kor_contract_id.state), ("sale", "active"))
        document = self.order.kor_signed_document_ids
        self.assertEqual((document.signed_by, document.kind), ("Jane Harbour", "signature"))
        self.assertEqual(document.address, "127.0.0.1")
        self.assertEqual(document.verify()["state"], "intact")

    def test_signing_when_logged_in(self):
        self.order.message_subscribe(self.contact.ids)
        self.authenticate("prop_portal", "prop_portal")
        self._accept(access_token=None)
        self.assertEqual(self.order.kor_signed_document_ids.user_id, self.portal)

    def test_signing_twice_makes_one_contract(self):
        self._accept()
        contract = self.order.kor_contract_id
        self.assertIn("error", self._accept())
        self.assertEqual(self.env["kor.contract"].search_count([("partner_id", "=", self.customer.id)]), 1)
        self.assertEqual(self.order.kor_contract_id, contract)

    def test_wrong_token_signs_nothing(self):
        self.assertIn("error", self._accept(access_token="wrong"))
        self.assertEqual(self.order.state, "sent")

    def test_superseded_and_expired_proposals_cannot_be_signed(self):
        expired = self._send(self._propose())
        expired._portal_ensure_token()
        expired.validity_date = fields.Date.subtract(fields.Date.today(), days=1)
        self.order._kor_make_version({})
        for order, sentence in ((self.order, "superseded by a newer one"), (expired, "has expired")):
            with self.subTest(sentence):
                self.assertIn(sentence, self._accept(order)["error"])
                page = self._open(order)
                self.assertIn(sentence, page)
                self.assertNotIn('data-bs-target="#modalaccept"', page)
                self.assertFalse(order.kor_contract_id or order.signature)

    def test_superseded_options_cannot_be_chosen(self):
        training = self._get(self.order, "Training")
        self.order._kor_make_version({})
        params = {"line_id": training.id, "access_token": self.order.access_token, "input_quantity": 2}
        self.make_jsonrpc_request(f"/my/orders/{self.order.id}/update_line_dict", params)
        self.assertEqual(training.product_uom_qty, 0)
