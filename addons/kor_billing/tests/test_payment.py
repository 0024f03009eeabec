from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .collection_common import KorCollectionCommon


@tagged("post_install", "-at_install")
class TestPayment(KorCollectionCommon):
    def _invoice(self):
        return self._bill(self._make_contract(), "2026-01-01", "2026-01-31")

    def test_saved_token_pays_the_invoice(self):
        self._save_token()
        move = self._invoice()
        result = move.process_payment()
        self.assertEqual((result["state"], result["amount"]), ("done", 115))
        self.assertTrue(result["reference"])
        self.assertIn(move.payment_state, ("in_payment", "paid"))
        self.assertEqual(move.amount_residual, 0)

    def test_paid_invoice_is_not_charged_again(self):
        self._save_token()
        move = self._invoice()
        move.process_payment()
        self.assertEqual(move.process_payment()["state"], "paid")
        self.assertEqual(len(move.sudo().transaction_ids), 1)

    def test_payment_that_waits_for_the_bank_is_not_charged_again(self):
        self.provider.journal_id.inbound_payment_method_line_ids.payment_account_id = False
        self._save_token()
        move = self._invoice()
        # Where bank statements are reconciled there is no entry until then: the invoice keeps its open amount.
        with patch.object(type(move), "_get_invoice_in_payment_state", lambda _move: "in_payment"):
            move.process_payment()
            self.assertEqual((move.amount_residual, move.kor_collection_state), (115, "paid"))
            self.assertEqual(move.process_payment()["state"], "paid")
            self._run_cron()
        self.assertEqual(self._charges(move), 1)
        self.assertFalse(move.kor_contract_id._get_open_invoices())

    def test_declined_card_is_an_answer_and_can_be_tried_again(self):
        self._save_token("error")
        move = self._invoice()
        result = move.process_payment()
        self.assertEqual(result["state"], "error")
        self.assertTrue(result["message"])
        self.assertEqual(move.amount_residual, 115)
        self._save_token("done")
        again = move.process_payment()
        self.assertEqual(again["state"], "done")
        self.assertNotEqual(again["reference"], result["reference"])

    def test_pending_attempt_is_not_repeated(self):
        self._save_token("pending")
        move = self._invoice()
        first, second = move.process_payment(), move.process_payment()
        self.assertEqual((first["state"], second["state"]), ("pending", "pending"))
        self.assertEqual(first["reference"], second["reference"])
        self.assertEqual(len(move.sudo().transaction_ids), 1)

    def test_without_a_token_it_says_so(self):
        move = self._invoice()
        self._save_token(partner=self.other_customer)
        result = move.process_payment()
        self.assertEqual((result["state"], result["reference"]), ("no_token", ""))
        self.assertIn("Aurora", result["message"])
        self.assertEqual(move.amount_residual, 115)

    def test_draft_cannot_be_collected(self):
        move = self._create_invoice_one_line(price_unit=10, partner_id=self.customer)
        with self.assertRaisesRegex(UserError, "posted"):
            move.process_payment()

    def test_invoice_is_sent_with_its_pdf(self):
        move = self._invoice()
        with self.allow_pdf_render():
            result = move.send_invoice()
        self.assertEqual(result, {"sent": [move.name], "recipients": ["aurora@customer.example"]})
        self.assertTrue(move.is_move_sent)
        message = move.message_ids.filtered(lambda one: one.attachment_ids)[:1]
        self.assertEqual(message.attachment_ids.mimetype, "application/pdf")
        self.assertIn(self.customer, message.partner_ids)

    def test_sending_without_an_address_says_what_is_missing(self):
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._invoice().send_invoice()

    def test_other_staff_can_neither_send_nor_collect(self):
        move = self._invoice()
        reader = self.biller.copy({"login": "kor_reader"})
        reader.group_ids = self.env.ref("base.group_user") | self.env.ref("kor_contracts.group_kor_contract_officer")
        for method in ("send_invoice", "process_payment"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(move.with_user(reader), method)()
