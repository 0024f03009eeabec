import hashlib

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import PNG, ProposalCase


@tagged("post_install", "-at_install")
class TestProposalSignature(ProposalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "prop_portal", "base.group_portal", partner_id=cls.contact.id)
        stranger = cls.env["res.partner"].create({"name": "Stranger"})
        cls.stranger = new_test_user(cls.env, "prop_stranger", "base.group_portal", partner_id=stranger.id)

    def _sign_customized(self):
        order = self._propose()
        order.customize_proposal(
            {
                "lines": [{"line": self._get(order, "Seats").id, "quantity": 8, "discount": 5}],
                "options": [{"line": self._get(order, "Training").id, "quantity": 1}],
                "uptime_target": 99.5,
                "clauses": [{"clause": order.kor_clause_ids.id, "body": "<p>Nobody calls.</p>"}],
            }
        )
        return order, self._sign(self._send(order))

    def test_contract_is_what_was_signed(self):
        order, contract = self._sign_customized()
        self.assertEqual(
            (contract.state, order.state, order.opportunity_id.kor_contract_id), ("active", "sale", contract)
        )
        self.assertEqual(
            (contract.term, str(contract.date_start), str(contract.date_end)), ("annual", "2030-02-01", "2031-01-31")
        )
        self.assertEqual(
            (contract.plan_id, contract.partner_id, contract.tier_id), (self.plan, self.customer, self.tier)
        )
        self.assertEqual((contract.uptime_target, contract.support_level_id), (99.5, self.tier.support_level_id))
        self.assertEqual(contract.clause_ids.mapped("body"), ["<p>Nobody calls.</p>"])
        self.assertEqual(order.invoice_status, "no")

    def test_lines_of_the_contract_cost_what_was_signed(self):
        order, contract = self._sign_customized()
        lines = {line.name: line for line in contract.line_ids}
        self.assertEqual(list(lines), ["Base fee", "Seats", "Set-up", "Storage", "Training"])
        # Seats: 80 less 5 less 10 % less 5 %.
        prices = {name: float(order._kor_get_line_price(line)) for name, line in lines.items()}
        self.assertEqual(prices, {"Base fee": 90, "Seats": 64.13, "Set-up": 450, "Storage": 0, "Training": 27})
        self.assertEqual(prices["Seats"], self._get(order, "Seats").price_subtotal)
        self.assertEqual(lines["Storage"].price_tier_ids.mapped("up_to"), [10, 0])
        self.assertEqual(lines["Seats"].discount_ids.mapped("name"), ["Pioneer", "Partner", "Agreed discount"])
        self.assertEqual(lines["Base fee"].discount_ids.mapped("name"), ["Partner"])

    def test_options_that_were_left_out_are_not_in_the_contract(self):
        contract = self._sign(self._send(self._propose()))
        self.assertNotIn("Training", contract.line_ids.mapped("name"))

    def test_every_price_model_arrives_to_the_cent(self):
        tiers = [(7, 9.99, 3.33), (0, 8.888, 0)]
        cases = {
            "graduated": self._create_tiered_plan("graduated", tiers),
            "volume": self._create_tiered_plan("volume", tiers),
            "stairstep": self._create_tiered_plan("stairstep", [(20, 0, 149.99), (0, 0, 239.99)]),
            "package": self._create_tiered_plan("package", [], unit_price=69.95, package_size=10),
            "standard": self._create_tiered_plan("standard", [], unit_price=9.123),
            "included": self._create_tiered_plan("standard", [], unit_price=9.12, included_quantity=5),
            "minimum": self._create_tiered_plan("standard", [], unit_price=1.01, minimum_amount=99.99),
        }
        for name, plan in cases.items():
            with self.subTest(name):
                order = self._propose(plan)
                line = self._get(order, "Seats")
                order.customize_proposal({"lines": [{"line": line.id, "discount": 3.33}]})
                contract = self._sign(self._send(order))
                self.assertEqual(float(order._kor_get_line_price(contract.line_ids)), line.price_subtotal)
                self.assertEqual(contract.line_ids.quantity, 25)

    def test_contract_that_would_cost_something_else_is_not_made(self):
        order = self._send(self._propose())
        terms = self._get(order, "Base fee").kor_terms_id
        terms.flush_recordset()
        self.env.cr.execute("UPDATE kor_proposal_terms SET unit_price = 101 WHERE id = %s", [terms.id])
        terms.invalidate_recordset()
        with self.assert_refused("but .*90.00.* was signed", ValidationError):
            self._sign(order)
        self.assertFalse(order.kor_contract_id)

    def test_snapshot_that_was_changed_after_sending_is_not_signed(self):
        order = self._send(self._propose())
        order._kor_frozen().kor_snapshot = {**order.kor_snapshot, "tier": "Everest"}
        with self.assert_refused("no longer what was sent", ValidationError):
            self._sign(order)

    def test_terms_have_a_name_where_they_have_one(self):
        cases = {
            1: ("monthly", False),
            12: ("annual", "2031-01-31"),
            36: ("multi_year", "2033-01-31"),
            18: ("custom", "2031-07-31"),
        }
        for months, (term, end) in cases.items():
            with self.subTest(months=months):
                order = self._propose(kor_term_months=months)
                order.with_user(self.manager).sudo().action_kor_approve() if order.kor_approval_reasons else None
                contract = self._sign(self._send(order))
                self.assertEqual((contract.term, str(contract.date_end or "") or False), (term, end))

    def test_document_is_kept_with_its_hash(self):
        order = self._send(self._propose())
        contract = self._sign(order)
        document = order.kor_signed_document_ids
        self.assertEqual(document.sha256, hashlib.sha256(document.attachment_id.raw).hexdigest())
        self.assertEqual((document.signed_by, str(document.signed_on)), ("Jane Harbour", "2030-01-15 09:30:00"))
        self.assertEqual((document.contract_id, document.kind), (contract, "signature"))
        self.assertEqual(document.content["sent_hash"], order.kor_snapshot_hash)
        self.assertEqual(document.verify()["state"], "intact")
        self.assertEqual(order._kor_render_pdf(), document.attachment_id.raw)

    def test_contract_on_paper_names_who_signed_and_the_hash(self):
        order = self._send(self._propose())
        contract = self._sign(order)
        report = self.env["ir.actions.report"]
        html = report._render_qweb_html("kor_contracts.action_report_kor_contract", contract.ids)[0].decode()
        for text in ("Jane Harbour", order.kor_signed_document_ids.sha256, order._get_report_base_filename()):
            self.assertIn(text, html)
        self.assertNotIn("Place and date", html)
        other = self._create_contract()
        html = report._render_qweb_html("kor_contracts.action_report_kor_contract", other.ids)[0].decode()
        self.assertIn("Place and date", html)

    def test_changed_document_is_detected(self):
        order = self._send(self._propose())
        self._sign(order)
        document = order.kor_signed_document_ids
        document.attachment_id.raw = document.attachment_id.raw + b" "
        result = document.verify()
        self.assertEqual(result["state"], "changed")
        self.assertNotEqual(result["found"], result["sha256"])
        self.assertIn("no longer what was signed", result["message"])

    def test_changed_content_is_detected(self):
        order = self._send(self._propose())
        self._sign(order)
        document = order.kor_signed_document_ids
        self.env.cr.execute(
            "UPDATE kor_signed_document SET content = jsonb_set(content, '{tier}', '\"Everest\"') WHERE id = %s",
            [document.id],
        )
        document.invalidate_recordset()
        self.assertEqual(document.verify()["state"], "changed")

    def test_signed_document_is_append_only(self):
        order = self._send(self._propose())
        self._sign(order)
        document = order.kor_signed_document_ids
        with self.assert_refused("stays as it is"):
            document.write({"sha256": "0" * 64})
        with self.assert_refused("stays as it is"):
            document.write({"contract_id": False})
        with self.assert_refused("is kept"):
            document.unlink()
        with self.assertRaises(AccessError):
            document.with_user(self.manager).copy()

    def test_customer_signs_by_a_call(self):
        order = self._send(self._propose())
        order.message_subscribe(self.contact.ids)
        result = order.with_user(self.portal).sign_proposal("Jane Harbour", PNG)
        self.assertEqual(result["contract"], order.kor_contract_id.name)
        self.assertEqual(result["sha256"], order.kor_signed_document_ids.sha256)
        self.assertEqual(order.kor_signed_document_ids.user_id, self.portal)

    def test_who_may_not_sign_by_a_call(self):
        order = self._send(self._propose())
        with self.assertRaises(AccessError):
            order.with_user(self.stranger).sign_proposal("Stranger", PNG)
        with self.assert_refused("Only the customer", AccessError):
            order.with_user(self.manager).sign_proposal("Mia", PNG)
        for name, signature, sentence in (
            ("", PNG, "Give the name"),
            ("Jane", "no picture", "as a PNG"),
            ("Jane", "", "as a PNG"),
        ):
            with self.subTest(sentence), self.assert_refused(sentence):
                order.with_user(self.portal).sign_proposal(name, signature)
        self.assertEqual(order.state, "sent")

    def test_draft_is_not_signed(self):
        order = self._propose()
        self.assertFalse(order._has_to_be_signed())
        order.message_subscribe(self.contact.ids)
        with self.assert_refused("has not been sent"):
            order.with_user(self.portal).sign_proposal("Jane", PNG)

    def test_staff_can_confirm_what_was_agreed_elsewhere(self):
        order = self._send(self._propose())
        order.with_user(self.manager).action_confirm()
        self.assertEqual(order.kor_contract_id.state, "active")
        document = order.kor_signed_document_ids
        self.assertEqual((document.kind, document.signed_by), ("confirmation", "Mia Chief"))

    def test_seller_confirms_without_rights_on_contracts(self):
        order = self._send(self._propose())
        order.with_user(self.seller).action_confirm()
        self.assertEqual(order.kor_contract_id.user_id, self.seller)

    def test_confirmed_proposal_is_invoiced_by_its_contract_only(self):
        order = self._send(self._propose())
        self._sign(order)
        self.assertFalse(order._get_invoiceable_lines())
